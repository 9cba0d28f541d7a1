package netstack

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/sched"
)

// TestGonet runs cases in real time, and full queues of 4096 take some.
func TestGonet(t *testing.T) {
	for name, backlog := range map[string]bool{"gonet": false, "gvisor-net": true} {
		t.Run(name, func(t *testing.T) {
			if sched.Controlled() {
				t.Skip("skipped: under schedule control TestGonetHeld has more to say")
			}
			target, err := Gonet(name, backlog)
			if err != nil {
				t.Fatal(err)
			}
			run(t, target, "backlog 2\ndial c0\ndial c1\naccept s0 2\nsend c0 3\nrecv s0\nhangup c0\nshut l0\nlisten l0 2\ndial c1\naccept s0\n")
			r := listentest.Runner{Target: target}
			for n := range 20 {
				s := listentest.Generate(rand.New(rand.NewPCG(14, uint64(n))))
				h, err := r.Run(t.Context(), s)
				if err != nil {
					t.Fatal(err)
				}
				if v := listentest.Check(h, target.Contract()).First(); v != nil && !v.Suspect {
					t.Errorf("case %d: %v: %s\n%s", n, v.Promise, v.Text, listentest.Picture(h, target.Contract(), v))
				}
			}
		})
	}
}

// controlled returns the listener whose backlog can be asked for, or skips the
// test where nothing can be held: the 4096 of gonet's own are more goroutines than
// schedule control picks from.
func controlled(t *testing.T) listentest.Net {
	t.Helper()
	if !sched.Controlled() {
		t.Skip("skipped: this program has no schedule control; listentest go test has it")
	}
	target, err := Gonet("gvisor-net", true)
	if err != nil {
		t.Fatal(err)
	}
	return target
}

// TestGonetHeld is what a user runs: in bubbles, with operations held at each of
// their points inside gVisor.
func TestGonetHeld(t *testing.T) {
	listentest.Config{Cases: 300, Save: t.TempDir()}.Test(t, controlled(t))
}

// TestGonetDeterminism runs the same schedules twice under schedule control.
func TestGonetDeterminism(t *testing.T) {
	r := listentest.Runner{Target: controlled(t), Bubble: func(run func(rest func())) []string {
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
