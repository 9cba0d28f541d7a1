package campaign

import (
	"math/rand/v2"
	"slices"

	"github.com/listentest/listentest"
)

// mostSteps of a changed schedule: what is longer costs more than it finds.
const mostSteps = 48

// change makes s a changed copy of a member of the pool, in the memory that s
// has. Whatever steps come into it are the donor's, which has at least one.
func change(src *rand.Rand, s, member, donor *listentest.Schedule) {
	s.Backlog = member.Backlog
	s.Steps = append(s.Steps[:0], member.Steps...)
	for range 1 + src.IntN(3) {
		s.Steps = edit(src, s.Steps, donor.Steps)
	}
	s.Steps = s.Steps[:min(len(s.Steps), mostSteps)]
	s.Choices = append(s.Choices[:0], donor.Choices...)
	if src.IntN(2) == 0 {
		s.Choices = append(s.Choices[:0], member.Choices...)
		if n := len(s.Choices); n > 0 {
			s.Choices[src.IntN(n)] = byte(src.IntN(3))
		}
	}
}

// edit changes a few steps in one place.
func edit(src *rand.Rand, steps, donor []listentest.Step) []listentest.Step {
	const few = 4
	at := src.IntN(len(steps) + 1)
	to := min(at+1+src.IntN(few), len(steps))
	from := src.IntN(len(donor))
	some := donor[from:min(from+1+src.IntN(few), len(donor))]
	switch src.IntN(6) {
	case 0:
		return slices.Insert(steps, at, some...)
	case 1:
		return slices.Delete(steps, at, to)
	case 2:
		return slices.Replace(steps, at, to, some...)
	case 3: // the same again
		return slices.Insert(steps, at, steps[at:to]...)
	case 4: // splice
		return append(steps[:at], donor[from:]...)
	}
	if at < to { // wait for a step, or do not
		steps[at].Along = !steps[at].Along
		steps[at] = steps[at].Norm()
	}
	return steps
}
