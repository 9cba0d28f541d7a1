package listentest

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/listentest/listentest/corpus"
	"github.com/listentest/listentest/shrink"
)

// A Finding is a schedule that breaks a promise, shrunk.
type Finding struct {
	Target    string
	Promise   Promise
	Drawn     Schedule // as it was generated
	Schedule  Schedule // as it was shrunk
	History   History
	Violation Violation
	// Seen of Tries runs of the drawn schedule broke the promise again;
	// with Seen 0 it was not shrunk.
	Seen, Tries int
	Executions  int // that shrinking took
}

// A violation that rests on elapsed time is confirmed if it shows in
// confirmNeed of confirmRuns further runs with confirmSlower times the grace.
// On a target that cannot be replayed exactly, a candidate of the shrinker
// must break the same promise as often.
const (
	confirmRuns   = 5
	confirmNeed   = 3
	confirmSlower = 10
)

// Confirm runs a case with a suspect violation again, by a [Slower] runner. If the promise breaks often enough, it returns a history in which it
// does, and the verdict with that violation certain.
func Confirm(ctx context.Context, r *Runner, s Schedule, promise Promise) (History, Verdict, bool, error) {
	slow := Slower(r)
	seen := 0
	var h History
	var v Verdict
	for range confirmRuns {
		again, err := slow.Run(ctx, s)
		if err != nil {
			return h, v, false, err
		}
		u := Check(again, r.Target.Contract())
		if first := u.First(); first != nil && first.Promise == promise {
			seen++
			again.Events = slices.Clone(again.Events)
			h, v = again, u
		}
	}
	if seen < confirmNeed {
		return h, v, false, nil
	}
	v.First().Suspect = false
	v.Of[promise] = Violated
	return h, v, true, nil
}

// Slower returns a runner with the patience that confirms what is suspect. It
// has no policy: what is tried again is what was chosen.
func Slower(r *Runner) *Runner {
	pace, grace := r.Pace, r.Grace
	if pace == 0 {
		pace = DefaultPace
	}
	if grace == 0 {
		grace = DefaultGrace
	}
	return &Runner{Target: r.Target, Bubble: r.Bubble, Pace: confirmSlower * pace, Grace: confirmSlower * grace}
}

// Shrink returns the simplest schedule that it reached from s which breaks
// the same promise as v did, until ctx is done. On a target of level full a run shows what every
// run shows; on others s is first tried again, and not shrunk if the
// violation does not show. Decisions are by Choices alone, whatever policy r
// has: those of s must be what it chose.
func Shrink(ctx context.Context, r *Runner, s Schedule, v Violation) (Finding, error) {
	if r.Policy != nil {
		r = &Runner{Target: r.Target, Bubble: r.Bubble, Pace: r.Pace, Grace: r.Grace}
	}
	f := Finding{Target: r.Target.Name(), Promise: v.Promise, Drawn: s, Schedule: s, Violation: v, Tries: 1}
	var k Checker
	breaks := func(ctx context.Context, s Schedule) (bool, error) {
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
	exact := LevelOf(r.Target) == LevelFull
	if !exact {
		f.Tries = confirmRuns
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
	problem := shrink.Problem[Schedule]{Smaller: Smaller, Key: Schedule.String, Fails: breaks}
	if !exact {
		problem.Runs, problem.Need, problem.Budget = confirmRuns, min(f.Seen, confirmNeed), 1000
	}
	small, stats, err := shrink.Minimize(ctx, s, problem)
	f.Schedule, f.Executions = small, stats.Calls
	if ctx.Err() != nil { // what was reached by then is a finding all the same
		return f, nil
	}
	if err != nil {
		return f, err
	}
	for range 4 * confirmRuns { // one more run, of the schedule that is shown
		shown, err := breaks(ctx, small)
		if shown || err != nil {
			return f, err
		}
	}
	return f, nil
}

// FileName returns a name for f's file, without a folder or an ending. It is
// the same for the same schedule on the same target, so that what is found
// again is the same file.
func (f Finding) FileName() string {
	sum := fnv.New32a()
	sum.Write([]byte(f.Schedule.String()))
	plain := strings.Map(func(r rune) rune {
		if strings.ContainsRune(":,+=/\\ ", r) {
			return '-'
		}
		return r
	}, f.Target)
	return fmt.Sprintf("%s-%08x", plain, sum.Sum32())
}

// Entry returns f as a corpus entry, with more keys in its header and, where
// somebody was held at a point of a program's own, the names of those at its end.
func (f Finding) Entry(more ...corpus.Key) corpus.Entry {
	keys := []corpus.Key{
		{Name: "format", Value: corpus.Format},
		{Name: "invariant", Value: f.Promise.String()},
		{Name: "fails", Value: f.Target},
		{Name: "why", Value: f.Violation.Text},
	}
	named := func(e Event) bool { return e.Verb == Hold && place(e.Point) != "" }
	if slices.ContainsFunc(f.History.Events, named) {
		more = slices.Concat(more, pointKeys(f.Schedule, f.History))
	}
	return corpus.Entry{Keys: append(keys, more...), Body: f.Schedule.String()}
}
