//go:build linux

package osnet

import (
	"context"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/listentest/listentest"
)

// BenchmarkCycle runs cycles of dial, accept and close through the whole
// harness, and a bare loop of the same system calls, in turn, and reports
// both and the ratio: 1 is as fast as the calls alone.
func BenchmarkCycle(b *testing.B) {
	for _, name := range Families() {
		b.Run(name, func(b *testing.B) {
			target, err := New(name, name)
			if err != nil {
				b.Fatal(err)
			}
			const cycles = 200
			r := listentest.Runner{Target: target}
			var k listentest.Checker
			s := listentest.Schedule{Backlog: 1}
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
				h, err := r.Run(context.Background(), s)
				if err != nil {
					b.Fatal(err)
				}
				if v := k.Check(h, target.Contract()).First(); v != nil {
					b.Fatal(v.Text)
				}
				ours += time.Since(start)
				start = time.Now()
				bareCycles(b, target, cycles)
				bare += time.Since(start)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(n)/ours.Seconds(), "cycles/s")
			b.ReportMetric(float64(n)/bare.Seconds(), "bare-cycles/s")
			b.ReportMetric(bare.Seconds()/ours.Seconds(), "ratio")
		})
	}
}

// bareCycles makes the calls that a session makes for the same steps.
func bareCycles(b *testing.B, target *Target, cycles int) {
	must := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	s := &session{t: target, family: target.family}
	listener, err := s.bound(target.family.listenAddr(target))
	must(err)
	must(unix.Listen(listener, 1))
	addr, err := unix.Getsockname(listener)
	must(err)
	for range cycles {
		fd, err := s.socket()
		must(err)
		_, err = s.bindClient(fd)
		must(err)
		if err := unix.Connect(fd, addr); err == unix.EINPROGRESS {
			must(connecting(fd))
		} else {
			must(err)
		}
		conn, _, err := unix.Accept4(listener, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		must(err)
		if target.family.addressed {
			must(unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}))
		}
		must(unix.Close(fd))
		must(unix.Close(conn))
	}
	must(unix.Close(listener))
}
