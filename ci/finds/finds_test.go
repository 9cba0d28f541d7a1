package main

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/targets"
)

// TestTable: two counts of the same are the same, every way finds what is easy
// to find, and what nobody can find is given up and says so.
func TestTable(t *testing.T) {
	var printed []string
	for range 2 {
		p := plan{seeds: 3, most: 5000}
		if err := p.choose("^(off-by-one-low|late-subscriber|silent-blocks-head)$", ""); err != nil {
			t.Fatal(err)
		}
		counted, err := p.run(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for c, cells := range counted.cells {
			for f := range cells {
				if len(cells[f].found) != p.seeds || cells[f].at(95) > p.most {
					t.Errorf("%s by %s: %v", p.faults[f].Name, p.columns[c].name, cells[f].found)
				}
			}
		}
		var b strings.Builder
		counted.print(&b)
		printed = append(printed, b.String())
	}
	if printed[0] != printed[1] {
		t.Errorf("two counts:\n%s\n%s", printed[0], printed[1])
	}
	if lines := regexp.MustCompile(`(?m)^\| [a-z-]+ +\| `).FindAllString(printed[0], -1); len(lines) != 4 {
		t.Errorf("%d lines in\n%s", len(lines), printed[0])
	}
	if !strings.Contains(printed[0], "than 20 cases: none.\n") {
		t.Errorf("no comparison in\n%s", printed[0])
	}
}

func TestCell(t *testing.T) {
	c := cell{most: 10}
	for _, n := range []int{3, 1, 10, 11} {
		c.enter(n, n <= c.most)
	}
	if got := c.String(); got != "3 / >10" || c.hopeless() {
		t.Errorf("%s, hopeless: %v", got, c.hopeless())
	}
	none := cell{most: 10}
	for range hopeless {
		none.enter(10, false)
	}
	if got := none.String(); got != ">10 / >10" || !none.hopeless() {
		t.Errorf("%s, hopeless: %v", got, none.hopeless())
	}
}

// TestBaselines: each draws every step that there is, within the limits, and
// the same again from the same seed.
func TestBaselines(t *testing.T) {
	for _, c := range columns() {
		if c.baseline == nil {
			continue
		}
		seen, longest := map[listentest.Step]bool{}, 0
		for i := range uint64(5000) {
			s := c.baseline(1, i)
			if i < 100 && !s.Equal(c.baseline(1, i)) {
				t.Fatalf("%s: case %d is drawn in two ways", c.name, i)
			}
			if len(s.Steps) > mostSteps || len(s.Choices) > 8 || !slices.Contains(backlogs, s.Backlog) {
				t.Fatalf("%s draws\n%v", c.name, s)
			}
			longest = max(longest, len(s.Steps))
			for _, step := range s.Steps {
				seen[step] = true
			}
		}
		for k := range every {
			for _, step := range every[k] {
				if !seen[step] {
					t.Errorf("%s never draws %v", c.name, step)
				}
			}
		}
		if longest < mostSteps {
			t.Errorf("%s draws at most %d steps", c.name, longest)
		}
	}
}

// TestModel: what the model of the baselines says a step means is what the
// runner makes of it: most of it is no skip.
func TestModel(t *testing.T) {
	target, err := targets.Open("sim")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range columns()[1:3] {
		steps, skips := 0, 0
		for i := range uint64(500) {
			s := c.baseline(2, i)
			h, err := listentest.Run(context.Background(), target, s)
			if err != nil {
				t.Fatal(err)
			}
			steps += len(s.Steps)
			for _, e := range h.Events {
				if e.Verb == listentest.Skipped {
					skips++
				}
			}
		}
		t.Logf("%s: %d of %d steps are skipped", c.name, skips, steps)
		if skips*4 > steps {
			t.Errorf("%s: %d of %d steps are skipped", c.name, skips, steps)
		}
	}
}
