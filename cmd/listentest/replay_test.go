package main_test

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestReplayCounters: replay on a target that was asked for prints what the
// kernel counted meanwhile, if that is something, and if nobody else can have
// brought it about.
func TestReplayCounters(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "full.sched")
	write(t, file, "backlog 0\ndial c0 2\n")
	r := invoke(t, dir, "replay", file, "-target", "tcp:syncookies=1")
	if r.status == 2 && strings.Contains(r.stderr, "cannot run here") {
		t.Skip("skipped: no network namespace is permitted here")
	}
	if r.status != 0 || !strings.Contains(r.stdout, "\n  counters: ListenDrops 1, ListenOverflows 1\n") {
		t.Errorf("status %d, no counters in\n%s%s", r.status, r.stdout, r.stderr)
	}
	write(t, file, "backlog 1\ndial c0 2\n")
	for _, target := range []string{"tcp:syncookies=1", "sim"} {
		if r := invoke(t, dir, "replay", file, "-target", target); r.status != 0 || strings.Contains(r.stdout, "counters:") {
			t.Errorf("%s: status %d, nothing was to be counted in\n%s%s", target, r.status, r.stdout, r.stderr)
		}
	}
}
