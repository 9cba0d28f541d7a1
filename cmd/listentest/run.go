package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/ci/campaign"
	"github.com/listentest/listentest/sched"
	"github.com/listentest/listentest/targets"
	"github.com/listentest/listentest/targets/third"
)

// A runPlan is what the flags of run say.
type runPlan struct {
	targets words
	length  time.Duration
	cases   int
	seed    uint64
	sched   sched.Spec
	asked   bool // for sched
	save    string
	json    bool
}

func runCommand(ctx context.Context, e *env, args []string) (int, error) {
	p, err := parseRun(e, args)
	if err != nil {
		return 0, err
	}
	names := p.targets
	switch {
	case len(names) == 0:
		names = targets.Light()
	case slices.Equal(names, words{"all"}):
		names = slices.Concat(targets.Light(), third.Names())
	}
	network := isolate(names)
	openings, err := open(names)
	if err != nil {
		return 0, err
	}
	r := newReport(network)
	r.Sched, r.asked = p.sched.String(), p.asked
	out := &printer{env: e, quiet: p.json}
	out.printf("seed %d; %s\n", p.seed, r.With)
	if network != "" {
		out.printf("network: %s\n", network)
	}
	for i, o := range openings {
		if o.err != nil {
			r.Skipped = append(r.Skipped, skipped{o.name, o.err.Error()})
			continue
		}
		if ctx.Err() != nil {
			r.Skipped = append(r.Skipped, skipped{o.name, "interrupted before it began"})
			continue
		}
		r.run(ctx, out, p, o.target, len(openings)-i)
	}
	r.Interrupted = ctx.Err() != nil
	if p.json {
		if err := r.printJSON(e.stdout); err != nil {
			return 0, err
		}
	} else {
		r.printTable(e.stdout)
	}
	return r.status(len(p.targets) > 0), nil
}

func parseRun(e *env, args []string) (*runPlan, error) {
	p := &runPlan{}
	f := newFlags("run", "[-target T]… [-for D | -cases N] [-seed S] [-sched NAME] [-save DIR] [-json]")
	f.Var(&p.targets, "target", "a `target`, as sim, tcp:addr=127.0.0.2 or sim:deferred-credit; may be given several times (default sim, tcp and unix); all is these and the listeners of others")
	f.DurationVar(&p.length, "for", 30*time.Second, "how long, shared by the targets; no limit if only -cases is given")
	f.IntVar(&p.cases, "cases", 0, "how many cases a target; 0 is no limit")
	f.Uint64Var(&p.seed, "seed", 0, "what cases are drawn from; 0 takes one at random, and prints it")
	word := f.String("sched", sched.Portfolio().String(), "the `policy` that schedules actors at control level full: choices (the schedule's own), run-on, random, pct:DEPTH, pos, urw, dfs:PREEMPTIONS, or a portfolio of them")
	f.StringVar(&p.save, "save", "findings", "the `folder` for findings")
	f.BoolVar(&p.json, "json", false, "print the report as JSON")
	rest, err := f.parse(e, args)
	switch {
	case err != nil:
		return nil, err
	case len(rest) > 0:
		return nil, &listentest.MisuseError{Reason: fmt.Sprintf("run takes no argument, and %q is one; targets are given by -target", rest[0])}
	case p.cases < 0 || p.length <= 0:
		return nil, &listentest.MisuseError{Reason: "run: -cases must be at least 0, and -for more than 0"}
	}
	if p.sched, err = parsePolicy(*word); err != nil {
		return nil, err
	}
	p.asked = f.given("sched")
	if p.seed == 0 {
		p.seed = 1 + rand.Uint64N(1e9)
	}
	if p.cases > 0 && !f.given("for") {
		p.length = 0
	}
	return p, nil
}

// run runs the campaign of one target; left counts it and those after it,
// which share the time.
func (r *report) run(ctx context.Context, out *printer, p *runPlan, t listentest.Target, left int) {
	plan := campaign.Plan{Target: t, Seed: p.seed, Cases: p.cases, Sched: p.sched}
	if w, ok := t.(*third.Worker); ok {
		plan.Shapes = w.Shapes()
	}
	if p.length > 0 {
		plan.For = (p.length - time.Since(r.start)) / time.Duration(left)
		plan.For = max(plan.For, time.Millisecond)
	}
	bar := newProgress(out.stderr)
	plan.Watch = bar.show
	row, err := campaign.Run(ctx, plan)
	bar.clear()
	r.add(row, coverageOf(ctx, t, row))
	if err != nil && !errors.Is(err, context.Canceled) {
		r.Troubles = append(r.Troubles, skipped{row.Target, err.Error()})
	}
	if err := letGo(t); err != nil {
		r.Troubles = append(r.Troubles, skipped{row.Target, err.Error()})
	}
	for _, f := range row.Findings {
		file, err := r.saveFinding(p.save, f, row)
		out.finding(f, row, file)
		if err != nil {
			r.Troubles = append(r.Troubles, skipped{row.Target, err.Error()})
		}
	}
}
