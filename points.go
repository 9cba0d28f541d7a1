package listentest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/listentest/listentest/corpus"
)

// What was found under schedule control names the points at which somebody is
// held, in its header: "point s0: 3 Mutex.Lock:pkg.(*T).Accept:file.go:210". Their
// numbers alone change with the version of Go, the way of building, and every
// edit of the listener.

// pointKey is the header's key for the points of an actor.
func pointKey(a Actor) string { return "point " + a.String() }

// heldAt returns for each step of s the point at which it held its actor in
// the history of a run of s; "" if it is no preempt, or held nobody there.
func heldAt(s Schedule, h History) []string {
	at := make([]string, len(s.Steps))
	armed := map[Actor]int{} // which step has armed it last
	next := 0
	for _, e := range h.Events {
		switch {
		case e.Verb == Call && e.Step.Kind == Preempt:
			for s.Steps[next].Kind != Preempt { // each preempt is one call
				next++
			}
			if e.Step.N > 0 {
				armed[e.Step.Actor] = next
			}
			next++
		case e.Verb == Hold && e.Point != "exit":
			if i, ok := armed[e.Step.Actor]; ok {
				at[i] = e.Point
			}
		}
	}
	return at
}

// nowhere is in the place of a point's name where a preempt was not reached.
const nowhere = "nowhere"

// pointKeys returns the keys that name where s held somebody in a run: one for
// each preempt inside an operation, in the order of the steps.
func pointKeys(s Schedule, h History) []corpus.Key {
	var keys []corpus.Key
	for i, name := range heldAt(s, h) {
		if t := s.Steps[i]; t.Kind == Preempt && t.N > 0 {
			keys = append(keys, corpus.Key{Name: pointKey(t.Actor), Value: fmt.Sprintf("%d %s", t.N, cmp.Or(name, nowhere))})
		}
	}
	return keys
}

// namesPoints reports whether e has such keys.
func (e Entry) namesPoints() bool {
	return slices.ContainsFunc(e.Keys, func(k corpus.Key) bool { return strings.HasPrefix(k.Name, "point ") })
}

// points reads those keys of e: for each step of its schedule the name of the
// point, "" if there is none. The error says which key is of no step.
func (e Entry) points() ([]string, error) {
	at := make([]string, len(e.Schedule.Steps))
	next := 0
	for _, key := range e.Keys {
		if !strings.HasPrefix(key.Name, "point ") {
			continue
		}
		for next < len(at) && (e.Schedule.Steps[next].Kind != Preempt || e.Schedule.Steps[next].N == 0) {
			next++
		}
		number, name, _ := strings.Cut(key.Value, " ")
		if next == len(at) || key.Name != pointKey(e.Schedule.Steps[next].Actor) || number != strconv.Itoa(int(e.Schedule.Steps[next].N)) {
			return nil, fmt.Errorf("the header's \"%s: %s\" is not of the preempt whose turn it is: there is one such key for each, in the order of the steps", key.Name, key.Value)
		}
		if name != nowhere {
			at[next] = name
		}
		next++
	}
	return at, nil
}

// place returns a point's name without its file and line.
func place(point string) string {
	for range 2 {
		point = point[:max(0, strings.LastIndexByte(point, ':'))]
	}
	return point
}

// nearPoints is how far from where it was a point is searched.
const nearPoints = 32

// aimed is aim for a saved entry's own test. Another test of a target with the same name
// may be of another listener, which has other points: there t is skipped.
func (s *suite) aimed(t *testing.T, e Entry) Schedule {
	t.Helper()
	schedule, moved, err := e.aim(t.Context(), s.runner(t))
	for _, text := range moved {
		t.Log(text)
	}
	gone := (*GoneError)(nil)
	switch by := e.Value("test"); {
	case err == nil:
	case by == s.test || by == "" || !errors.As(err, &gone):
		t.Fatal(err)
	default:
		t.Skipf("skipped: %v; it was found by %s, which may be of another listener", err, by)
	}
	return schedule
}

// A GoneError says that the point at which a saved schedule holds somebody is
// not there any more.
type GoneError struct {
	Actor Actor
	K     int16  // its number, as saved
	Place string // before what, and in which function
}

func (e *GoneError) Error() string {
	return fmt.Sprintf("the point %d of %v, %s, is not there, nor within %d points of it: if that code is no more, so is what was found; then delete the file",
		e.K, e.Actor, e.Place, nearPoints)
}

// aim returns the schedule of what was saved, with each preempt at the point
// that it had then, and what is to be said of those that have moved: where
// another point has its number, the nearest of the same place is taken, and of those
// one in the same line if there is one. Statements have their place in common
// with others, so that the line goes before the number. The error is a
// [*GoneError] where there is no such point.
func (e Entry) aim(ctx context.Context, r *Runner) (s Schedule, moved []string, err error) {
	s = Schedule{Backlog: e.Schedule.Backlog, Steps: slices.Clone(e.Schedule.Steps), Choices: e.Schedule.Choices}
	saved, err := e.points()
	if err != nil {
		return s, nil, err
	}
	for i, want := range saved {
		if want == "" {
			continue
		}
		step := &s.Steps[i]
		was, near := step.N, int16(0)
		for _, k := range around(was) {
			step.N = k
			h, err := r.Run(ctx, s)
			if err != nil {
				return s, moved, err
			}
			name := heldAt(s, h)[i]
			there := place(name) == place(want)
			if name == want || there && k == was && !strings.HasPrefix(want, "statement:") {
				near = k
				break
			}
			if there && near == 0 {
				near = k
			}
		}
		if near == 0 {
			return s, moved, &GoneError{step.Actor, was, place(want)}
		}
		if step.N = near; near != was {
			moved = append(moved, fmt.Sprintf("%v is held at its point %d, not %d as saved: %s", step.Actor, near, was, place(want)))
		}
	}
	return s, moved, nil
}

// around returns k and the points near it, the nearest first.
func around(k int16) []int16 {
	all := []int16{k}
	for d := int16(1); d <= nearPoints; d++ {
		if k > d {
			all = append(all, k-d)
		}
		if k <= math.MaxInt16-d {
			all = append(all, k+d)
		}
	}
	return all
}
