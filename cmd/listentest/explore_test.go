package main_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// explored is what explore -json prints.
type explored struct {
	Exhausted             bool
	States, Moves, Broken int
	Found                 *struct {
		Promise, History string
		Moves            int
		Seen, Least      bool
	}
}

func exploreJSON(t *testing.T, dir string, args ...string) (explored, result) {
	t.Helper()
	r := invoke(t, dir, append([]string{"explore", "-json"}, args...)...)
	var e explored
	if err := json.Unmarshal([]byte(r.stdout), &e); err != nil {
		t.Fatalf("%v\n%s%s", err, r.stdout, r.stderr)
	}
	return e, r
}

// TestExplore: a correct simulator is exhausted; of a fault the shortest way is
// shown, as a history that check judges in the same way.
func TestExplore(t *testing.T) {
	dir := t.TempDir()
	const scope = "backlog=1,dials=2,acceptors=1,accepts=2,abort,close"
	if e, r := exploreJSON(t, dir, "-scope", scope); r.status != 0 || !e.Exhausted || e.Found != nil || e.States < 500 {
		t.Errorf("status %d, %+v", r.status, e)
	}
	whole, _ := exploreJSON(t, dir, "-scope", scope, "-whole")
	if e, _ := exploreJSON(t, dir, "-scope", scope); e.States >= whole.States {
		t.Errorf("%d states, and %d of the whole", e.States, whole.States)
	}
	e, r := exploreJSON(t, dir, "-target", "sim:deferred-credit")
	if r.status != 1 || e.Found == nil || e.Found.Promise != "min-pending" || e.Found.Moves != 4 || !e.Found.Seen || !e.Found.Least {
		t.Fatalf("status %d, %+v", r.status, e)
	}
	file := filepath.Join(dir, "seen.history")
	if err := os.WriteFile(file, []byte(e.Found.History), 0o644); err != nil {
		t.Fatal(err)
	}
	if r := invoke(t, dir, "check", file, "-contract", "sim"); r.status != 1 || !strings.Contains(r.stdout, "min-pending is violated") {
		t.Errorf("status %d\n%s", r.status, r.stdout)
	}
}

// TestExploreHidden: what is broken where nobody outside can know is a violation
// all the same, and said to be that.
func TestExploreHidden(t *testing.T) {
	args := []string{"-target", "sim:hangup-releases-twice", "-scope", "backlog=1,dials=2,acceptors=1,accepts=1,hangup"}
	e, r := exploreJSON(t, t.TempDir(), args...)
	if r.status != 1 || !e.Exhausted || e.Broken == 0 || e.Found == nil || e.Found.Promise != "max-pending" || e.Found.Seen || e.Found.Least {
		t.Errorf("status %d, %+v", r.status, e)
	}
	if r := invoke(t, t.TempDir(), append([]string{"explore"}, args...)...); r.status != 1 || strings.Contains(r.stdout, "no promise is broken") || !strings.Contains(r.stdout, "where nobody outside could know") {
		t.Errorf("status %d\n%s", r.status, r.stdout)
	}
}

// TestExploreStops: what is interrupted goes on where it was, as often as it
// is, and ends as if it had not been; so does what was bounded by memory.
func TestExploreStops(t *testing.T) {
	const scope = "backlog=1,dials=2,acceptors=2,accepts=2,abort,cancel,close,listen=1"
	dir := t.TempDir()
	want, _ := exploreJSON(t, dir, "-scope", scope)
	state := filepath.Join(dir, "state")
	r := invoke(t, dir, "explore", "-scope", scope, "-state", state, "-memory", "1")
	if r.status != 2 || !strings.Contains(r.stdout, "the table of states is full") || !strings.Contains(r.stderr, "goes on from "+state) {
		t.Fatalf("status %d\n%s%s", r.status, r.stdout, r.stderr)
	}
	cmd := exec.Command(tool, "explore", "-scope", scope, "-state", state)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(150 * time.Millisecond) // or it is done, which is as good
	cmd.Process.Signal(os.Interrupt)
	cmd.Wait()
	if _, err := os.Stat(state); err == nil {
		if r := invoke(t, dir, "explore", "-scope", "dials=1", "-state", state); r.status != 64 || !strings.Contains(r.stderr, "is of -scope "+scope) {
			t.Errorf("status %d\n%s", r.status, r.stderr)
		}
	}
	if got, r := exploreJSON(t, dir, "-scope", scope, "-state", state); !got.Exhausted || got.States != want.States || got.Moves != want.Moves {
		t.Errorf("status %d, %+v, and without a stop %+v", r.status, got, want)
	}
	if _, err := os.Stat(state); err == nil {
		t.Error("a file is left that nothing is to be done with")
	}
}

// TestExploreMisuse: what cannot be explored is said.
func TestExploreMisuse(t *testing.T) {
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken")
	if err := os.WriteFile(broken, []byte("{\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"-target", "unix"}, 64, "unix is none"},
		{[]string{"-scope", "dials=9"}, 64, "expected a number from 1 to 4"},
		{[]string{"-scope", "dails=2"}, 64, `there is no "dails=2"`},
		{[]string{"-memory", "0"}, 64, "at least 1 MiB"},
		{[]string{"-state", broken}, 2, "its first line is no JSON"},
		{[]string{"-state", filepath.Join(dir, "no", "such")}, 2, "keep the state: "},
		{[]string{"now"}, 64, `"now" is none`},
	} {
		if r := invoke(t, dir, append([]string{"explore"}, c.args...)...); r.status != c.status || !strings.Contains(r.stderr, c.want) {
			t.Errorf("%v: status %d, %s", c.args, r.status, r.stderr)
		}
	}
}
