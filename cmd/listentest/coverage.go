package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/ci/campaign"
)

// A coverageRow is what a target's cases have reached, and what they have not.
type coverageRow struct {
	Reached int      `json:"reached"` // elements, with those that were not known
	Known   int      `json:"known"`   // elements that can be reached in a small scope
	Never   []string `json:"never"`   // of those, what was not reached
	Last    int      `json:"last"`    // the last case that reached something new
}

func coverageOf(ctx context.Context, t listentest.Target, row campaign.Row) coverageRow {
	c := coverageRow{Reached: len(row.Reached), Never: []string{}}
	reached := map[string]bool{}
	for _, r := range row.Reached {
		reached[r.Element] = true
		c.Last = r.Case
	}
	known := campaign.Known(context.WithoutCancel(ctx), t, row.Reached)
	for _, e := range known {
		if !reached[e] {
			c.Never = append(c.Never, e)
		}
	}
	c.Known = len(known)
	slices.Sort(c.Never)
	return c
}

// printCoverage prints what was reached of what can be, and what was not. The
// report as JSON has all of that.
func printCoverage(w io.Writer, t targetRow) {
	c := t.Coverage
	if c.Reached == 0 {
		return
	}
	was := c.Known - len(c.Never)
	fmt.Fprintf(w, "%s: coverage: ", t.Target)
	if c.Known > 0 {
		fmt.Fprintf(w, "%d of the %d orders, holds and outcomes that a small scope has, and %d others", was, c.Known, c.Reached-was)
	} else {
		fmt.Fprintf(w, "%d orders, holds and outcomes", c.Reached)
	}
	fmt.Fprintf(w, "; the last new one %d cases ago\n", max(t.Cases-1-c.Last, 0)) // one that was interrupted counts for its coverage only
	const most = 5
	if n := len(c.Never); n > most {
		fmt.Fprintf(w, "%s: never reached: %s; and %d more, which -json prints\n", t.Target, strings.Join(c.Never[:most], "; "), n-most)
	} else if n > 0 {
		fmt.Fprintf(w, "%s: never reached: %s\n", t.Target, strings.Join(c.Never, "; "))
	}
}
