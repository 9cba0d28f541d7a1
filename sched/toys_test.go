package sched_test

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/listentest/listentest/sched"
)

// A toy is a listener in ordinary Go, wrong in one place. Who dials is refused
// when none of its places is free.
type toy struct {
	mu      sync.Mutex
	free    int
	pending []int
	arrived chan struct{}
	credits chan struct{}
	inside  bool // the place comes back inside Accept, in a critical section of its own; else behind it, by a goroutine
}

func newToy(backlog int, inside bool) *toy {
	l := &toy{free: backlog, arrived: make(chan struct{}, 100), credits: make(chan struct{}), inside: inside}
	go func() {
		for range l.credits {
			l.credit()
		}
	}()
	return l
}

func (l *toy) credit() {
	l.mu.Lock()
	l.free++
	l.mu.Unlock()
}

func (l *toy) Dial(n int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.free == 0 {
		return false
	}
	l.free--
	l.pending = append(l.pending, n)
	l.arrived <- struct{}{}
	return true
}

func (l *toy) Accept() int {
	<-l.arrived
	l.mu.Lock()
	n := l.pending[0]
	l.pending = l.pending[1:]
	l.mu.Unlock()
	if l.inside {
		l.credit()
	} else {
		l.credits <- struct{}{}
	}
	return n
}

// Gauge is the length of the queue.
func (l *toy) Gauge() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.pending)
}

// broken fills a listener with one place, has it accept, and dials again as
// soon as there is room: for one that is late inside Accept its gauge says so,
// for the other one Accept has returned. It reports whether that was refused.
func broken(inside bool) bool {
	l := newToy(1, inside)
	defer close(l.credits)
	l.Dial(1)
	var accepted atomic.Bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.Accept()
		accepted.Store(true)
	}()
	for {
		runtime.Gosched()
		if inside && l.Gauge() == 0 || !inside && accepted.Load() {
			break
		}
	}
	ok := l.Dial(2)
	<-done
	return !ok
}

// A table of how many runs it takes to find what each toy does wrong.
type toyRow struct {
	name             string
	points           uint64
	random, pct, pos int // median of 20 searches
	systematic       int // the first of the runs with at most one preemption that shows it,
	runs             int // of all of them
	stock            int // of 10,000 runs that are not controlled
}

// TestToys: what random stress does not show is found in a few runs, whichever
// way they are drawn.
func TestToys(t *testing.T) {
	if !sched.Controlled() {
		t.Skip("skipped: built without schedule control; listentest go test ./sched runs it")
	}
	for _, inside := range []bool{false, true} {
		r := measure(t, inside)
		t.Logf("%-21s %3d points; runs to find it: random %d, PCT of depth 2 %d and POS %d in the median of 20 searches, with at most one preemption number %d of %d; not controlled %d of 10000",
			r.name, r.points, r.random, r.pct, r.pos, r.systematic, r.runs, r.stock)
		if r.random > 50 || r.pct > 50 || r.pos > 50 || r.systematic == 0 || r.systematic > 20 {
			t.Errorf("%s takes more than 50, 50, 50 and 20 runs", r.name)
		}
	}
}

func measure(t *testing.T, inside bool) toyRow {
	r := toyRow{name: map[bool]string{false: "credit after accept", true: "credit inside accept"}[inside]}
	hit := func(p sched.Plan) (bad bool, trace sched.Trace) {
		trace = controlled(t, p, func() { bad = broken(inside) })
		return bad, trace
	}
	_, dry := hit(sched.Plan{})
	r.points = dry.Points
	search := func(plan func(rng *rand.Rand) sched.Plan) int {
		var all []int
		for seed := range uint64(20) {
			rng, n := rand.New(rand.NewPCG(seed, 0)), 1
			for bad, _ := hit(plan(rng)); !bad && n < 2000; n++ {
				bad, _ = hit(plan(rng))
			}
			all = append(all, n)
		}
		slices.Sort(all)
		return all[len(all)/2]
	}
	r.random = search(func(rng *rand.Rand) sched.Plan { return sched.Plan{Mode: sched.Random, Seed: rng.Uint64()} })
	r.pct = search(func(rng *rand.Rand) sched.Plan {
		return sched.Plan{Mode: sched.PCT, Seed: rng.Uint64(), Changes: []uint64{1 + rng.Uint64N(dry.Points)}}
	})
	r.pos = search(func(rng *rand.Rand) sched.Plan { return sched.Plan{Mode: sched.POS, Seed: rng.Uint64()} })
	s := sched.Systematic{Bound: 1}
	for !s.Exhausted && s.Runs < 10_000 {
		bad, trace := hit(s.Plan())
		if s.Ran(trace); bad && r.systematic == 0 {
			r.systematic = s.Runs
		}
	}
	if r.runs = s.Runs; !s.Exhausted || s.Cut {
		t.Errorf("%s: not all runs with at most one preemption were made", r.name)
	}
	for range 10_000 {
		synctest.Test(t, func(*testing.T) {
			if broken(inside) {
				r.stock++
			}
		})
	}
	return r
}
