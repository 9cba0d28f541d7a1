package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/ci/campaign"
	"github.com/listentest/listentest/sched"
	"github.com/listentest/listentest/targets"
	"github.com/listentest/listentest/targets/sim"
)

// mostCases is after how many cases a seed is given up.
const mostCases = 200_000

// A row is what finding a fault takes.
type row struct {
	fault   sim.Fault
	cases   []int // to the first find, by seed
	tries   []int // of shrinking, by seed
	lengths []int // in steps, of what is found when shrunk, by seed
	shown   listentest.Schedule
	least   int  // steps of the shortest schedule, or one more than were tried
	known   bool // least is the first
}

func newRow(ctx context.Context, f sim.Fault, seeds, deep int) (row, error) {
	r := row{fault: f}
	target, err := targets.Open(f.Target())
	if err != nil {
		return r, err
	}
	for seed := range uint64(seeds) {
		if err := r.find(ctx, target, seed+1); err != nil {
			return r, fmt.Errorf("seed %d: %w", seed+1, err)
		}
	}
	s := newSearch(target, f.Breaks[0], r.shown.Backlog)
	for r.least = 1; r.least <= deep && r.least < len(r.shown.Steps); r.least++ {
		shorter, err := s.shortest(ctx, r.least)
		if err != nil {
			return r, err
		}
		if shorter != nil {
			r.shown, r.known = *shorter, true
			return r, nil
		}
	}
	r.known = r.least == len(r.shown.Steps)
	return r, nil
}

// find counts the cases of a seed to the first find, and shrinks that.
func (r *row) find(ctx context.Context, target listentest.Target, seed uint64) error {
	promise := r.fault.Breaks[0]
	limited, stop := context.WithCancel(ctx)
	defer stop()
	p := campaign.Plan{Target: target, Seed: seed, Cases: mostCases, Workers: 1, Sched: sched.Portfolio(), Found: func(f campaign.Finding) error {
		if f.Promise == promise {
			stop()
		}
		return nil
	}}
	result, err := campaign.Run(limited, p)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(result.Findings, func(f campaign.Finding) bool { return f.Promise == promise })
	if i < 0 {
		return fmt.Errorf("%v is not broken in %d cases", promise, mostCases)
	}
	f := result.Findings[i]
	r.cases = append(r.cases, f.Case+1)
	r.tries = append(r.tries, f.Executions)
	r.lengths = append(r.lengths, len(f.Schedule.Steps))
	if len(r.shown.Steps) == 0 || listentest.Compare(f.Schedule, r.shown) < 0 {
		r.shown = f.Schedule
	}
	return nil
}

// String returns the row in Markdown.
func (r *row) String() string {
	least := fmt.Sprint(r.least)
	if !r.known {
		least = "≥ " + least
	}
	lengths := fmt.Sprint(slices.Min(r.lengths))
	if most := slices.Max(r.lengths); most != slices.Min(r.lengths) {
		lengths += fmt.Sprintf(" to %d", most)
	}
	text := strings.ReplaceAll(strings.TrimSpace(r.shown.String()), "\n", "; ")
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %s | `%s` |", r.fault.Name, names(r.fault.Breaks), spread(r.cases), lengths, least, spread(r.tries), text)
}

// spread returns median and 95th percentile.
func spread(n []int) string {
	n = slices.Sorted(slices.Values(n))
	return fmt.Sprintf("%d / %d", percentile(n, 50), percentile(n, 95))
}
