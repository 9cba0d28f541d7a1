package campaign

import (
	"context"
	"fmt"
	"slices"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/shrink"
)

// How a violation that rests on elapsed time is confirmed: it must show in
// Need of Runs further runs with Slower times the grace. How a finding on a
// target that cannot be replayed exactly is shrunk: a candidate must break
// the same promise as often.
const (
	Runs   = 5
	Need   = 3
	Slower = 10
)

// Confirm runs a case with a suspect violation again, with Slower times the
// grace. If the promise breaks often enough, it returns a history in which it
// does, and the verdict with that violation certain.
func Confirm(ctx context.Context, r *listentest.Runner, s listentest.Schedule, promise listentest.Promise) (listentest.History, listentest.Verdict, bool, error) {
	slow := slower(r)
	seen := 0
	var h listentest.History
	var v listentest.Verdict
	for range Runs {
		again, err := slow.Run(ctx, s)
		if err != nil {
			return h, v, false, err
		}
		u := listentest.Check(again, r.Target.Contract())
		if first := u.First(); first != nil && first.Promise == promise {
			seen++
			again.Events = slices.Clone(again.Events)
			h, v = again, u
		}
	}
	if seen < Need {
		return h, v, false, nil
	}
	v.First().Suspect = false
	v.Of[promise] = listentest.Violated
	return h, v, true, nil
}

// slower returns a runner with more patience.
func slower(r *listentest.Runner) *listentest.Runner {
	pace, grace := r.Pace, r.Grace
	if pace == 0 {
		pace = listentest.DefaultPace
	}
	if grace == 0 {
		grace = listentest.DefaultGrace
	}
	return &listentest.Runner{Target: r.Target, Pace: Slower * pace, Grace: Slower * grace}
}

// findings shrinks the first case of each broken promise.
func (r *run) findings(ctx context.Context) error {
	for _, p := range listentest.Promises() {
		f, ok := r.first[p]
		if !ok {
			continue
		}
		drawn := listentest.Generate(Source(r.Seed, f.index))
		runner := &listentest.Runner{Target: r.Target, Pace: r.Pace, Grace: r.Grace}
		if f.slow {
			runner = slower(runner)
		}
		found, err := Shrink(ctx, runner, drawn, f.violation)
		if err != nil {
			return fmt.Errorf("case %d: %w", f.index, err)
		}
		if found.Seen == 0 {
			found.History = f.history
		}
		found.Case = f.index
		r.row.Findings = append(r.row.Findings, found)
	}
	return nil
}

// Shrink returns the simplest schedule that it reached from s which breaks
// the same promise as v did. On a target of level full a run shows what every
// run shows; on others s is first tried again, and not shrunk if the
// violation does not show.
func Shrink(ctx context.Context, r *listentest.Runner, s listentest.Schedule, v listentest.Violation) (Finding, error) {
	f := Finding{Target: r.Target.Name(), Promise: v.Promise, Drawn: s, Schedule: s, Violation: v, Tries: 1}
	var k listentest.Checker
	breaks := func(ctx context.Context, s listentest.Schedule) (bool, error) {
		h, err := r.Run(ctx, s)
		if err != nil {
			return false, err
		}
		first := k.Check(h, r.Target.Contract()).First()
		if first == nil || first.Promise != v.Promise {
			return false, nil
		}
		h.Events = slices.Clone(h.Events)
		f.History, f.Violation = h, *first
		return true, nil
	}
	exact := listentest.LevelOf(r.Target) == listentest.LevelFull
	if !exact {
		f.Tries = Runs
	}
	for range f.Tries {
		again, err := breaks(ctx, s)
		if err != nil {
			return f, err
		}
		if again {
			f.Seen++
		}
	}
	if f.Seen == 0 {
		f.Violation = v
		return f, nil
	}
	problem := shrink.Problem[listentest.Schedule]{Smaller: listentest.Smaller, Key: listentest.Schedule.String, Fails: breaks}
	if !exact {
		problem.Runs, problem.Need, problem.Budget = Runs, min(f.Seen, Need), 1000
	}
	small, stats, err := shrink.Minimize(ctx, s, problem)
	f.Schedule, f.Executions = small, stats.Calls
	if err != nil {
		return f, err
	}
	for range 4 * Runs { // one more run, of the schedule that is shown
		shown, err := breaks(ctx, small)
		if shown || err != nil {
			return f, err
		}
	}
	return f, nil
}
