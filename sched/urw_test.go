package sched_test

import "testing"

// TestURWUniform: where the numbers of steps are exact, all interleavings are
// equally likely, and by a random walk they are not.
func TestURWUniform(t *testing.T) {
	p := program{own(2), own(3), own(2)}
	const n = 210 * 500
	for word, uniform := range map[string]bool{"urw": true, "random": false} {
		s, src, counts := scheduler(t, word), source(1), map[string]int{}
		for range n {
			counts[p.sample(s, src)]++
		}
		d := deviation(counts, p.uniform(), n)
		t.Logf("%s: %d interleavings, %.1f standard deviations from uniform", word, len(counts), d)
		if uniform != (d < 5) {
			t.Errorf("%s is %.1f standard deviations from uniform", word, d)
		}
	}
}

// TestURWWaiting: where tasks wait the counts are estimates, and every
// interleaving still comes up.
func TestURWWaiting(t *testing.T) {
	for name, p := range blocking {
		all, seen := p.interleavings(), map[string]bool{}
		s, src := scheduler(t, "urw"), source(2)
		for range 100 * len(all) {
			seen[p.sample(s, src)] = true
		}
		if len(seen) != len(all) {
			t.Errorf("%s: %d of %d interleavings", name, len(seen), len(all))
		}
	}
}

// TestRandomWalk: a step is equally likely for every task that is ready.
func TestRandomWalk(t *testing.T) {
	p := program{own(2), own(3), own(2)}
	const n = 210 * 500
	s, src, counts := scheduler(t, "random"), source(3), map[string]int{}
	for range n {
		counts[p.sample(s, src)]++
	}
	if d := deviation(counts, p.walk(), n); d >= 5 {
		t.Errorf("%.1f standard deviations from the random walk", d)
	}
}
