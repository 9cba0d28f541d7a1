package netstack

import (
	"math/rand/v2"
	"testing"

	"github.com/listentest/listentest"
)

// TestConformance is what a user runs: the corpus, and generated cases.
func TestConformance(t *testing.T) {
	each(t, func(t *testing.T, target *Target) {
		listentest.Config{Cases: 100, Save: t.TempDir()}.Test(t, target)
	})
}

// TestMeasure measures what the contract states, beside it.
func TestMeasure(t *testing.T) {
	each(t, func(t *testing.T, target *Target) {
		rows, err := listentest.Measure(t.Context(), &listentest.Runner{Target: target})
		if err != nil {
			t.Fatal(err)
		}
		measured := 0
		for _, r := range rows {
			if r.Missing == "" {
				measured++
			}
			if r.Differ {
				t.Errorf("%s: the contract states %s, and %s was seen", r.What, r.Stated, r.Seen)
			}
			t.Logf("%s: %s, stated %s %s", r.What, r.Seen, r.Stated, r.Missing)
		}
		if measured < 14 {
			t.Errorf("%d of %d terms were measured", measured, len(rows))
		}
	})
}

// TestPlanted: what a contract says too much of is seen to be broken, so what the
// right one is not blamed for is not there.
func TestPlanted(t *testing.T) {
	each(t, func(t *testing.T, target *Target) {
		right := target.contract
		for promise, plant := range map[listentest.Promise]func(*listentest.Contract){
			listentest.MinPending:  func(c *listentest.Contract) { c.Guaranteed = listentest.Exactly(1) },
			listentest.MaxPending:  func(c *listentest.Contract) { c.Max, c.Race = listentest.Exactly(-1), 0 },
			listentest.RefusalMode: func(c *listentest.Contract) { c.Overflow = listentest.Refuse },
			listentest.Conserve:    func(c *listentest.Contract) { c.Anomalies = 0 }, // there are phantoms
		} {
			target.contract = right
			plant(&target.contract)
			if n := firstBroken(t, target, promise); n < 0 {
				t.Errorf("%v is not seen to be broken", promise)
			} else {
				t.Logf("%v is broken by case %d", promise, n)
			}
		}
	})
}

// firstBroken returns the first case that breaks a promise, or -1.
func firstBroken(t *testing.T, target *Target, promise listentest.Promise) int {
	r := listentest.Runner{Target: target}
	for n := range 300 {
		h, err := r.Run(t.Context(), listentest.Generate(rand.New(rand.NewPCG(13, uint64(n)))))
		if err != nil {
			t.Fatal(err)
		}
		if v := listentest.Check(h, target.contract).First(); v != nil && v.Promise == promise {
			return n
		}
	}
	return -1
}
