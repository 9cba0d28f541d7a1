package sched_test

import (
	"math"
	"testing"
)

// TestPOSRacing: where every step races with every other one, all priorities
// are drawn anew at each step, which is a random walk.
func TestPOSRacing(t *testing.T) {
	p := program{racing(2), racing(3), racing(2)}
	const n = 210 * 500
	s, src, counts := scheduler(t, "pos"), source(1), map[string]int{}
	for range n {
		counts[p.sample(s, src)]++
	}
	if d := deviation(counts, p.walk(), n); d >= 5 {
		t.Errorf("%.1f standard deviations from the random walk", d)
	}
}

// TestPOSIndependent: of two steps that race, one stands behind m that do
// not. It comes first if all m+1 priorities of its task are above that of the
// other one: with the probability 1/(m+2). For a random walk that is
// 1/2^(m+1).
func TestPOSIndependent(t *testing.T) {
	const n = 40_000
	for _, m := range []int{1, 4, 9} {
		p := program{racing(1), append(own(m), racing(1)...)}
		for word, want := range map[string]float64{"pos": 1 / float64(m+2), "random": math.Pow(0.5, float64(m+1))} {
			s, src, last := scheduler(t, word), source(uint64(m)), 0
			for range n {
				if trace := p.sample(s, src); trace[m+1] == 'a' {
					last++
				}
			}
			got, sigma := float64(last)/n, math.Sqrt(want*(1-want)/n)
			if math.Abs(got-want) > 5*sigma {
				t.Errorf("%s, %d steps that do not race: %.4f, want %.4f ± %.4f", word, m, got, want, sigma)
			}
		}
	}
}
