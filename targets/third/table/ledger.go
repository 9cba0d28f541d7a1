package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/ci/campaign"
	"github.com/listentest/listentest/corpus"
	"github.com/listentest/listentest/sched"
)

// A ledger has the known findings: the entries about releases.
type ledger []listentest.Entry

func readLedger() (ledger, error) {
	all, err := listentest.Corpus()
	return slices.DeleteFunc(all, func(e listentest.Entry) bool { return e.Value("finding") == "" }), err
}

// shows reports whether an entry is about a target, and shows as a broken
// promise.
func shows(e listentest.Entry, target string, p listentest.Promise) bool {
	return slices.ContainsFunc(e.Shows(), func(word string) bool {
		name, _ := corpus.Release(word)
		return name == target
	}) && (e.Value("invariant") == p.String() || slices.Contains(strings.Fields(e.Value("also")), p.String()))
}

// explains reports whether a finding is known that shows in this way.
func (l ledger) explains(target string, p listentest.Promise) bool {
	return slices.ContainsFunc(l, func(e listentest.Entry) bool { return shows(e, target, p) })
}

// colds is how many cold runs say how long a find takes.
const colds = 5

// times prints how long it takes until the general cases show each finding that
// does not show by chance only, in the median of cold runs, which wait so long at
// most; ok is false if one of them does not see it.
func (l ledger) times(ctx context.Context, w io.Writer, match *regexp.Regexp, wait time.Duration) (ok bool, err error) {
	fmt.Fprintf(w, "\n## Known findings\n\nHow long `listentest run` takes until it has seen each, from a cold start, the median\nof %d runs and the slowest. A target with two findings that show in one way counts\nfor both.\n\n| finding | target | cases | seconds |\n|---|---|---|---|\n", colds)
	ok = true
	for _, e := range l {
		for _, word := range e.Fails() {
			name, _ := corpus.Release(word)
			if !match.MatchString(name) {
				continue
			}
			page := strings.TrimPrefix(e.Value("finding"), "docs/")
			if e.Value("needs") == "control" && !sched.Controlled() {
				fmt.Fprintf(w, "| [%s](%s) | %s | – | needs schedule control |\n", e.Name, page, word)
				continue
			}
			cases, seconds, missed, err := l.cold(ctx, e, name, wait)
			if err != nil {
				return false, err
			}
			note := ""
			if missed > 0 {
				ok, note = false, fmt.Sprintf(" (%d of %d runs did not see it in %v)", missed, colds, wait)
			}
			fmt.Fprintf(w, "| [%s](%s) | %s | %d / %d | %.1f / %.1f%s |\n", e.Name, page, word,
				cases[colds/2], cases[colds-1], seconds[colds/2], seconds[colds-1], note)
		}
	}
	return ok, nil
}

var errFound = errors.New("found")

// cold returns in which case and after how many seconds cold runs see an
// entry's promise broken, from the least to the most.
func (l ledger) cold(ctx context.Context, e listentest.Entry, target string, wait time.Duration) (cases []int, seconds []float64, missed int, err error) {
	for seed := range uint64(colds) {
		start, at := time.Now(), 0
		row, err := run(ctx, target, campaign.Plan{Seed: 100 + seed, For: wait, Found: func(f campaign.Finding) error {
			if shows(e, target, f.Promise) {
				at = f.Case + 1
				return errFound
			}
			return nil
		}})
		switch {
		case err != nil && !errors.Is(err, errFound):
			return nil, nil, 0, err
		case at == 0:
			missed++
			at = row.Cases
		}
		cases, seconds = append(cases, at), append(seconds, time.Since(start).Seconds())
	}
	slices.Sort(cases)
	slices.Sort(seconds)
	return cases, seconds, missed, nil
}
