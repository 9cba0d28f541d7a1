package campaign_test

import (
	"context"
	"slices"
	"testing"

	"github.com/listentest/listentest/ci/campaign"
	"github.com/listentest/listentest/sched"
	"github.com/listentest/listentest/targets/sim"
)

// TestNeverReached: of what is known to be reachable a campaign leaves nothing
// out, but for one or two that are rare where there is more.
func TestNeverReached(t *testing.T) {
	for name, items := range map[string][]string{"sim": nil, "half": {"half=shared", "overflow=block"}} {
		target, err := sim.Open("sim", items...)
		if err != nil {
			t.Fatal(err)
		}
		row, err := campaign.Run(context.Background(), campaign.Plan{Target: target, Seed: 1, Cases: 30_000, Sched: sched.Portfolio()})
		if err != nil {
			t.Fatal(err)
		}
		known := campaign.Known(context.Background(), target, row.Reached)
		never := slices.DeleteFunc(slices.Clone(known), func(e string) bool {
			return slices.ContainsFunc(row.Reached, func(r campaign.Reached) bool { return r.Element == e })
		})
		t.Logf("%s: %d known, %d reached, never %q", name, len(known), len(row.Reached), never)
		if len(known) < 200 || len(never) > map[string]int{"half": 2}[name] {
			t.Errorf("%s: of %d, never reached: %q", name, len(known), never)
		}
	}
}
