package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/listentest/listentest/sched"
)

// A cell has the cases to the first find, for each seed that looked.
type cell struct {
	most  int
	found []int // by seed; more than most if it found nothing
}

func (c *cell) enter(runs int, found bool) {
	if !found {
		runs = c.most + 1
	}
	c.found = append(c.found, runs)
}

// hopeless reports whether no seed has found anything, and enough have tried.
func (c *cell) hopeless() bool {
	return len(c.found) >= hopeless && slices.Min(c.found) > c.most
}

// at returns the given percentile, more than most if that found nothing.
func (c *cell) at(percent int) int {
	sorted := slices.Sorted(slices.Values(c.found))
	return sorted[(len(sorted)*percent+99)/100-1]
}

func (c *cell) String() string {
	return c.text(c.at(50)) + " / " + c.text(c.at(95))
}

func (c *cell) text(n int) string {
	if n > c.most {
		return fmt.Sprint(">", c.most)
	}
	return fmt.Sprint(n)
}

// A table has a row for each fault.
type table struct {
	plan
	cells [][]cell // by column and fault
}

func (t *table) print(w io.Writer) {
	out := tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)
	fmt.Fprint(out, "| fault\t")
	for _, c := range t.columns {
		fmt.Fprintf(out, "| %s\t", c.name)
	}
	fmt.Fprint(out, "|\n|"+strings.Repeat("---\t|", len(t.columns)+1)+"\n")
	for i, f := range t.faults {
		fmt.Fprintf(out, "| %s\t", f.Name)
		for c := range t.columns {
			fmt.Fprintf(out, "| %v\t", &t.cells[c][i])
		}
		fmt.Fprint(out, "|\n")
	}
	out.Flush()
	for c, column := range t.columns {
		if column.spec == sched.Portfolio() {
			t.compare(w, c)
		}
	}
}

// hard is how many cases the best baseline needs at least, in the median, for
// a fault that is worth a generator.
const hard = 100

// compare prints how a column compares with the best baseline.
func (t *table) compare(w io.Writer, column int) {
	name := t.columns[column].name
	var ratios []float64
	var worse []string
	for i, f := range t.faults {
		best := 0
		for c := range t.columns {
			if n := t.cells[c][i].at(50); t.columns[c].baseline != nil && (best == 0 || n < best) {
				best = n
			}
		}
		if best == 0 {
			return
		}
		ours := t.cells[column][i].at(50)
		if best >= hard {
			ratios = append(ratios, float64(ours)/float64(best))
		}
		if ours > max(2*best, 20) {
			worse = append(worse, fmt.Sprintf("%s (%d to %d)", f.Name, ours, best))
		}
	}
	slices.Sort(ratios)
	if len(ratios) > 0 {
		fmt.Fprintf(w, "\nOver %d faults whose best baseline needs %d cases or more, %s needs %.3f of it, in the median.\n", len(ratios), hard, name, ratios[len(ratios)/2])
	}
	if len(worse) == 0 {
		worse = []string{"none"}
	}
	fmt.Fprintf(w, "\nWorse by %s than twice the best baseline, and than 20 cases: %s.\n", name, strings.Join(worse, ", "))
}
