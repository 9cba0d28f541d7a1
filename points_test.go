package listentest

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/listentest/listentest/corpus"
)

// mustEntry reads a corpus file of the text.
func mustEntry(t *testing.T, text string) Entry {
	t.Helper()
	e, err := ParseEntry("test", text)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

const pointHeader = "format: 1\ninvariant: min-pending\nfails: net\n"

// TestPoints: a header names the points of the preempts that a history
// reached, each of its own, and is read back.
func TestPoints(t *testing.T) {
	s, err := Parse("backlog 1\npreempt s0 at exit\npreempt s0 at 2\npreempt s0 at 3\npreempt b1 at 1\naccept s0\nresume s0\npreempt s0 at 1\naccept s0\nresume s0\n")
	if err != nil {
		t.Fatal(err)
	}
	h, err := ParseHistory("backlog 1\ncall 1 preempt s0 at exit\ncall 2 preempt s0 at 2\ncall 3 preempt s0 at 3\ncall 4 preempt b1 at 1\ncall 5 accept s0\nhold s0 send:p.(*L).Accept:l.go:7\ncall 6 resume s0\nhold s0 exit\ncall 7 preempt s0 at 1\ncall 8 accept s0\nhold s0 recv:p.(*L).Accept:l.go:9\n")
	if err != nil {
		t.Fatal(err)
	}
	want := []corpus.Key{{Name: "point s0", Value: "2 nowhere"}, {Name: "point s0", Value: "3 send:p.(*L).Accept:l.go:7"}, {Name: "point b1", Value: "1 nowhere"}, {Name: "point s0", Value: "1 recv:p.(*L).Accept:l.go:9"}}
	keys := pointKeys(s, h)
	if !slices.Equal(keys, want) {
		t.Errorf("%q, want %q", keys, want)
	}
	e := Finding{Target: "net", Promise: MinPending, Schedule: s, Violation: Violation{Promise: MinPending, Text: "x"}}.Entry(keys...)
	saved, err := mustEntry(t, e.String()).points()
	if want := []string{"", "", "send:p.(*L).Accept:l.go:7", "", "", "", "recv:p.(*L).Accept:l.go:9", "", ""}; err != nil || !slices.Equal(saved, want) {
		t.Errorf("%q and %v, want %q", saved, err, want)
	}
	for _, keys := range []string{"point s0: 3 send:f:l.go:1\n", "point c0: 2 send:f:l.go:1\n", "point s0: 2 send:f:l.go:1\npoint s0: 2 send:f:l.go:1\n"} {
		if _, err := mustEntry(t, pointHeader+keys+"\nbacklog 1\npreempt s0 at 2\naccept s0\n").points(); err == nil || !strings.Contains(err.Error(), "is not of the preempt whose turn it is") {
			t.Errorf("%q: %v", keys, err)
		}
	}
	if p := place("send:p.(*L).Accept:l.go:7"); p != "send:p.(*L).Accept" || place("") != "" {
		t.Errorf("its place is %s", p)
	}
}

// TestControlledAim: what was saved with another number is found again at the
// point that it names; without the name it is not. A point that is nowhere is said.
func TestControlledAim(t *testing.T) {
	needsControl(t)
	s := Config{}.suite(splitTarget())
	r := s.runner(t)
	right := Schedule{Backlog: 1, Steps: heldCases()[0].steps(3)}
	h, v := s.judge(t, r, right)
	if v == nil {
		t.Fatalf("nothing breaks where s0 is held at its point 3:\n%v", h)
	}
	name := heldAt(right, h)[1]
	saved := func(k int16, point string) Entry {
		shifted := Schedule{Backlog: 1, Steps: heldCases()[0].steps(k)}
		keys := pointKeys(shifted, History{Events: []Event{{Verb: Call, Step: shifted.Steps[1]}, {Verb: Hold, Step: Step{Actor: Acceptor(0)}, Point: point}}})
		return mustEntry(t, Finding{Target: "net", Promise: MinPending, Schedule: shifted, Violation: *v}.Entry(keys...).String())
	}
	otherLine := name[:strings.LastIndexByte(name, ':')] + ":1"
	for _, k := range []int16{1, 3, 5} {
		for _, point := range []string{name, otherLine} {
			e := saved(k, point)
			got, err := s.aim(t, r, e)
			if err != nil || !got.Equal(right) {
				t.Errorf("saved with %d at %s: %v\n%v", k, point, err, got)
			}
			if _, v := s.judge(t, r, e.Schedule); (v != nil) != (k == 3) {
				t.Errorf("held at its point %d without aim: %v", k, v)
			}
		}
	}
	_, err := s.aim(t, r, saved(3, "Mutex.Lock:listentest.(*split).Gone:control_test.go:1"))
	if want := "the point 3 of s0, Mutex.Lock:listentest.(*split).Gone, is not there, nor within 32 points of it"; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
}

// TestControlledSaves: a finding under control is saved with its points.
func TestControlledSaves(t *testing.T) {
	needsControl(t)
	s := Config{Save: t.TempDir()}.suite(splitTarget())
	r := s.runner(t)
	schedule := Schedule{Backlog: 1, Steps: heldCases()[0].steps(3)}
	_, v := s.judge(t, r, schedule)
	if v == nil {
		t.Fatal("nothing breaks")
	}
	f, err := Shrink(t.Context(), r, schedule, *v)
	if err != nil {
		t.Fatal(err)
	}
	file, err := s.write(f, "a test")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if want := "\npoint s0: 3 Mutex.Lock:listentest.(*split).Accept:control_test.go:"; err != nil || !strings.Contains(string(text), want) {
		t.Errorf("there is no %q in\n%s", want, text)
	}
}
