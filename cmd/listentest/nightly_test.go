package main_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// nightly runs a night in dir with some jobs.
func nightly(t *testing.T, dir, jobs string, args ...string) result {
	t.Helper()
	write(t, filepath.Join(dir, "jobs"), jobs)
	return invoke(t, dir, append([]string{"nightly", "-settings", "jobs", "-for", "2s"}, args...)...)
}

// TestNightly: what is found is shrunk and kept once, the canary is no
// finding, and the summary is text and JSON.
func TestNightly(t *testing.T) {
	dir := t.TempDir()
	const jobs = "1 canary sim:deferred-credit\n1 run sim\n2 run sim:off-by-one-low\n"
	r := nightly(t, dir, jobs)
	if r.status != 1 || !strings.Contains(r.stdout, "sim:off-by-one-low breaks min-pending") || !strings.Contains(r.stdout, "1 new findings, 1 in all") || strings.Contains(r.stdout, "BROKEN") {
		t.Fatalf("%+v", r)
	}
	var summary struct {
		Night    int
		Over     bool
		Canary   bool `json:"canary_found"`
		Findings []string
		Jobs     []struct{ Cases, Broken int }
	}
	text, err := os.ReadFile(filepath.Join(dir, "nightly/summary.json"))
	if err == nil {
		err = json.Unmarshal(text, &summary)
	}
	if err != nil || summary.Night != 1 || !summary.Over || !summary.Canary || len(summary.Findings) != 1 || len(summary.Jobs) != 3 || summary.Jobs[1].Cases == 0 {
		t.Fatalf("%v, %+v", err, summary)
	}
	if r := invoke(t, dir, "replay", summary.Findings[0]); r.status != 0 {
		t.Errorf("the finding is not as it says: %+v", r)
	}
	if r := nightly(t, dir, jobs); r.status != 1 || !strings.Contains(r.stdout, "night 2 of") || !strings.Contains(r.stdout, "0 new findings, 1 in all") {
		t.Errorf("the next night: %+v", r)
	}
}

// TestNightlyWithoutCanary: a night whose canary was not found is broken.
func TestNightlyWithoutCanary(t *testing.T) {
	r := nightly(t, t.TempDir(), "1 canary sim:deferred-credit\n1 run sim\n", "-canary=false")
	if r.status != 2 || !strings.Contains(r.stdout, "the night is BROKEN") {
		t.Errorf("%+v", r)
	}
	if r := nightly(t, t.TempDir(), "1 canary sim\n1 run sim\n"); r.status != 2 || !strings.Contains(r.stdout, "the night is BROKEN") {
		t.Errorf("a canary that is well: %+v", r)
	}
}

// TestNightlyTrouble: a job that cannot run is trouble, and no finding.
func TestNightlyTrouble(t *testing.T) {
	r := nightly(t, t.TempDir(), "1 canary sim:deferred-credit\n1 go test ./no-such-folder\n")
	if r.status != 2 || !strings.Contains(r.stdout, "trouble: go test ./no-such-folder") {
		t.Errorf("%+v", r)
	}
	for jobs, want := range map[string]string{
		"1 run smi\n":    "there is no target \"smi\"",
		"many run sim\n": "jobs:1:1: expected a weight",
	} {
		if r := nightly(t, t.TempDir(), jobs); r.status != 64 || !strings.Contains(r.stderr, want) {
			t.Errorf("%q: %+v", jobs, r)
		}
	}
}

// TestNightlyCannotKeep: a finding that cannot be written is in the message.
func TestNightlyCannotKeep(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "nightly"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "nightly", "seen"), "a file in the way")
	r := nightly(t, dir, "1 canary sim:deferred-credit\n1 run sim:off-by-one-low\n1 run sim:overflow=drop\n")
	if r.status != 2 || !strings.Contains(r.stdout, "breaks min-pending, and it cannot be kept") || !strings.Contains(r.stdout, "backlog ") ||
		!strings.Contains(r.stdout, "run sim:overflow=drop: round 1") { // the others still run
		t.Errorf("%+v", r)
	}
}

// TestNightlyKilled: kill -9 ten times in the middle; the state is readable,
// the night goes on, and nothing that was seen is lost.
func TestNightlyKilled(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "jobs"), "1 canary sim:deferred-credit\n3 run sim:lifo-order+lost-wakeup\n3 run sim:close-leaves-pending\n")
	seen := map[string]bool{} // promise of everything that was ever in a file
	look := func() {
		for _, pattern := range []string{"nightly/seen/*.sched", "nightly/found/*/*.sched"} {
			files, _ := filepath.Glob(filepath.Join(dir, pattern))
			for _, file := range files {
				text, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				_, rest, _ := strings.Cut(string(text), "invariant: ")
				promise, _, _ := strings.Cut(rest, "\n")
				seen[promise] = true
			}
		}
	}
	killed := 0
	for i := range 10 {
		cmd := exec.Command(tool, "nightly", "-settings", "jobs", "-for", "8s")
		cmd.Dir = dir
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(100+70*i) * time.Millisecond) // at another point each time
		if err := cmd.Process.Signal(syscall.SIGKILL); err == nil {
			killed++
		}
		_ = cmd.Wait()
		look()
		if text, err := os.ReadFile(filepath.Join(dir, "nightly/night.json")); err == nil && !json.Valid(text) {
			t.Fatalf("the state is broken:\n%s", text)
		}
	}
	r := invoke(t, dir, "nightly", "-settings", "jobs", "-for", "8s")
	look()
	if killed != 10 || r.status != 1 || !strings.Contains(r.stdout, "night 1 of 8s") {
		t.Fatalf("%d killed; %+v", killed, r)
	}
	left, _ := filepath.Glob(filepath.Join(dir, "nightly/seen/*"))
	for promise := range seen {
		if files, _ := filepath.Glob(filepath.Join(dir, "nightly/found", promise, "*.sched")); len(files) == 0 {
			t.Errorf("%s was seen, and is lost", promise)
		}
	}
	if len(left) > 0 || len(seen) < 3 { // an ambiguous history of lifo-order is min-pending's
		t.Errorf("seen %v, left %v", seen, left)
	}
}
