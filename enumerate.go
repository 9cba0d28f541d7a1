package listentest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/listentest/listentest/sched"
)

// Where schedules can preempt at any point, [Config.Test] holds somebody at
// each point of an operation in turn, while others go on: the first, the
// second, until there is no further one. A defect that takes one preemption
// at the right place is found for sure, if one of these schedules shows it.

// A heldCase is a schedule in which an actor is held at its k-th point.
type heldCase struct {
	name  string
	steps func(k int16) []Step
}

// heldCases are the schedules that are tried at every point.
func heldCases() []heldCase {
	step := func(k Kind, a Actor, n int16) Step { return Step{Kind: k, Actor: a, N: n} }
	along := func(k Kind, a Actor) Step { return Step{Kind: k, Actor: a, Along: true} }
	c0, c1, s0, s1, l0 := Client(0), Client(1), Acceptor(0), Acceptor(1), Listener(0)
	all := []heldCase{
		{"accept from a full queue", func(k int16) []Step {
			return []Step{step(Fill, c0, 0), step(Preempt, s0, k), step(Accept, s0, 0), step(Settle, 0, 0), step(Dial, c1, 0), step(Resume, s0, 0), step(Dial, c1, 0)}
		}},
		{"accept that waits", func(k int16) []Step {
			return []Step{along(Accept, s0), along(Accept, s1), step(Settle, 0, 0), step(Preempt, s0, k), step(Dial, c0, 0), step(Dial, c1, 0), step(Settle, 0, 0), step(Resume, s0, 0)}
		}},
		{"dial", func(k int16) []Step {
			return []Step{step(Preempt, c0, k), step(Dial, c0, 0), step(Settle, 0, 0), step(Dial, c1, 0), step(Accept, s0, 0), step(Resume, c0, 0), step(Accept, s1, 0)}
		}},
		{"dial while the listener is closed", func(k int16) []Step {
			return []Step{step(Preempt, c0, k), step(Dial, c0, 0), step(Settle, 0, 0), step(Shut, l0, 0), step(Resume, c0, 0)}
		}},
		{"accept while the listener is closed", func(k int16) []Step {
			return []Step{step(Dial, c0, 0), step(Preempt, s0, k), step(Accept, s0, 0), step(Settle, 0, 0), step(Shut, l0, 0), step(Resume, s0, 0)}
		}},
	}
	for n := range 3 {
		b := Task(n)
		all = append(all, heldCase{fmt.Sprintf("b%d behind an accept from a full queue", n), func(k int16) []Step {
			return []Step{step(Preempt, b, k), step(Fill, c0, 0), step(Accept, s0, 0), step(Dial, c1, 0), step(Settle, 0, 0), step(Resume, b, 0)}
		}})
	}
	return all
}

// Bounds of one enumeration: the points at which an operation is held, and the time
// that all its runs take, for a fill may be a thousand dials.
const (
	mostPoints = 2000
	mostTime   = 5 * time.Second
)

// held runs the schedules that hold somebody, at each point, and returns the
// most points that an operation had.
func (s *suite) held(t *testing.T) (most int) {
	r := s.runner(t)
	seen := map[Promise]bool{}
	for _, c := range heldCases() {
		k, exhausted := 1, false
		start := time.Now()
		for ; !exhausted && k <= mostPoints && time.Since(start) < s.heldTime; k++ {
			schedule := Schedule{Backlog: 1, Steps: c.steps(int16(k))}
			from := fmt.Sprintf("%s held at its point %d", c.name, k)
			h, v := s.judge(t, r, schedule)
			exhausted = !slices.ContainsFunc(h.Events, func(e Event) bool { return e.Verb == Hold })
			if v != nil && !seen[v.Promise] {
				seen[v.Promise] = true
				s.shrinkAndReport(t, r, schedule, *v, from)
			}
			s.repeat(t, r, schedule, from)
		}
		switch points := k - 2; {
		case !exhausted && k <= mostPoints:
			t.Logf("%s: held at its first %d points, for want of time", c.name, k-1)
			most = max(most, k-1)
		case !exhausted:
			t.Logf("%s: held at its first %d points, and there are more", c.name, mostPoints)
		case points > 0:
			t.Logf("%s: held at each of its %d points", c.name, points)
			most = max(most, points)
		}
	}
	return most
}

// deeper spreads the points at which a generated schedule preempts over so
// many.
func deeper(s Schedule, rng *rand.Rand, most int) Schedule {
	for i := range s.Steps {
		if t := &s.Steps[i]; t.Kind == Preempt && t.N > 0 {
			t.N = int16(1 + rng.IntN(most))
		}
	}
	return s
}

// controlled reports whether preemptions are honoured at any point.
func (s *suite) controlled() bool { return s.bubbles && sched.Controlled() }
