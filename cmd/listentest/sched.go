package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/ci/campaign"
	"github.com/listentest/listentest/sched"
)

// parsePolicy reads the flag sched.
func parsePolicy(word string) (sched.Spec, error) {
	s, err := sched.Parse(word)
	if err == nil {
		return s, nil
	}
	misuse := &listentest.MisuseError{Reason: "run: -sched: " + err.Error()}
	if name, _, _ := strings.Cut(word, ":"); !slices.Contains(sched.Names(), name) {
		misuse.Word, misuse.Known = name, sched.Names()
	}
	return s, misuse
}

// A policyRow is what was run under a policy, and what that says.
type policyRow struct {
	Policy string `json:"policy"`
	Cases  int    `json:"cases"`
	Runs   int    `json:"runs"`
	Actors int    `json:"actors"` // the most in a run; 0 for choices
	Steps  int    `json:"steps"`  // the most of a run; 0 for choices
	// Exhausted is for dfs: of so many cases all interleavings within the
	// bound were run.
	Exhausted *int `json:"exhausted,omitempty"`
	// Depth and Missed are for pct: see sched.Missed.
	Depth  int      `json:"depth,omitempty"`
	Missed *float64 `json:"missed_at_most,omitempty"`
}

func policyRows(all []campaign.Tally) []policyRow {
	var rows []policyRow
	for _, t := range all {
		row := policyRow{Policy: t.Policy.String(), Cases: t.Cases, Runs: t.Runs, Actors: t.Tasks, Steps: t.Steps, Depth: t.Policy.Depth()}
		if t.Policy.Systematic() {
			row.Exhausted = &t.Exhausted
		}
		if row.Depth > 0 && t.Steps > 0 {
			const least = 1e-9 // nobody believes less, for other reasons
			missed := max(least, sched.Missed(row.Depth, t.Tasks, t.Steps, t.Cases))
			row.Missed = &missed
		}
		rows = append(rows, row)
	}
	return rows
}

// atMost rounds a probability up to two digits, so that what is said of it
// stays true.
func atMost(p float64) float64 {
	digit := math.Pow(10, math.Floor(math.Log10(p))-1)
	return math.Ceil(p/digit) * digit
}

// printClaims prints what a target's cases say of defects that they did not
// show. Neither sentence is about what the generator never draws.
func (r *report) printClaims(w io.Writer, t targetRow) {
	if r.asked && t.Level != listentest.LevelFull.String() {
		fmt.Fprintf(w, "%s: -sched has no effect at control level %s\n", t.Target, t.Level)
	}
	var shares []string
	for _, p := range t.Policies {
		share := fmt.Sprintf("%s %d", p.Policy, p.Cases)
		if p.Exhausted != nil {
			share += fmt.Sprintf(" (%d exhausted)", *p.Exhausted)
		}
		shares = append(shares, share)
	}
	if len(shares) > 0 {
		fmt.Fprintf(w, "%s: cases by policy: %s\n", t.Target, join(shares))
	}
	for _, p := range t.Policies {
		if p.Missed != nil {
			fmt.Fprintf(w, "%s: a defect of depth %d that every case can reach in its steps would have been missed with probability at most %.2g (%d cases under %s, of at most %d actors and %d steps)\n",
				t.Target, p.Depth, atMost(*p.Missed), p.Cases, p.Policy, p.Actors, p.Steps)
		}
	}
	if t.OneIn > 0 {
		fmt.Fprintf(w, "%s: what shows in at least one generated case of %d would have been missed with probability at most 5 %%\n", t.Target, t.OneIn)
	}
}
