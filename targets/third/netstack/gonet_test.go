package netstack

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/sched"
)

// TestGonet is what a user runs. Under schedule control it runs in bubbles, with
// operations held at each of their points.
func TestGonet(t *testing.T) {
	for name, backlog := range map[string]bool{"gonet": false, "gvisor-net": true} {
		t.Run(name, func(t *testing.T) {
			target, err := Gonet(name, backlog)
			if err != nil {
				t.Fatal(err)
			}
			c := listentest.Config{Cases: 30, Save: t.TempDir()}
			switch c.RealTime = !sched.Controlled(); {
			case c.RealTime:
			case !backlog:
				t.Skip("skipped: 4096 connections are more goroutines than schedule control can pick from")
			default:
				c.Cases = 300
			}
			c.Test(t, target)
		})
	}
}

// TestGonetDeterminism runs the same schedules twice under schedule control.
func TestGonetDeterminism(t *testing.T) {
	if !sched.Controlled() {
		t.Skip("skipped: this program has no schedule control; listentest go test has it")
	}
	target, err := Gonet("gvisor-net", true)
	if err != nil {
		t.Fatal(err)
	}
	r := listentest.Runner{Target: target, Bubble: func(run func(rest func())) []string {
		synctest.Test(t, func(*testing.T) { run(synctest.Wait) })
		return nil
	}}
	for n := range 301 { // the first warms up what lasts for the whole process
		s := listentest.Generate(rand.New(rand.NewPCG(12, uint64(max(n, 1)))))
		first := ""
		for i := range 2 {
			h, err := r.Run(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				first = h.String()
			} else if got := h.String(); got != first && n > 0 {
				t.Fatalf("case %d: one run was\n%vand another one\n%v", n, first, got)
			}
		}
	}
}
