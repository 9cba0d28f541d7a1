package sched_test

import (
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/listentest/listentest/sched"
)

// two returns what one goroutine does four times and another does once.
type two func() (often, once func())

// onceLast runs both, and reports whether the one that does it once is last.
func (f two) onceLast() (last bool) {
	often, once := f()
	start := make(chan bool)
	go func() {
		<-start
		for range 4 {
			often()
		}
		last = false
	}()
	go func() {
		<-start
		once()
		last = true
	}()
	synctest.Wait()
	close(start)
	synctest.Wait()
	return last
}

// TestControlledPOS: goroutines are picked with the probabilities of the
// policy pos, whose tasks are told what their steps touch. Steps race on one
// object, of whatever kind, if one of them writes, and not on two.
func TestControlledPOS(t *testing.T) {
	if !sched.Controlled() {
		t.Skip("skipped: built without schedule control; listentest go test ./sched runs it")
	}
	const n = 10_000
	want := map[bool]float64{}
	for races, steps := range map[bool]func(int) []step{true: racing, false: own} {
		p := program{append(own(1), steps(4)...), append(own(1), steps(1)...)} // to be woken is a step as well
		s, src, last := scheduler(t, "pos"), source(7), 0
		for range n {
			if trace := p.sample(s, src); trace[len(trace)-1] == 'b' {
				last++
			}
		}
		want[races] = float64(last) / n
	}
	for name, c := range map[string]struct {
		races bool
		two
	}{
		"an atomic": {true, func() (_, _ func()) {
			var x atomic.Int32
			return func() { x.Add(1) }, func() { x.Load() }
		}},
		"loads": {false, func() (_, _ func()) {
			var x atomic.Int32
			return func() { x.Load() }, func() { x.Load() }
		}},
		"two atomics": {false, func() (_, _ func()) {
			var x, y atomic.Int32
			return func() { x.Add(1) }, func() { y.Add(1) }
		}},
		"a channel": {true, func() (_, _ func()) {
			c := make(chan int, 5)
			return func() { c <- 1 }, func() { c <- 2 }
		}},
		"two channels": {false, func() (_, _ func()) {
			c, d := make(chan int, 5), make(chan int, 5)
			return func() { c <- 1 }, func() { d <- 2 }
		}},
		"a select": {true, func() (_, _ func()) {
			c, d := make(chan int, 5), make(chan int)
			return func() { c <- 1 }, func() {
				select {
				case <-d:
				case c <- 2:
				}
			}
		}},
		"a select of five": {true, func() (_, _ func()) {
			c, d, e, f, g := make(chan int, 5), make(chan int), make(chan int), make(chan int), make(chan int)
			return func() { c <- 1 }, func() {
				select {
				case <-d:
				case <-e:
				case <-f:
				case <-g:
				case c <- 2:
				}
			}
		}},
		"a lock": {true, func() (_, _ func()) {
			var mu sync.Mutex
			return func() { mu.TryLock() }, func() { mu.TryLock() }
		}},
	} {
		last := 0
		for seed := range uint64(n) {
			controlled(t, sched.Plan{Mode: sched.POS, Seed: seed}, func() {
				if c.onceLast() {
					last++
				}
			})
		}
		got, want := float64(last)/n, want[c.races]
		t.Logf("%s: who does it once is last in %.3f of the runs, and under the policy in %.3f", name, got, want)
		if sigma := math.Sqrt(2 * want * (1 - want) / n); math.Abs(got-want) > 5*sigma {
			t.Errorf("%s: %.3f, and under the policy %.3f ± %.3f", name, got, want, sigma)
		}
	}
	if sigma := math.Sqrt(2 * 0.25 / n); math.Abs(want[true]-want[false]) < 10*sigma {
		t.Errorf("racing %.3f or not %.3f: the test cannot tell", want[true], want[false])
	}
}
