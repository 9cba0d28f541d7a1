package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/ci/campaign"
	"github.com/listentest/listentest/sched"
	"github.com/listentest/listentest/targets"
)

// A column is a way to draw cases, each from a seed and its number.
type column struct {
	name     string
	baseline func(seed, i uint64) listentest.Schedule // or nil: listentest.Generate
	spec     sched.Spec                               // of the policy
	share    int                                      // percent of cases that coverage steers
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
	cover   *listentest.Coverage
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
	if c.share > 0 {
		for _, h := range on {
			if err := c.steered(ctx, h, seed); err != nil {
				return err
			}
		}
		return nil
	}
	d := c.drawer(0)
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

// steered draws the cases of a seed for one who hunts: what they reach depends
// on the target.
func (c column) steered(ctx context.Context, h *hunt, seed uint64) error {
	d := c.drawer(c.share)
	h.cover = listentest.NewCoverage(h.Target)
	h.Stepped = h.cover.Step
	defer func() { h.Stepped = nil }()
	var news []campaign.News
	for i := 0; ; i++ {
		if i%campaign.Round == 0 {
			d.steer.Learn(news)
			news = news[:0]
		}
		d.draw(seed, uint64(i))
		found, err := h.try(ctx, &d)
		switch {
		case err != nil:
			return fmt.Errorf("case %d: %w", i, err)
		case found || h.runs >= h.most:
			h.enter(h.runs, found)
			return nil
		}
		if len(h.cover.Found) > 0 {
			if h.Policy != nil {
				d.schedule.Choices = h.Record().Choices
			}
			news = append(news, campaign.News{Case: i, Schedule: d.schedule.Norm(), Elements: slices.Clone(h.cover.Found)})
			h.cover.Found = h.cover.Found[:0]
		}
	}
}

func (c column) drawer(share int) drawer {
	return drawer{column: c, steer: campaign.Steering{Share: share}, schedulers: map[sched.Spec]sched.Scheduler{}}
}

// A drawer draws a case, and the policy for it as often as it is asked.
type drawer struct {
	column
	steer      campaign.Steering
	schedule   listentest.Schedule
	scratch    listentest.Schedule
	after      rand.PCG // where the source stood behind the schedule
	schedulers map[sched.Spec]sched.Scheduler
}

func (d *drawer) draw(seed, i uint64) {
	if d.baseline != nil {
		d.schedule = d.baseline(seed, i)
		return
	}
	d.after.Seed(seed, i)
	d.steer.Draw(rand.New(&d.after), &d.schedule, &d.scratch)
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
		if h.cover != nil {
			h.cover.Begin()
		}
		history, err := h.Run(ctx, d.schedule)
		if err != nil {
			return false, err
		}
		if h.cover != nil {
			h.cover.Read(&history)
		}
		h.runs++
		if v := h.check.Check(history, h.Target.Contract()).First(); v != nil {
			return v.Promise == h.promise, nil
		}
	}
	return false, nil
}
