package sched_test

import (
	"math"
	"testing"

	"github.com/listentest/listentest/sched"
)

// missed returns the share of campaigns, each of so many runs, in which no run
// hits.
func missed(campaigns, runs int, hit func() bool) float64 {
	n := 0
	for range campaigns {
		all := true
		for range runs {
			all = all && !hit()
		}
		if all {
			n++
		}
	}
	return float64(n) / float64(campaigns)
}

// TestMissed: the figure is that of runs which hit with just the probability
// of the theorem.
func TestMissed(t *testing.T) {
	const campaigns = 4000
	src := source(1)
	for _, c := range []struct{ depth, tasks, steps, runs int }{
		{1, 3, 10, 1}, {1, 4, 99, 8}, {2, 2, 10, 30}, {2, 3, 7, 60}, {3, 2, 5, 80},
	} {
		one := c.tasks * int(math.Pow(float64(c.steps), float64(c.depth-1)))
		got := missed(campaigns, c.runs, func() bool { return src.IntN(one) == 0 })
		want := sched.Missed(c.depth, c.tasks, c.steps, c.runs)
		if sigma := math.Sqrt(want * (1 - want) / campaigns); math.Abs(got-want) > 5*sigma {
			t.Errorf("%+v: %.4f of the campaigns miss, want %.4f ± %.4f", c, got, want, sigma)
		}
	}
	if p := sched.Missed(2, 3, 10, 0); p != 1 {
		t.Errorf("without a run everything is missed, and not %v", p)
	}
	if p := sched.Missed(1, 1, 10, 5); p != 0 {
		t.Errorf("with one task depth 1 is always seen, and not missed with %v", p)
	}
}

// TestMissedByPCT: campaigns of PCT miss planted defects no more often than
// is claimed.
func TestMissedByPCT(t *testing.T) {
	const campaigns = 300
	for name, p := range defects {
		s, src := scheduler(t, []string{"", "pct:1", "pct:2", "pct:3"}[p.depth]), source(2)
		for _, runs := range []int{1, 10, 40} {
			got := missed(campaigns, runs, func() bool { return p.broken(p.sample(s, src)) })
			most := sched.Missed(p.depth, len(p.program), p.steps(), runs)
			if sigma := math.Sqrt(most * (1 - most) / campaigns); got > most+5*sigma {
				t.Errorf("%s: %.3f of the campaigns of %d runs miss it, and at most %.3f is claimed", name, got, runs, most)
			}
		}
	}
}

// TestOneIn: what shows in one case of q is missed in 5 % of the campaigns at
// most, and little less.
func TestOneIn(t *testing.T) {
	const campaigns = 20_000
	src := source(3)
	for _, cases := range []int{3, 10, 30, 100} {
		q := sched.OneIn(cases)
		got := missed(campaigns, cases, func() bool { return src.IntN(q) == 0 })
		if sigma := math.Sqrt(0.05 * 0.95 / campaigns); got > 0.05+3*sigma || cases >= 30 && got < 0.04-3*sigma {
			t.Errorf("%d cases: %.4f of the campaigns miss what shows in one of %d", cases, got, q)
		}
	}
	if q := sched.OneIn(2); q != 0 {
		t.Errorf("two cases say nothing, and not one in %d", q)
	}
}
