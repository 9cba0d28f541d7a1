package campaign

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/sched"
	"github.com/listentest/listentest/targets/sim"
)

// TestAllocs: a case that was drawn, run and judged leaves nothing behind, but
// for one with an observation, which is text.
func TestAllocs(t *testing.T) {
	const cases = 2000
	target, err := sim.New("sim", sim.Default)
	if err != nil {
		t.Fatal(err)
	}
	r := run{Plan: Plan{Target: target, Sched: sched.Portfolio()}, row: Row{Level: listentest.LevelFull}}
	w := r.worker()
	pcg := rand.NewPCG(0, 0)
	rng := rand.New(pcg)
	var s listentest.Schedule
	draw := func(i int) *policy {
		pcg.Seed(1, uint64(i))
		s.Draw(rng)
		return w.policy(rng)
	}
	var silent []int
	for i := range cases {
		draw(i)
		_, v, err := w.judge(context.Background(), i, s)
		if err != nil {
			t.Fatal(err)
		}
		if len(v.Observations) == 0 {
			silent = append(silent, i)
		}
	}
	all := func() {
		for _, i := range silent {
			p := draw(i)
			if err := w.one(context.Background(), i, s, p); err != nil {
				t.Fatal(err)
			}
		}
	}
	// The run before lets memory grow; the runtime may allocate once or twice.
	if n := testing.AllocsPerRun(1, all); n > cases/500 {
		t.Errorf("%v allocations in %d cases", n, len(silent))
	}
	t.Logf("%d cases of %d without an observation, %d steps", len(silent), cases, w.steps)
}
