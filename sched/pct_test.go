package sched_test

import (
	"math"
	"strings"
	"testing"
)

// A planted defect shows in the runs of a program that broken says.
type planted struct {
	program
	depth  int
	broken func(trace string) bool
}

// steps returns how many the program takes.
func (p planted) steps() int {
	n := 0
	for _, task := range p.program {
		n += len(task)
	}
	return n
}

// nth returns the index of a task's n-th step, from 1, in a trace.
func nth(trace string, task byte, n int) int {
	for i := range len(trace) {
		if trace[i] == task {
			if n--; n == 0 {
				return i
			}
		}
	}
	return len(trace)
}

// defects have depths from 1 to 3, with tasks beside that have no part in it.
var defects = map[string]planted{
	"order":     {program{own(4), own(1), own(3)}, 1, func(s string) bool { return strings.IndexByte(s, 'b') < strings.IndexByte(s, 'a') }},
	"last":      {program{own(2), own(2), own(2), own(2)}, 1, func(s string) bool { return strings.HasSuffix(s, "dd") }},
	"atomicity": {program{own(6), own(2), own(2)}, 2, func(s string) bool { return nth(s, 'a', 3) < nth(s, 'b', 1) && nth(s, 'b', 1) < nth(s, 'a', 4) }},
	"crosswise": {program{own(4), own(4)}, 3, func(s string) bool {
		return nth(s, 'a', 2) < nth(s, 'b', 2) && nth(s, 'b', 2) < nth(s, 'a', 3) && nth(s, 'a', 3) < nth(s, 'b', 3)
	}},
}

// TestPCT: a defect of depth d shows with at least the probability of the
// theorem, and with less depth never, where it takes a switch more.
func TestPCT(t *testing.T) {
	const n = 50_000
	for name, p := range defects {
		s, src, broken := scheduler(t, []string{"", "pct:1", "pct:2", "pct:3"}[p.depth]), source(1), 0
		for range n {
			if p.broken(p.sample(s, src)) {
				broken++
			}
		}
		bound := 1 / (float64(len(p.program)) * math.Pow(float64(p.steps()), float64(p.depth-1)))
		got, sigma := float64(broken)/n, math.Sqrt(bound/n)
		t.Logf("%s: depth %d, frequency %.4f, at least %.4f", name, p.depth, got, bound)
		if got < bound-5*sigma {
			t.Errorf("%s: depth %d, frequency %.4f, and at least %.4f is promised", name, p.depth, got, bound)
		}
		if p.depth > 1 {
			shallow := scheduler(t, []string{"pct:1", "pct:2"}[p.depth-2])
			for range n {
				if trace := p.sample(shallow, src); p.broken(trace) {
					t.Fatalf("%s of depth %d shows at a depth less: %s", name, p.depth, trace)
				}
			}
		}
	}
}

// TestPCTTasks: with depth 1 the tasks run one after the other, in each order
// equally often.
func TestPCTTasks(t *testing.T) {
	p := program{own(2), own(2), own(2)}
	const n = 60_000
	want := map[string]float64{}
	for _, trace := range []string{"aabbcc", "aaccbb", "bbaacc", "bbccaa", "ccaabb", "ccbbaa"} {
		want[trace] = 1.0 / 6
	}
	s, src, counts := scheduler(t, "pct:1"), source(2), map[string]int{}
	for range n {
		counts[p.sample(s, src)]++
	}
	if d := deviation(counts, want, n); d >= 5 {
		t.Errorf("%v: %.1f standard deviations from uniform", counts, d)
	}
}
