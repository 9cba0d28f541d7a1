// Faults prints what is known of finding each fault of the simulator: the
// promises that it breaks, how many cases it takes to find it, what is found
// shrinks to, and what the shortest schedule is that shows it.
//
//	go run ./ci/faults [-seeds N] [-deep N] [-fault REGEXP] >docs/faults.md
//
// The shortest is known because all shorter ones were tried, up to -deep steps.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/targets/sim"
)

func main() {
	seeds := flag.Int("seeds", 50, "how many seeds, from 1")
	deep := flag.Int("deep", 3, "all schedules of at most so many `steps` are tried, if what is found is longer")
	faults := flag.String("fault", "", "the faults whose name this `regexp` matches")
	flag.Parse()
	match, err := regexp.Compile(*faults)
	if err == nil {
		err = table(context.Background(), os.Stdout, match, *seeds, *deep)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
		os.Exit(2)
	}
}

// table prints the rows of the faults that match, two at a time.
func table(ctx context.Context, w io.Writer, match *regexp.Regexp, seeds, deep int) error {
	faults := slices.DeleteFunc(sim.Catalogue(), func(f sim.Fault) bool { return !match.MatchString(f.Name) })
	rows := make([]row, len(faults))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(2)
	for i, f := range faults {
		g.Go(func() (err error) {
			if rows[i], err = newRow(ctx, f, seeds, deep); err != nil {
				err = fmt.Errorf("%s: %w", f.Name, err)
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	fmt.Fprintf(w, head, len(faults), seeds, seeds, deep)
	for i := range rows {
		fmt.Fprintln(w, &rows[i])
	}
	fmt.Fprint(w, summary(rows))
	return nil
}

const head = `# Faults

What finding each of %d faults takes, over %d seeds, under the portfolio. Written
by ` + "`go run ./ci/faults -seeds %d -deep %d >docs/faults.md`" + `; ` + "`listentest faults NAME`" + ` says where a fault is from.

Shrunk: steps of what the finds shrink to, over all seeds. Least: steps of the
shortest schedule that shows it, known because all shorter ones were tried (at
most 3 clients, 2 acceptors, the listener and the task, plain numbers, without
choices); with ≥ nobody tried longer ones. Tries: executions that shrinking
takes. Cases and tries are medians and 95th percentiles.

| fault | breaks | cases | shrunk | least | tries | shown by |
|---|---|---|---|---|---|---|
`

// summary says what of the table is worth saying in a line.
func summary(rows []row) string {
	known, reached := 0, 0
	var tries []int
	var longer []string
	for _, r := range rows {
		tries = append(tries, r.tries...)
		switch {
		case !r.known:
		case slices.Max(r.lengths) == r.least:
			known++
			reached++
		default:
			known++
			longer = append(longer, r.fault.Name)
		}
	}
	s := fmt.Sprintf("\nThe least is known of %d faults; of %d every seed shrinks to it", known, reached)
	if len(longer) > 0 {
		s += ", not of " + strings.Join(longer, ", ")
	}
	slices.Sort(tries)
	return s + fmt.Sprintf(".\nShrinking takes %d tries in the median, %d at most.\n", percentile(tries, 50), tries[len(tries)-1])
}

// percentile of sorted numbers.
func percentile(sorted []int, percent int) int { return sorted[(len(sorted)*percent+99)/100-1] }

// names joins promises, the first first.
func names(promises []listentest.Promise) string {
	var all []string
	for _, p := range promises {
		all = append(all, p.String())
	}
	return strings.Join(all, ", ")
}
