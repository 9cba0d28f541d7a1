package netstack

import (
	"testing"
	"time"

	"github.com/listentest/listentest"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/link/loopback"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"
)

// BenchmarkCycle runs cycles of dial, accept and close of both ends through the
// whole harness, and a bare loop of the same calls on gVisor's own loopback, in
// turn, and reports both and the ratio: 1 is as fast as the library alone.
func BenchmarkCycle(b *testing.B) {
	for name, settings := range map[string][]Setting{"wire": nil, "parallel": {{"parallel", "1"}}} {
		b.Run(name, func(b *testing.B) {
			const cycles = 200
			r := listentest.Runner{Target: open(b, settings...)}
			var k listentest.Checker
			s := listentest.Schedule{Backlog: 8}
			for range cycles {
				s.Steps = append(s.Steps, listentest.Step{Kind: listentest.Dial},
					listentest.Step{Kind: listentest.Accept, Actor: listentest.Acceptor(0)},
					listentest.Step{Kind: listentest.Abort},
					listentest.Step{Kind: listentest.Hangup, Actor: listentest.Acceptor(0)})
			}
			var ours, bare time.Duration
			n := 0
			for b.Loop() {
				n += cycles
				start := time.Now()
				h, err := r.Run(b.Context(), s)
				if err != nil {
					b.Fatal(err)
				}
				if v := k.Check(h, r.Target.Contract()).First(); v != nil {
					b.Fatal(v.Text)
				}
				ours += time.Since(start)
				start = time.Now()
				bareCycles(b, cycles)
				bare += time.Since(start)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(n)/ours.Seconds(), "cycles/s")
			b.ReportMetric(float64(n)/bare.Seconds(), "bare-cycles/s")
			b.ReportMetric(bare.Seconds()/ours.Seconds(), "ratio")
		})
	}
}

// bareCycles makes the calls that a session makes for the same steps, and waits
// where it must.
func bareCycles(b *testing.B, cycles int) {
	must := func(err tcpip.Error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	s, failed := newStack(tcpip.NewStdClock(), loopback.New())
	if failed != nil {
		b.Fatal(failed)
	}
	defer s.Destroy()
	endpoint := func() (tcpip.Endpoint, chan struct{}) {
		var q waiter.Queue
		ep, err := s.NewEndpoint(tcp.ProtocolNumber, ipv4.ProtocolNumber, &q)
		must(err)
		entry, woken := waiter.NewChannelEntry(waiter.AllEvents)
		q.EventRegister(&entry)
		return ep, woken
	}
	listener, arrived := endpoint()
	defer listener.Close()
	at := tcpip.FullAddress{Addr: address, Port: listenPort}
	must(listener.Bind(at))
	must(listener.Listen(8))
	for range cycles {
		client, woken := endpoint()
		if _, started := client.Connect(at).(*tcpip.ErrConnectStarted); !started {
			b.Fatal("connect did not start")
		}
		<-woken
		server, _, err := listener.Accept(nil)
		for ; err != nil; server, _, err = listener.Accept(nil) {
			<-arrived
		}
		e := end{ep: client}
		e.reset()
		server.Close()
	}
}
