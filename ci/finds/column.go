package main

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/sched"
	"github.com/listentest/listentest/targets"
)

// A column is a way to draw cases, each from a seed and its number.
type column struct {
	name     string
	baseline func(seed, i uint64) listentest.Schedule // or nil: listentest.Generate
	spec     sched.Spec                               // of the policy
}

// hopeless is how many seeds in a row, from the first, have to find nothing
// for the others to be spared.
const hopeless = 4

// mostRuns is how often a case is run at most, as in package campaign.
const mostRuns = 1000

// A hunt is for one fault.
type hunt struct {
	listentest.Runner
	check   listentest.Checker
	promise listentest.Promise
	runs    int // of this seed
	cell
}

// count counts the cases to the first find of each fault. All of them see the
// same cases. A policy that runs a case several times has each counted.
func (c column) count(ctx context.Context, p *plan) ([]cell, error) {
	hunts := make([]*hunt, len(p.faults))
	for i, f := range p.faults {
		target, err := targets.Open(f.Target())
		if err != nil {
			return nil, err
		}
		hunts[i] = &hunt{Runner: listentest.Runner{Target: target}, promise: f.Breaks[0], cell: cell{most: p.most}}
	}
	for seed := range uint64(p.seeds) {
		if err := c.seed(ctx, hunts, seed+1); err != nil {
			return nil, fmt.Errorf("%s, seed %d: %w", c.name, seed+1, err)
		}
	}
	cells := make([]cell, len(hunts))
	for i, h := range hunts {
		cells[i] = h.cell
	}
	return cells, nil
}

// seed draws the cases of a seed until all who hunt have found, or given up.
func (c column) seed(ctx context.Context, hunts []*hunt, seed uint64) error {
	var on []*hunt
	for _, h := range hunts {
		if h.runs = 0; !h.hopeless() {
			on = append(on, h)
		}
	}
	d := drawer{column: c, schedulers: map[sched.Spec]sched.Scheduler{}}
	for i := uint64(0); len(on) > 0; i++ {
		d.draw(seed, i)
		still := on[:0]
		for _, h := range on {
			found, err := h.try(ctx, &d)
			switch {
			case err != nil:
				return fmt.Errorf("case %d: %w", i, err)
			case found || h.runs >= h.most:
				h.enter(h.runs, found)
			default:
				still = append(still, h)
			}
		}
		on = still
	}
	return nil
}

// A drawer draws a case, and the policy for it as often as it is asked.
type drawer struct {
	column
	schedule   listentest.Schedule
	after      rand.PCG // where the source stood behind the schedule
	schedulers map[sched.Spec]sched.Scheduler
}

func (d *drawer) draw(seed, i uint64) {
	if d.baseline != nil {
		d.schedule = d.baseline(seed, i)
		return
	}
	d.after.Seed(seed, i)
	d.schedule = listentest.Generate(rand.New(&d.after))
}

// policy returns the case's policy, ready for its first run; nil for choices.
func (d *drawer) policy() sched.Scheduler {
	if d.baseline != nil {
		return nil
	}
	pcg := d.after
	rng := rand.New(&pcg)
	spec := d.spec.Draw(rng)
	s, ok := d.schedulers[spec]
	if !ok {
		s = spec.New()
		d.schedulers[spec] = s
	}
	if s != nil {
		s.Begin(rng)
	}
	return s
}

// try runs the drawn case, and reports whether it breaks the promise.
func (h *hunt) try(ctx context.Context, d *drawer) (bool, error) {
	policy := d.policy()
	h.Policy = nil
	if policy != nil {
		h.Policy = policy
	}
	for n, more := 0, true; more && n < mostRuns && h.runs < h.most; n, more = n+1, policy != nil && policy.Next() {
		history, err := h.Run(ctx, d.schedule)
		if err != nil {
			return false, err
		}
		h.runs++
		if v := h.check.Check(history, h.Target.Contract()).First(); v != nil {
			return v.Promise == h.promise, nil
		}
	}
	return false, nil
}
