// Finds counts how many cases it takes to find each fault of the simulator:
// by three baselines that a user would write, by listentest.Generate under every
// policy of package sched, and by the portfolio where coverage steers a share of
// the cases, as listentest run does it.
//
//	go run ./ci/finds [-seeds N] [-most N] [-fault REGEXP] [-by REGEXP]
//
// It prints a table with the median and the 95th percentile over the seeds,
// and how the portfolio compares with the best baseline, steered and not. Equal flags print
// the same.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/listentest/listentest/ci/campaign"
	"github.com/listentest/listentest/sched"
	"github.com/listentest/listentest/targets/sim"
)

func main() {
	p := plan{}
	flag.IntVar(&p.seeds, "seeds", 50, "how many seeds, from 1")
	flag.IntVar(&p.most, "most", 200_000, "cases after which a seed is given up")
	faults := flag.String("fault", "", "the faults whose name this `regexp` matches")
	by := flag.String("by", "", "the columns whose name this `regexp` matches")
	testing.Init() // rapid asks whether tests are short
	flag.Parse()
	if err := p.choose(*faults, *by); err != nil {
		fmt.Fprintln(os.Stderr, "finds:", err)
		os.Exit(2)
	}
	t, err := p.run(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, "finds:", err)
		os.Exit(2)
	}
	t.print(os.Stdout)
}

// group are the faults that take several listeners. The baselines draw one, and
// it would be no merit to find what they cannot.
var group = []string{"sibling-close-ends", "credit-to-sibling", "closed-member", "close-ends-movable"}

// A plan says what is counted.
type plan struct {
	seeds, most int
	faults      []sim.Fault
	columns     []column
}

// choose takes the faults and columns that the two match.
func (p *plan) choose(faults, by string) error {
	f, err := regexp.Compile(faults)
	if err != nil {
		return err
	}
	c, err := regexp.Compile(by)
	if err != nil {
		return err
	}
	p.faults = slices.DeleteFunc(sim.Catalogue(), func(x sim.Fault) bool { return !f.MatchString(x.Name) || slices.Contains(group, x.Name) })
	p.columns = slices.DeleteFunc(columns(), func(x column) bool { return !c.MatchString(x.name) })
	return nil
}

// columns are the baselines, and then the policies.
func columns() []column {
	all := []column{{name: "uniform", baseline: uniform}, {name: "rapid", baseline: byRapid}, {name: "gopter", baseline: byGopter}}
	for _, word := range []string{"choices", "run-on", "random", "pct:2", "pct:3", "pos", "urw", "dfs:1", "portfolio"} {
		spec, err := sched.Parse(word)
		if err != nil {
			panic(err) // it is a constant
		}
		all = append(all, column{name: word, spec: spec})
	}
	return append(all, column{name: "steered", spec: sched.Portfolio(), share: campaign.Share})
}

// run counts, two columns at a time.
func (p *plan) run(ctx context.Context) (*table, error) {
	t := &table{plan: *p, cells: make([][]cell, len(p.columns))}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(2)
	for i, c := range p.columns {
		g.Go(func() (err error) {
			t.cells[i], err = c.count(ctx, p)
			return err
		})
	}
	return t, g.Wait()
}
