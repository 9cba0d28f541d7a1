package listentest

import (
	"cmp"
	"iter"
	"slices"
)

// Compare orders schedules by how simple they are: without choices before
// with, then fewer steps, fewer overlaps, fewer fills, a backlog nearer to 1,
// smaller numbers, lower actors, and last step by step. It is 0 only for
// equal ones.
func Compare(a, b Schedule) int {
	a, b = a.Norm(), b.Norm()
	return cmp.Or(
		cmp.Compare(len(a.Choices), len(b.Choices)),
		slices.Compare(a.Choices, b.Choices),
		cmp.Compare(len(a.Steps), len(b.Steps)),
		compareSums(a, b, func(t Step) int64 { return int64(count(t.Along)) }),
		compareSums(a, b, func(t Step) int64 { return int64(count(t.Kind == Fill)) }),
		cmp.Compare(backlogRank(a.Backlog), backlogRank(b.Backlog)),
		compareSums(a, b, Step.numberRank),
		compareSums(a, b, func(t Step) int64 { return int64(t.Actor.Num()) }),
		slices.CompareFunc(a.Steps, b.Steps, compareSteps),
		cmp.Compare(a.Backlog, b.Backlog),
	)
}

func compareSums(a, b Schedule, rank func(Step) int64) int {
	sum := int64(0)
	for _, t := range a.Steps {
		sum += rank(t)
	}
	for _, t := range b.Steps {
		sum -= rank(t)
	}
	return cmp.Compare(sum, 0)
}

func compareSteps(a, b Step) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Actor, b.Actor), cmp.Compare(a.N, b.N),
		cmp.Compare(count(a.Along), count(b.Along)))
}

// backlogRank is 0 for 1, the backlog that people think in.
func backlogRank(b int32) int64 {
	switch {
	case b == 1:
		return 0
	case b == 0:
		return 1
	case b > 0:
		return int64(b)
	}
	return 1<<32 - int64(b)
}

// numberRank is how far N is from the plain step.
func (t Step) numberRank() int64 {
	switch t.Kind {
	case Dial, Accept, Hangup, Abort:
		return int64(t.count() - 1)
	}
	return max(int64(t.N), -int64(t.N))
}

// Smaller yields schedules that are simpler than s by [Compare], the boldest
// first: the candidates that a shrinker tries. None is yielded that is not
// smaller, so that shrinking ends.
func Smaller(s Schedule) iter.Seq[Schedule] {
	s = s.Norm()
	return func(yield func(Schedule) bool) {
		emit := func(c Schedule) bool {
			c = c.Norm()
			return Compare(c, s) >= 0 || yield(c)
		}
		for _, pass := range passes {
			if !pass(s, emit) {
				return
			}
		}
	}
}

// passes are tried in this order. A pass stops early, and returns false, when
// emit does.
var passes = []func(Schedule, func(Schedule) bool) bool{
	fewerChoices, fewerSteps, fewerListens, fewerListeners, mergedSteps, fewerPairs, fewerRoom, fewerOverlaps,
	lowerChoices, lowerBacklog, lowerNumbers, lowerTogether, lowerActors, fewerFills, reordered, preempted, fewerBoth, rechosen, fewerMoved,
}

func withSteps(s Schedule, steps []Step) Schedule {
	s.Steps = steps
	return s
}

// moved returns steps with the i-th in the j-th place.
func moved(steps []Step, i, j int) []Step {
	m := slices.Delete(slices.Clone(steps), i, i+1)
	return slices.Insert(m, j, steps[i])
}

// sequential returns steps without overlaps.
func sequential(steps []Step) []Step {
	steps = slices.Clone(steps)
	for i := range steps {
		steps[i].Along = false
	}
	return steps
}

// eachStep emits s with one step changed, for each step and each change.
func eachStep(s Schedule, emit func(Schedule) bool, change func(t Step, try func(Step) bool) bool) bool {
	for i, t := range s.Steps {
		try := func(u Step) bool {
			if u.Norm() == t {
				return true
			}
			steps := slices.Clone(s.Steps)
			steps[i] = u
			return emit(withSteps(s, steps))
		}
		if !change(t, try) {
			return false
		}
	}
	return true
}
