package main

import (
	"context"
	"slices"

	lt "github.com/listentest/listentest"
)

// A search tries every schedule of a small scope.
type search struct {
	runner   lt.Runner
	check    lt.Checker
	promise  lt.Promise
	backlogs []int32
	alphabet []lt.Step
	schedule lt.Schedule
}

// newSearch returns a search for a schedule that breaks a promise, with the
// backlogs 0, 1, 2 and one more.
func newSearch(target lt.Target, promise lt.Promise, backlog int32) *search {
	s := &search{runner: lt.Runner{Target: target}, promise: promise, backlogs: []int32{1, 0, 2}, alphabet: alphabet()}
	if !slices.Contains(s.backlogs, backlog) {
		s.backlogs = append(s.backlogs, backlog)
	}
	return s
}

// alphabet returns the steps of the scope, each in one spelling. A number
// stands for others where the simulator makes no difference between them.
func alphabet() []lt.Step {
	numbers := map[lt.Kind][]int16{lt.Dial: {0, 2, 3}, lt.Accept: {0, 2}, lt.Fill: {0, 1, -1}, lt.Send: {1}, lt.Listen: {0, 1, 2},
		lt.Fail: {0, 3}, lt.Preempt: {0, 1, 2}, lt.Tick: {1000, 3000}}
	actors := []lt.Actor{lt.Client(0), lt.Client(1), lt.Client(2), lt.Acceptor(0), lt.Acceptor(1), lt.Listener(0), lt.Task(0)}
	var all []lt.Step
	for k := lt.Settle; k <= lt.Ack; k++ {
		ns := numbers[k]
		if ns == nil {
			ns = []int16{0}
		}
		for _, a := range actors {
			for _, n := range ns {
				t := lt.Step{Kind: k, Actor: a, N: n}.Norm()
				if (t.Actor == a || k == lt.Tick || k == lt.Settle) && !slices.Contains(all, t) {
					all = append(all, t)
				}
			}
		}
	}
	return all
}

// shortest returns the first schedule of n steps that breaks the promise, or
// nil if there is none.
func (s *search) shortest(ctx context.Context, n int) (*lt.Schedule, error) {
	for _, b := range s.backlogs {
		s.schedule = lt.Schedule{Backlog: b, Steps: s.schedule.Steps[:0]}
		found, err := s.extend(ctx, n, used{})
		if err != nil {
			return nil, err
		}
		if found {
			shown := s.schedule.Norm()
			return &shown, nil
		}
	}
	return nil, nil
}

// used is how many clients and acceptors a schedule has. As they differ by
// their numbers only, the next one is the next.
type used struct{ clients, acceptors int }

// with returns what is used with t as well; ok is false if t is not by the
// next one.
func (u used) with(t lt.Step) (used, bool) {
	of := (*int)(nil)
	switch {
	case t.Kind == lt.Tick, t.Kind == lt.Settle:
		return u, true
	case t.Actor.Role() == lt.ClientRole:
		of = &u.clients
	case t.Actor.Role() == lt.AcceptorRole:
		of = &u.acceptors
	default:
		return u, true
	}
	n := t.Actor.Num() + 1
	ok := n <= *of+1
	*of = max(*of, n)
	return u, ok
}

// extend tries all that have n steps more than the schedule.
func (s *search) extend(ctx context.Context, n int, u used) (bool, error) {
	if err := context.Cause(ctx); err != nil {
		return false, err
	}
	steps := s.schedule.Steps
	defer func() { s.schedule.Steps = steps }()
	for _, t := range s.alphabet {
		next, ok := u.with(t)
		if !ok {
			continue
		}
		s.schedule.Steps = append(steps, t)
		h, err := s.runner.Run(ctx, s.schedule)
		if err != nil {
			return false, err
		}
		if skipped(h) {
			continue // what is skipped shows nothing that is not shown without it
		}
		if n == 1 {
			if v := s.check.Check(h, s.runner.Target.Contract()).First(); v != nil && v.Promise == s.promise {
				steps = s.schedule.Steps
				return true, nil
			}
			continue
		}
		for _, along := range []bool{false, true} {
			t.Along = along
			if t.Norm() != t {
				continue
			}
			s.schedule.Steps = append(steps, t)
			found, err := s.extend(ctx, n-1, next)
			if found || err != nil {
				steps = s.schedule.Steps
				return found, err
			}
		}
	}
	return false, nil
}

// skipped reports whether a step of h was not run.
func skipped(h lt.History) bool {
	return slices.ContainsFunc(h.Events, func(e lt.Event) bool { return e.Verb == lt.Skipped })
}
