package listentest_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/targets/sim"
)

// A covered runs schedules on the simulator and measures what they reach.
type covered struct {
	runner listentest.Runner
	cover  *listentest.Coverage
}

func newCovered(t testing.TB, items ...string) *covered {
	t.Helper()
	target, err := sim.Open("sim", items...)
	if err != nil {
		t.Fatal(err)
	}
	c := &covered{listentest.Runner{Target: target}, listentest.NewCoverage(target)}
	c.runner.Stepped = c.cover.Step
	return c
}

func (c *covered) run(t testing.TB, s listentest.Schedule) {
	t.Helper()
	c.cover.Begin()
	h, err := c.runner.Run(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	c.cover.Read(&h)
}

// TestCoverage: what small schedules reach, all of it.
func TestCoverage(t *testing.T) {
	for _, x := range []struct{ name, schedule, want string }{
		{"after", "backlog 1\ndial c0\naccept s0",
			`outcome dial ok; outcome accept ok; order queue: accept after dial; order waiters: accept after dial enqueue|wake;
			order places: accept dequeue|credit after dial`},
		{"before", "backlog 1\naccept s0 &\ndial c0",
			`outcome dial ok; outcome accept ok; order queue: dial after accept; order waiters: dial enqueue|wake after accept check|park;
			order waiters: accept after dial enqueue|wake; order queue: accept after dial; order places: accept dequeue|credit after dial`},
		{"nobody else", "backlog 1\ndial c0 2\nhangup c0", "outcome dial ok; outcome dial refused; outcome hangup ok, under pressure"},
		{"late", "backlog 1\naccept s0\ndial c0\ncancel s0\naccept s0",
			`outcome dial ok; outcome accept ok, late; outcome accept open; order queue: dial after accept; order waiters: dial enqueue|wake after accept check|park;
			order waiters: accept after dial enqueue|wake; order queue: accept after dial; order places: accept dequeue|credit after dial`},
		{"held", "backlog 1\npreempt c0 at 1\ndial c0\nresume c0\npreempt c0 at exit\ndial c0\nresume c0",
			"held dial at enqueue|wake; outcome dial ok; outcome dial refused; held dial at exit"},
		{"pressure ends", "backlog 1\ndial c0 2\nlisten l0 2\ndial c0",
			`outcome dial ok; outcome dial refused; outcome listen ok, under pressure;
			order places: listen after dial; order queue: listen after dial; order waiters: listen after dial enqueue|wake;
			order places: dial after listen; order queue: dial after listen; order waiters: dial enqueue|wake after listen`},
	} {
		s, err := listentest.Parse(x.schedule)
		if err != nil {
			t.Fatal(err)
		}
		c := newCovered(t)
		c.run(t, s)
		want := strings.Split(strings.NewReplacer("\n", "", "\t", "").Replace(x.want), ";")
		for i := range want {
			want[i] = strings.TrimSpace(want[i])
		}
		got := slices.Clone(c.cover.Found)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: got\n%s\nwant\n%s", x.name, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		c.cover.Found = nil
		if c.run(t, s); len(c.cover.Found) > 0 {
			t.Errorf("%s: the same again reaches %v", x.name, c.cover.Found)
		}
	}
}

// TestCoverageAllocates: nothing, once everything was reached.
func TestCoverageAllocates(t *testing.T) {
	c := newCovered(t, "half=shared", "overflow=block")
	all := schedules(200)
	runs := func(c *covered) func() {
		return func() {
			for _, s := range all {
				c.run(t, s)
			}
		}
	}
	measured := testing.AllocsPerRun(3, runs(c))
	plain := newCovered(t, "half=shared", "overflow=block")
	plain.runner.Stepped, plain.cover = nil, &listentest.Coverage{}
	if without := testing.AllocsPerRun(3, runs(plain)); measured > without+1 {
		t.Errorf("%v allocations with orders, %v without", measured, without)
	}
}

func schedules(n uint64) (all []listentest.Schedule) {
	for i := range n {
		all = append(all, listentest.Generate(rand.New(rand.NewPCG(9, i))))
	}
	return all
}

// BenchmarkCoverage runs and judges cases with coverage and without, in turn;
// ratio is with over without.
func BenchmarkCoverage(b *testing.B) {
	all, k, c := schedules(2048), listentest.Checker{}, newCovered(b)
	spent := map[bool]time.Duration{}
	for b.Loop() {
		for _, measured := range []bool{false, true} {
			c.runner.Stepped = nil
			if measured {
				c.runner.Stepped = c.cover.Step
			}
			begun := time.Now()
			for _, s := range all {
				c.cover.Begin()
				h, err := c.runner.Run(context.Background(), s)
				if err != nil {
					b.Fatal(err)
				}
				k.Check(h, c.runner.Target.Contract())
				if measured {
					c.cover.Read(&h)
				}
			}
			spent[measured] += time.Since(begun)
		}
	}
	b.ReportMetric(float64(spent[true])/float64(spent[false]), "ratio")
	b.ReportMetric(float64(spent[true]-spent[false])/float64(b.N)/float64(len(all)), "ns/case")
}
