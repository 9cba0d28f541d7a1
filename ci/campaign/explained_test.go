package campaign

import (
	"slices"
	"testing"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/targets/sim"
)

// TestExplained: what another promise that an earlier case broke would explain
// as well is no finding of its own.
func TestExplained(t *testing.T) {
	target, err := sim.Open("sim:off-by-one-low", "off-by-one-low")
	if err != nil {
		t.Fatal(err)
	}
	s, err := listentest.Parse("backlog 2\npreempt s0 at 1\naccept s0\ndial c0\nabort c0\naccept s1\ndial c0 3\naccept s1\n")
	if err != nil {
		t.Fatal(err)
	}
	h, err := listentest.Run(t.Context(), target, s)
	if err != nil {
		t.Fatal(err)
	}
	v := listentest.Check(h, target.Contract()).First()
	if v == nil || v.Promise != listentest.OrderPromise || !slices.Equal(v.Or, []listentest.Promise{listentest.MinPending}) {
		t.Fatalf("%+v", v)
	}
	r := run{first: map[listentest.Promise]found{listentest.MinPending: {index: 3}}}
	if f := (found{index: 5, violation: *v}); !r.explained(f) {
		t.Error("a later case is a finding of its own")
	}
	if f := (found{index: 2, violation: *v}); r.explained(f) {
		t.Error("an earlier case is none")
	}
	v.Or = nil
	if f := (found{index: 5, violation: *v}); r.explained(f) {
		t.Error("one that nothing else explains is none")
	}
}
