package main_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestContract: what a target does is printed beside what it states, and what
// differs is marked, counted and the exit status.
func TestContract(t *testing.T) {
	dir := t.TempDir()
	r := invoke(t, dir, "contract")
	for _, want := range []string{"sim\n", "\ntcp\n", "\nunix\n", "  0 of 16 terms differ from what is stated\n"} {
		if r.status != 0 || !strings.Contains(r.stdout, want) {
			t.Errorf("status %d, no %q in\n%s%s", r.status, want, r.stdout, r.stderr)
		}
	}
	r = invoke(t, dir, "contract", "-target", "sim:lifo-order")
	if r.status != 1 || !strings.Contains(r.stdout, "◀ differs") || !strings.Contains(r.stdout, "1 of 16 terms differ") {
		t.Errorf("status %d\n%s", r.status, r.stdout)
	}
	var report struct {
		Schema  int
		Targets []struct {
			Target string
			Terms  []struct {
				What   string
				Differ bool
			}
		}
	}
	r = invoke(t, dir, "contract", "-target", "sim:off-by-one-high", "-json")
	if err := json.Unmarshal([]byte(r.stdout), &report); err != nil || r.status != 1 || len(report.Targets) != 1 || !report.Targets[0].Terms[0].Differ {
		t.Errorf("status %d: %v\n%s", r.status, err, r.stdout)
	}
	for _, wrong := range [][]string{{"contract", "tcp"}, {"contract", "-target", "tpc"}, {"contract", "-targets", "tcp"}} {
		if r := invoke(t, dir, wrong...); r.status != 64 {
			t.Errorf("%q: status %d\n%s", wrong, r.status, r.stderr)
		}
	}
}
