package listentest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

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
			got, _, err := e.aim(t.Context(), r)
			if err != nil || !got.Equal(right) {
				t.Errorf("saved with %d at %s: %v\n%v", k, point, err, got)
			}
			if _, v := s.judge(t, r, e.Schedule); (v != nil) != (k == 3) {
				t.Errorf("held at its point %d without aim: %v", k, v)
			}
		}
	}
	_, _, err := saved(3, "Mutex.Lock:listentest.(*split).Gone:control_test.go:1").aim(t.Context(), r)
	if want := "the point 3 of s0, Mutex.Lock:listentest.(*split).Gone, is not there, nor within 32 points of it"; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
}

// A passage is a remote listener whose acceptor passes some points: these are
// their names. Who is held at none returns, and then so does what breaks nothing.
type passage []string

func (passage) Name() string       { return "passage" }
func (passage) Contract() Contract { return Contract{} }
func (passage) Open(context.Context, Options) (Session, error) {
	return nil, errors.New("it is remote")
}

func (p passage) RunRemote(_ context.Context, s Schedule, _, _ time.Duration) (History, error) {
	k := int(s.Steps[0].N)
	text := fmt.Sprintf("backlog 1\ncall 1 preempt s0 at %d\nreturn 1 ok\ncall 2 accept s0\n", k)
	switch {
	case len(p) == 0:
		text = strings.Replace(text, "return 1 ok", "return 1 unsupported", 1)
	case k <= len(p):
		text += "hold s0 " + p[k-1] + "\n"
	}
	return ParseHistory(text)
}

// TestAim: what a header names is held where that is now. Of a lock the number
// goes before the line, of a statement the line.
func TestAim(t *testing.T) {
	locks := passage{"send:p.g:l.go:3", "Mutex.Lock:p.f:l.go:7", "Mutex.Lock:p.f:l.go:9", "recv:p.g:l.go:4"}
	statements := passage{"statement:p.f:l.go:3", "statement:p.f:l.go:4", "statement:p.f:l.go:5", "statement:p.g:l.go:9"}
	for _, c := range []struct {
		on    passage
		saved string // number and name
		want  string // what is said, or the error
		k     int16
	}{
		{locks, "3 Mutex.Lock:p.f:l.go:9", "", 3},
		{locks, "3 Mutex.Lock:p.f:l.go:7", "", 3},
		{locks, "1 Mutex.Lock:p.f:l.go:9", "s0 is held at its point 3, not 1 as saved: Mutex.Lock:p.f", 3},
		{locks, "9 Mutex.Lock:p.f:l.go:1", "s0 is held at its point 3, not 9 as saved: Mutex.Lock:p.f", 3},
		{locks, "2 nowhere", "", 2},
		{locks, "2 close:p.f:l.go:7", "the point 2 of s0, close:p.f, is not there", 0},
		{locks, "40 Mutex.Lock:p.f:l.go:7", "the point 40 of s0, Mutex.Lock:p.f, is not there, nor within 32 points of it", 0},
		{statements, "2 statement:p.f:l.go:4", "", 2},
		{statements, "2 statement:p.f:l.go:5", "s0 is held at its point 3, not 2 as saved: statement:p.f", 3},
		{statements, "2 statement:p.f:l.go:50", "", 2},
		{statements, "4 statement:p.f:l.go:50", "s0 is held at its point 3, not 4 as saved: statement:p.f", 3},
		{statements, "1 statement:p.h:l.go:3", "the point 1 of s0, statement:p.h, is not there", 0},
		{nil, "2 close:p.f:l.go:7", "", 2},
	} {
		number, _, _ := strings.Cut(c.saved, " ")
		e := mustEntry(t, strings.Replace(pointHeader, "fails: net", "fails: passage@v1", 1)+"point s0: "+c.saved+"\n\nbacklog 1\npreempt s0 at "+number+"\naccept s0\n")
		p, err := e.Replay(t.Context(), &Runner{Target: c.on})
		gone := (*GoneError)(nil)
		switch {
		case c.k == 0 && (!errors.As(err, &gone) || !strings.HasPrefix(err.Error(), c.want)):
			t.Errorf("%s: %v, want %s", c.saved, err, c.want)
		case c.k > 0 && (err != nil || p.Schedule.Steps[0].N != c.k || strings.Join(p.Moved, "; ") != c.want || p.History.Events[0].Step.N != c.k):
			t.Errorf("%s: %q, %v, want %s and %d:\n%v", c.saved, p.Moved, err, c.want, c.k, p.History)
		}
	}
	other := mustEntry(t, pointHeader+"point s0: 1 Mutex.Lock:p.f:l.go:9\n\nbacklog 1\npreempt s0 at 1\naccept s0\n")
	if p, err := other.Replay(t.Context(), &Runner{Target: locks}); err != nil || len(p.Moved) > 0 {
		t.Errorf("what is said of another target: %q, %v", p.Moved, err)
	}
}

// TestControlledReplay: an entry whose number is wrong fails as its header says,
// of the schedule that is returned.
func TestControlledReplay(t *testing.T) {
	needsControl(t)
	s := Config{}.suite(splitTarget())
	r := s.runner(t)
	right := Schedule{Backlog: 1, Steps: heldCases()[0].steps(3)}
	h, _ := s.judge(t, r, right)
	wrong := Schedule{Backlog: 1, Steps: heldCases()[0].steps(5)}
	e := mustEntry(t, pointHeader+"point s0: 5 "+heldAt(right, h)[1]+"\n\n"+wrong.String())
	p, err := e.Replay(t.Context(), r)
	if err != nil || p.Problem != "" || !p.Schedule.Equal(right) || len(p.Moved) != 1 {
		t.Errorf("%v, %q, moved %q\n%v", err, p.Problem, p.Moved, p.Schedule)
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
