package third

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/listentest/listentest"
)

// BenchmarkCycle runs cycles of dial, accept and the end of both sides through
// the whole harness, in a worker, and a bare loop of the same calls in real time
// here, in turn, and reports both and the ratio: 1 is as fast as the library
// alone.
func BenchmarkCycle(b *testing.B) {
	for _, name := range Names() {
		t, isNet := libraries[name].target(newPipe).(listentest.Net)
		if planted[name] != nil || !isNet {
			continue // gvisor's is in its package
		}
		b.Run(name, func(b *testing.B) {
			if name == "seqs" {
				b.Skip("skipped: each cycle takes a place of seqs for good, see docs/findings/seqs-place.md")
			}
			const cycles = 100
			w, err := Open(name)
			if err != nil {
				b.Fatal(err)
			}
			defer w.Close() // its processes end by themselves
			r := listentest.Runner{Target: w}
			var k listentest.Checker
			s := listentest.Schedule{Backlog: 8}
			for range cycles { // the dial along, for it may wait for the accept
				s.Steps = append(s.Steps, listentest.Step{Kind: listentest.Dial, Along: true},
					listentest.Step{Kind: listentest.Accept, Actor: listentest.Acceptor(0)},
					listentest.Step{Kind: listentest.Abort},
					listentest.Step{Kind: listentest.Abort, Actor: listentest.Acceptor(0)})
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
				if v := k.Check(h, w.Contract()).First(); v != nil {
					b.Fatal(v.Text)
				}
				ours += time.Since(start)
				start = time.Now()
				bareCycles(b, t, cycles)
				bare += time.Since(start)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(n)/ours.Seconds(), "cycles/s")
			b.ReportMetric(float64(n)/bare.Seconds(), "bare-cycles/s")
			b.ReportMetric(bare.Seconds()/ours.Seconds(), "ratio")
		})
	}
}

// bareCycles makes the calls that a session makes for the same steps. The first
// byte is what some listeners know a connection by.
func bareCycles(b *testing.B, t listentest.Net, cycles int) {
	l, err := t.Listen(8)
	if err != nil {
		b.Fatal(err)
	}
	if t.Accept == nil {
		t.Accept = func(_ context.Context, l net.Listener) (net.Conn, error) { return l.Accept() }
	}
	ctx := b.Context()
	dialed := make(chan net.Conn)
	for range cycles {
		go func() {
			c, err := t.Dial(ctx, l)
			if err != nil {
				b.Error(err)
			} else if _, err := c.Write([]byte{1}); err != nil {
				b.Error(err)
			}
			dialed <- c
		}()
		server, err := t.Accept(ctx, l)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := server.Read(make([]byte, 1)); err != nil {
			b.Fatal(err)
		}
		drop(<-dialed)
		drop(server)
	}
	_ = l.Close() // a multiplexer may have ended
	if t.End != nil {
		t.End(l)
	}
}

// drop ends a connection as the step abort does.
func drop(c net.Conn) {
	if a, ok := c.(interface{ Abort() error }); ok {
		if !errors.Is(a.Abort(), errors.ErrUnsupported) {
			return
		}
	}
	_ = c.Close() // the other side may have ended it
}
