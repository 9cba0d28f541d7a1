package props

import (
	"context"
	"flag"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/targets/sim"
)

// BenchmarkCaseLoop has the simulator's own case loop beside a state machine
// that a user would write with rapid, over the same model. It runs generate,
// run and check as a campaign does, and rapid's state machine, in turn, and
// reports both and the ratio. A step is one step of a schedule, or one action
// of the machine.
func BenchmarkCaseLoop(b *testing.B) {
	target, err := sim.New("sim", sim.Default)
	if err != nil {
		b.Fatal(err)
	}
	var ours, theirs tally
	seed := uint64(0)
	for b.Loop() {
		seed++
		ours.time(func() { ours.caseLoop(b, target, seed) })
		theirs.time(func() { theirs.stateMachine(b, target) })
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(ours.perSecond(ours.cases), "cases/s")
	b.ReportMetric(ours.perSecond(ours.steps), "steps/s")
	b.ReportMetric(theirs.perSecond(theirs.cases), "rapid-cases/s")
	b.ReportMetric(theirs.perSecond(theirs.steps), "rapid-steps/s")
	b.ReportMetric(ours.perSecond(ours.steps)/theirs.perSecond(theirs.steps), "x-steps")
}

// A tally counts work and the time that it took.
type tally struct {
	cases, steps int
	spent        time.Duration
}

func (t *tally) time(f func()) {
	start := time.Now()
	f()
	t.spent += time.Since(start)
}

func (t *tally) perSecond(n int) float64 { return float64(n) / t.spent.Seconds() }

func (t *tally) caseLoop(b *testing.B, target listentest.Target, seed uint64) {
	r := listentest.Runner{Target: target}
	var k listentest.Checker
	var s listentest.Schedule
	pcg := rand.NewPCG(0, 0)
	rng := rand.New(pcg)
	for i := range uint64(1000) {
		pcg.Seed(seed, i)
		s.Draw(rng)
		h, err := r.Run(context.Background(), s)
		if err != nil {
			b.Fatal(err)
		}
		if v := k.Check(h, target.Contract()).First(); v != nil {
			b.Fatal(v.Text)
		}
		t.cases++
		t.steps += len(s.Steps)
	}
}

// stateMachine is what one writes with rapid in an afternoon: the same
// simulator, a counter as the model, actions that compare.
func (t *tally) stateMachine(b *testing.B, target listentest.Target) {
	if err := flag.Set("rapid.checks", "100"); err != nil {
		b.Fatal(err)
	}
	rapid.Check(b, func(rt *rapid.T) {
		t.cases++
		m, err := newMachine(target, rapid.Int32Range(1, 4).Draw(rt, "backlog"))
		if err != nil {
			rt.Fatal(err)
		}
		rt.Repeat(map[string]func(*rapid.T){
			"dial": func(rt *rapid.T) {
				t.steps++
				m.check(rt, m.dial(rapid.IntRange(0, 1).Draw(rt, "client")))
			},
			"accept": func(rt *rapid.T) {
				if m.pending == 0 {
					rt.Skip("skipped: nothing is pending")
				}
				t.steps++
				m.check(rt, m.accept())
			},
			"listen": func(rt *rapid.T) {
				t.steps++
				m.check(rt, m.listen(rapid.Int32Range(1, 4).Draw(rt, "backlog")))
			},
		})
	})
}
