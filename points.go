package listentest

import (
	"cmp"
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
	schedule, err := s.aim(t, s.runner(t), e)
	switch by := e.Value("test"); {
	case err == nil:
	case by == s.test || by == "":
		t.Fatal(err)
	default:
		t.Skipf("skipped: %v; it was found by %s, which may be of another listener", err, by)
	}
	return schedule
}

// aim returns the schedule of what was saved, with each preempt at the point
// that it had then: where another one has its number, the nearest of the same
// place, and of those one in the same line if there is one. The error says
// that there is none.
func (s *suite) aim(t *testing.T, r *Runner, e Entry) (Schedule, error) {
	t.Helper()
	schedule := Schedule{Backlog: e.Schedule.Backlog, Steps: slices.Clone(e.Schedule.Steps), Choices: e.Schedule.Choices}
	saved, err := e.points()
	if err != nil {
		return schedule, err
	}
	for i, want := range saved {
		step := &schedule.Steps[i]
		was := step.N
		if want == "" || place(s.heldAt(t, r, schedule, i)) == place(want) {
			continue
		}
		near := int16(0)
		for _, k := range around(was) {
			step.N = k
			name := s.heldAt(t, r, schedule, i)
			if name == want {
				near = k
				break
			}
			if near == 0 && place(name) == place(want) {
				near = k
			}
		}
		if near == 0 {
			return schedule, fmt.Errorf("the point %d of %v, %s, is not there, nor within %d points of it: if that code is no more, so is what was found; then delete the file",
				was, step.Actor, place(want), nearPoints)
		}
		step.N = near
		t.Logf("%v is held at its point %d, not %d as saved: %s", step.Actor, near, was, place(want))
	}
	return schedule, nil
}

// around returns the points near k, the nearest first.
func around(k int16) []int16 {
	var all []int16
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

// heldAt runs a schedule and returns where its i-th step held its actor.
func (s *suite) heldAt(t *testing.T, r *Runner, schedule Schedule, i int) string {
	t.Helper()
	h, err := r.Run(t.Context(), schedule)
	if err != nil {
		t.Fatal(err)
	}
	return heldAt(schedule, h)[i]
}
