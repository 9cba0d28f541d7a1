package main

import (
	"strings"
	"testing"
)

// TestProve: a small scope is exhausted for some presets; one that does not fit
// in the memory is no proof, and a wrong scope and pattern are errors.
func TestProve(t *testing.T) {
	const scope = "backlog=1,dials=2,acceptors=1,accepts=1,abort,close"
	var b strings.Builder
	ok, err := prove(&b, scope, "^linux-(tcp|unix)$", 1<<30)
	if out := b.String(); err != nil || !ok || strings.Count(out, "exhausted, no promise is broken") != 2 || !strings.Contains(out, "\n2 simulators, ") {
		t.Errorf("%v %v\n%s", ok, err, out)
	}
	b.Reset()
	if ok, err := prove(&b, "backlog=2,dials=3,acceptors=2,accepts=2,abort,close", "^linux-tcp$", 1<<20); err != nil || ok || !strings.Contains(b.String(), "not exhausted") {
		t.Errorf("%v %v\n%s", ok, err, b.String())
	}
	if _, err := prove(&b, "dials=9999", "", 1<<30); err == nil {
		t.Error("a wrong scope is taken")
	}
	if _, err := prove(&b, scope, "(", 1<<30); err == nil {
		t.Error("a wrong pattern is taken")
	}
}
