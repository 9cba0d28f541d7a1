package listentest

import "slices"

// This file holds the passes of Smaller.

func fewerChoices(s Schedule, emit func(Schedule) bool) bool {
	if len(s.Choices) == 0 {
		return true
	}
	plain := s
	plain.Choices = nil
	if !emit(plain) {
		return false
	}
	for n := len(s.Choices) / 2; n > 0; n /= 2 {
		c := s
		if c.Choices = s.Choices[:len(s.Choices)-n]; !emit(c) {
			return false
		}
	}
	return true
}

// lowerChoices makes runs of choices 0, which is to run on: halves, quarters, …
// single ones; and then lowers single ones.
func lowerChoices(s Schedule, emit func(Schedule) bool) bool {
	try := func(i, size int, v byte) bool {
		c := s
		c.Choices = slices.Clone(s.Choices)
		for j := range min(size, len(c.Choices)-i) {
			c.Choices[i+j] = v
		}
		return slices.Equal(c.Choices, s.Choices) || emit(c)
	}
	for size := len(s.Choices) / 2; size > 0; size /= 2 {
		for i := 0; i < len(s.Choices); i += size {
			if !try(i, size, 0) {
				return false
			}
		}
	}
	for i, v := range s.Choices {
		if v > 1 && (!try(i, 1, v/2) || !try(i, 1, v-1)) {
			return false
		}
	}
	return true
}

// fewerSteps drops runs of steps: halves, quarters, … single ones.
func fewerSteps(s Schedule, emit func(Schedule) bool) bool {
	n := len(s.Steps)
	for size := n; size > 0; size /= 2 {
		for i := n - size; i > -size; i -= size {
			from, to := max(i, 0), i+size
			if !emit(withSteps(s, slices.Delete(slices.Clone(s.Steps), from, to))) {
				return false
			}
		}
	}
	return true
}

// fewerListens opens the listener with a later backlog at once.
func fewerListens(s Schedule, emit func(Schedule) bool) bool {
	for i, t := range s.Steps {
		if t.Kind != Listen {
			continue
		}
		c := withSteps(s, slices.Delete(slices.Clone(s.Steps), i, i+1))
		if c.Backlog = int32(t.N); !emit(c) {
			return false
		}
	}
	return true
}

// fewerListeners leaves l0 alone at the address, with the acceptors of all; it
// need not be opened or closed then.
func fewerListeners(s Schedule, emit func(Schedule) bool) bool {
	var some, none []Step
	group := false
	for _, t := range s.Steps {
		sibling := t.Actor.Role() == ListenerRole && t.Actor != Listener(0) || t.Actor.Role() == AcceptorRole && t.Actor.Num() >= 8
		group = group || sibling
		if t.Actor.Role() == AcceptorRole {
			t.Actor = Acceptor(t.Actor.Num() % 8)
		}
		if t.Actor.Role() != ListenerRole {
			none = append(none, t)
		}
		if t.Actor.Role() != ListenerRole || !sibling {
			some = append(some, t)
		}
	}
	return !group || emit(withSteps(s, none)) && emit(withSteps(s, some))
}

// mergedSteps drops a step and lets another one of its kind repeat, hangups and
// aborts being of one; of short schedules it raises a third one as well, which
// then has to reach one further.
func mergedSteps(s Schedule, emit func(Schedule) bool) bool {
	const most = 6
	for i, t := range s.Steps {
		for j, u := range s.Steps {
			if i == j || !t.repeats() || t.Kind != u.Kind && (!t.leaves() || !u.leaves()) {
				continue
			}
			steps := slices.Clone(s.Steps)
			steps[j].N = int16(min(u.count()+t.count(), int(kinds[u.Kind].most)))
			if !emit(withSteps(s, slices.Delete(slices.Clone(steps), i, i+1))) {
				return false
			}
			for k, v := range s.Steps {
				if k == i || k == j || !v.repeats() || len(s.Steps) > most {
					continue
				}
				third := slices.Clone(steps)
				third[k].N = int16(v.count() + 1)
				if !emit(withSteps(s, slices.Delete(third, i, i+1))) {
					return false
				}
			}
		}
	}
	return true
}

// repeats reports whether t's N says how often.
func (t Step) repeats() bool { return t.Kind == Dial || t.Kind == Accept || t.leaves() }

func (t Step) leaves() bool { return t.Kind == Abort || t.Kind == Hangup }

// fewerRoom drops a step and what it stood for: one of the connections that
// another step makes or takes, a place of the backlog, or both.
func fewerRoom(s Schedule, emit func(Schedule) bool) bool {
	const most = 24
	if len(s.Steps) > most {
		return true
	}
	for i := range s.Steps {
		c := withSteps(s, slices.Delete(slices.Clone(s.Steps), i, i+1))
		if !withLess(c, emit) || !lowerNumbersOf(c, func(c Schedule) bool { return emit(c) && withLess(c, emit) }) {
			return false
		}
	}
	return true
}

// withLess emits s with a backlog that is lower by one.
func withLess(s Schedule, emit func(Schedule) bool) bool {
	s.Backlog--
	return s.Backlog < 1 || emit(s)
}

// lowerNumbersOf emits s with one repeat less of each step.
func lowerNumbersOf(s Schedule, emit func(Schedule) bool) bool {
	return eachStep(s, emit, func(t Step, try func(Step) bool) bool {
		if !t.repeats() || t.count() < 2 {
			return true
		}
		t.N = int16(t.count() - 1)
		return try(t)
	})
}

// lowerTogether takes one repeat from each of two steps, and perhaps a place of
// the backlog: what is dialed once less is accepted once less.
func lowerTogether(s Schedule, emit func(Schedule) bool) bool {
	return lowerNumbersOf(s, func(c Schedule) bool {
		return withLess(c, emit) && lowerNumbersOf(c, func(c Schedule) bool { return emit(c) && withLess(c, emit) })
	})
}

// fewerPairs drops two steps that need each other, such as a preempt and its
// resume; where that is too many pairs, those of one actor.
func fewerPairs(s Schedule, emit func(Schedule) bool) bool {
	const most = 12
	for i, t := range s.Steps {
		for j, u := range s.Steps[:i] {
			if len(s.Steps) > most && t.Actor != u.Actor {
				continue
			}
			steps := slices.Delete(slices.Clone(s.Steps), i, i+1)
			if !emit(withSteps(s, slices.Delete(steps, j, j+1))) {
				return false
			}
		}
	}
	return true
}

func fewerOverlaps(s Schedule, emit func(Schedule) bool) bool {
	return eachStep(s, emit, func(t Step, try func(Step) bool) bool {
		t.Along = false
		return try(t)
	})
}

func lowerBacklog(s Schedule, emit func(Schedule) bool) bool {
	for _, b := range []int32{1, 0, s.Backlog / 2, s.Backlog - 1} {
		c := s
		if c.Backlog = b; !emit(c) {
			return false
		}
	}
	return true
}

func lowerNumbers(s Schedule, emit func(Schedule) bool) bool {
	return eachStep(s, emit, func(t Step, try func(Step) bool) bool {
		for _, n := range []int16{kinds[t.Kind].none, 1, t.N / 2, t.N - 1, t.N + 1} {
			if t.N = n; !try(t) {
				return false
			}
		}
		return true
	})
}

// lowerActors renames an actor everywhere, or exchanges it with another one,
// then renames it in single steps.
func lowerActors(s Schedule, emit func(Schedule) bool) bool {
	for _, t := range s.Steps {
		for n := range t.Actor.Num() {
			to := actor(t.Actor.Role(), n)
			one, both := slices.Clone(s.Steps), slices.Clone(s.Steps)
			for i, u := range s.Steps {
				switch {
				case kinds[u.Kind].roles == "":
				case u.Actor == t.Actor:
					one[i].Actor, both[i].Actor = to, to
				case u.Actor == to:
					both[i].Actor = t.Actor
				}
			}
			if !emit(withSteps(s, one)) || !emit(withSteps(s, both)) {
				return false
			}
		}
	}
	return eachStep(s, emit, func(t Step, try func(Step) bool) bool {
		from := t.Actor
		for n := range from.Num() {
			if t.Actor = actor(from.Role(), n); !try(t) {
				return false
			}
		}
		return true
	})
}

// fewerFills turns fills into dials.
func fewerFills(s Schedule, emit func(Schedule) bool) bool {
	return eachStep(s, emit, func(t Step, try func(Step) bool) bool {
		if t.Kind != Fill {
			return true
		}
		for _, n := range []int64{1, 2, 3, int64(s.Backlog) - int64(t.N)} {
			if n < 1 || n > int64(kinds[Dial].most) {
				continue
			}
			if !try(Step{Kind: Dial, Along: t.Along, Actor: t.Actor, N: int16(n)}) {
				return false
			}
		}
		return true
	})
}

// reordered moves and exchanges steps, without overlaps if that will do, so
// that one defect found twice ends as one schedule.
func reordered(s Schedule, emit func(Schedule) bool) bool {
	try := func(steps []Step) bool {
		return emit(withSteps(s, sequential(steps))) && emit(withSteps(s, steps))
	}
	for i := range s.Steps {
		for j := range i {
			swapped := slices.Clone(s.Steps)
			swapped[i], swapped[j] = swapped[j], swapped[i]
			if !try(swapped) || !try(moved(s.Steps, i, j)) || !try(moved(s.Steps, j, i)) {
				return false
			}
		}
	}
	return true
}

// preempted puts a preempt in the place of choices and overlaps: often it
// shows the same, and it is easier to read. With choices it takes the place of
// a step as well, for who had to be there to be chosen. Only for short
// schedules.
func preempted(s Schedule, emit func(Schedule) bool) bool {
	const most = 8
	if len(s.Steps) > most {
		return true
	}
	c := s
	c.Choices = nil
	if !withPreempt(c, emit) {
		return false
	}
	if len(s.Choices) == 0 {
		return true
	}
	for i := range s.Steps {
		if !withPreempt(withSteps(c, slices.Delete(slices.Clone(s.Steps), i, i+1)), emit) {
			return false
		}
	}
	return true
}

// withPreempt moves each step of s to the front of others, with a preempt of
// its actor before it.
func withPreempt(s Schedule, emit func(Schedule) bool) bool {
	for i, t := range s.Steps {
		for j := range i + 1 {
			for k := range int16(3) {
				p := Step{Kind: Preempt, Actor: t.Actor, N: k}
				if p.Norm() != p {
					break
				}
				if !emit(withSteps(s, slices.Insert(sequential(moved(s.Steps, i, j)), j, p))) {
					return false
				}
			}
		}
	}
	return true
}

// fewerBoth drops a step together with a run of choices, for a step that goes
// takes its decisions along, and without it those behind are about others.
func fewerBoth(s Schedule, emit func(Schedule) bool) bool {
	const most = 24
	if len(s.Steps) > most || len(s.Choices) > most {
		return true
	}
	for i := range s.Steps {
		c := withSteps(s, slices.Delete(slices.Clone(s.Steps), i, i+1))
		for from := range s.Choices {
			for to := from + 1; to <= len(s.Choices); to++ {
				c.Choices = slices.Delete(slices.Clone(s.Choices), from, to)
				if !emit(c) {
					return false
				}
			}
		}
	}
	return true
}

// rechosen drops a step of a short schedule, and tries all short choices for
// those that are left.
func rechosen(s Schedule, emit func(Schedule) bool) bool {
	const most = 5
	if len(s.Steps) > most || len(s.Choices) == 0 {
		return true
	}
	longest := 8 - len(s.Steps)
	for i := range s.Steps {
		c := withSteps(s, slices.Delete(slices.Clone(s.Steps), i, i+1))
		for n := range 1 << longest {
			c.Choices = nil
			for bit := range longest {
				c.Choices = append(c.Choices, byte(n>>bit&1))
			}
			if c.Choices = trimmed(c.Choices); !emit(c) {
				return false
			}
		}
	}
	return true
}

// fewerMoved drops a step of a short schedule and moves another one, which may
// overlap the step before it there.
func fewerMoved(s Schedule, emit func(Schedule) bool) bool {
	const most = 6
	if len(s.Steps) > most {
		return true
	}
	for i := range s.Steps {
		rest := slices.Delete(slices.Clone(s.Steps), i, i+1)
		for j := range rest {
			for k := range rest {
				steps := moved(rest, j, k)
				if !emit(withSteps(s, steps)) {
					return false
				}
				if k == 0 || steps[k-1].Along {
					continue
				}
				if steps[k-1].Along = true; !emit(withSteps(s, steps)) {
					return false
				}
			}
		}
	}
	return true
}
