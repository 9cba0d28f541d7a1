//go:build linux && (amd64 || arm64)

package osnet

import (
	"strings"
	"testing"

	"github.com/listentest/listentest"
)

// BenchmarkHold counts interleavings with an acceptor that is held while a
// client connects, by who it is: a thread of ours, parked behind accept, or
// somebody else's, behind a gate. Each of the latter is held at the entry too.
func BenchmarkHold(b *testing.B) {
	for _, family := range []string{"tcp", "unix"} {
		b.Run(family+"/ours", func(b *testing.B) {
			target, err := New(family, family)
			if err != nil {
				b.Fatal(err)
			}
			const loops = 500
			s, err := listentest.Parse("backlog 0\nfill c0\n" + strings.Repeat("preempt s0 at exit\naccept s0\ndial c0\nresume s0\n", loops))
			if err != nil {
				b.Fatal(err)
			}
			r := listentest.Runner{Target: target}
			n := 0
			for b.Loop() {
				h, err := r.Run(b.Context(), s)
				if err != nil {
					b.Fatal(err)
				}
				if v := listentest.Check(h, target.Contract()).First(); v != nil {
					b.Fatal(v.Text)
				}
				n += loops
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "holds/s")
		})
		for who := range somebody {
			b.Run(family+"/"+who, func(b *testing.B) {
				h := hold(b, family, who)
				for b.Loop() {
					if err := h.both(false); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "holds/s")
			})
		}
	}
}
