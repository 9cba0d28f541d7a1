package campaign

import (
	"slices"
	"strings"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/sched"
)

// A Tally is what was run under one policy.
type Tally struct {
	Policy    sched.Spec
	Cases     int
	Runs      int // of the cases: some policies run one more than once
	Tasks     int // the most actors that took a step in a run; 0 for choices
	Steps     int // the most steps of a run; 0 for choices
	Exhausted int // cases of which no other run was left within the bound
}

// mostRuns is how often a case is run at most, where a policy would go on.
const mostRuns = 1000

// A policy is one of a worker's, with what was run under it.
type policy struct {
	sched.Scheduler // nil for choices
	Tally
}

// policy returns the policy of a case, ready for the first run.
func (w *worker) policy(src sched.Source) *policy {
	var spec sched.Spec
	if listentest.Stepped(w.run.Target) {
		spec = w.Sched.Draw(src)
	}
	i := slices.IndexFunc(w.policies, func(p *policy) bool { return p.Policy == spec })
	if i < 0 {
		i = len(w.policies)
		w.policies = append(w.policies, &policy{spec.New(), Tally{Policy: spec}})
	}
	p := w.policies[i]
	w.Runner.Policy = nil
	if p.Scheduler != nil {
		p.Begin(src)
		w.Runner.Policy = p.Scheduler
	}
	return p
}

// ran enters a run.
func (p *policy) ran(r *sched.Record) {
	p.Tasks = max(p.Tasks, r.Tasks)
	p.Steps = max(p.Steps, r.Steps)
}

// more prepares another run of a case that had so many.
func (p *policy) more(runs int) bool {
	if p.Scheduler == nil || runs == mostRuns {
		return false
	}
	more := p.Next()
	if !more {
		p.Exhausted++
	}
	return more
}

// addTo adds t to that of the same policy.
func (t Tally) addTo(all []Tally) []Tally {
	i, ok := slices.BinarySearchFunc(all, t, func(a, b Tally) int {
		return strings.Compare(a.Policy.String(), b.Policy.String())
	})
	if !ok {
		return slices.Insert(all, i, t)
	}
	all[i].Cases += t.Cases
	all[i].Runs += t.Runs
	all[i].Tasks = max(all[i].Tasks, t.Tasks)
	all[i].Steps = max(all[i].Steps, t.Steps)
	all[i].Exhausted += t.Exhausted
	return all
}
