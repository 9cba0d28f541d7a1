package sim_test

import (
	"math/rand/v2"
	"testing"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/targets/preset"
	"github.com/listentest/listentest/targets/sim"
)

// A neighbour is a listener that is judged by the contract of another one.
type neighbour struct {
	is, as string // presets
	breaks listentest.Promise
	why    string
}

var neighbours = []neighbour{
	{"freebsd-unix", "linux-unix", listentest.MaxPending, "floor(3L/2)+1 places, and L+1 are the most"},
	{"linux-unix", "freebsd-unix", listentest.MinPending, "L+1 places, and floor(3L/2)+1 are guaranteed"},
	{"linux-unix", "linux-tcp", listentest.RefusalMode, "EAGAIN, and a SYN is dropped"},
	{"freebsd-tcp", "linux-tcp", listentest.RefusalMode, "RST behind the handshake, and a SYN is dropped"},
	{"windows-tcp", "linux-tcp", listentest.MinPending, "L places, and L+1 are guaranteed"},
	{"gvisor-netstack-settled", "linux-tcp", listentest.MinPending, "L places, and L+1 are guaranteed"},
	{"gvisor-netstack", "linux-tcp", listentest.Conserve, "a late ACK of a cookie makes a phantom, and accept returns what was dialed"},
	{"linux-tcp-syncookies-2", "linux-tcp", listentest.Conserve, "a late ACK of a cookie makes a phantom, and accept returns what was dialed"},
	{"openbsd-tcp", "linux-tcp", listentest.MaxPending, "no backlog is below 80, and 0 gives one place, with 63 that may race in"},
	{"go-net", "linux-tcp", listentest.MaxPending, "every backlog is 4096, and L+1 are the most, with 63 that may race in"},
	{"freertos-tcp", "windows-tcp", listentest.MinPending, "an accepted connection holds its place until it is closed, and gives it back at accept"},
	{"linux-tcp", "linux-unix-blocking", listentest.Progress, "a dropped SYN is sent again a second later, and who waits for room is let in at once"},
	{"freebsd-tcp-silent", "freebsd-unix", listentest.MaxPending, "connect says ok at a full queue, and ok means queued"},
	{"freebsd-tcp-silent", "freebsd-unix", listentest.ShutPromise, "of a silent overflow nobody is told, and close ends all who were told ok"},
	{"seastar", "linux-unix", listentest.OrderPromise, "ok says nothing of the queue yet, and the one who was told ok first is first"},
}

// TestNeighbours: a listener that is judged by the contract of another one
// breaks the promise in which they differ.
func TestNeighbours(t *testing.T) {
	const most = 20_000
	for _, n := range neighbours {
		target, err := sim.Open("sim:as="+n.is, "as="+n.is)
		as, ok := preset.Get(n.as)
		if err != nil || !ok {
			t.Fatal(n, err)
		}
		j := &judge{Runner: listentest.Runner{Target: target}}
		first := 0
		for i := 0; first == 0 && i < most; i++ {
			s := listentest.Generate(rand.New(rand.NewPCG(19, uint64(i))))
			h, err := j.Run(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			if v := j.check.Check(h, as.Contract).First(); v != nil && v.Promise == n.breaks {
				first = i + 1
			}
		}
		if first == 0 {
			t.Errorf("%s as %s does not break %v in %d cases: %s", n.is, n.as, n.breaks, most, n.why)
			continue
		}
		t.Logf("%-23s as %-19s breaks %-12v first in case %5d: %s", n.is, n.as, n.breaks, first, n.why)
	}
}
