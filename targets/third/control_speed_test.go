package third

import (
	"flag"
	"testing"
	"time"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/sched"
)

var speed = flag.Bool("speed", false, "TestControlledSpeed measures")

// TestControlledSpeed logs how many schedules of the founding kind pass in a
// second under control, each in a bubble of its own, beside the same without
// control in real time, in turn: a ratio of 1 is as fast.
func TestControlledSpeed(t *testing.T) {
	needsControl(t)
	if !*speed {
		t.Skip("skipped: it measures, with -speed")
	}
	s, err := listentest.Parse("backlog 1\naccept s0 &\npreempt s0 at 3\ndial c0\ndial c1 &\nresume s0\naccept s1\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range controlled {
		target := netOf(t, name)
		ours, bare := inControl(t, target), &listentest.Runner{Target: target}
		timed := func(r *listentest.Runner) time.Duration {
			start := time.Now()
			if _, err := r.Run(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			return time.Since(start)
		}
		var inside, outside time.Duration
		var n, points uint64
		for inside < 2*time.Second {
			n++
			ours.Plan = sched.Plan{Mode: sched.Random, Seed: n}
			inside += timed(ours)
			points += ours.Trace().Points
			outside += timed(bare)
		}
		t.Logf("%-15s %7.0f schedules/s of %4d points, %.2f of those without control", name,
			float64(n)/inside.Seconds(), points/n, outside.Seconds()/inside.Seconds())
	}
}
