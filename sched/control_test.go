package sched_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/listentest/listentest/sched"
)

// run runs f in a bubble under control.
func controlled(t *testing.T, p sched.Plan, f func()) (trace sched.Trace) {
	synctest.Test(t, func(t *testing.T) {
		c, err := sched.Begin(p)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { trace = c.End() }()
		f()
		synctest.Wait()
	})
	return trace
}

func pingpong() {
	var mu sync.Mutex
	var n atomic.Int64
	c := make(chan int)
	var wg sync.WaitGroup
	for i := range 5 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 10 {
				mu.Lock()
				n.Add(1)
				mu.Unlock()
				select {
				case c <- i:
				case <-c:
				}
			}
		}()
	}
	go func() {
		for range c {
		}
	}()
	wg.Wait()
	close(c)
}

func TestSame(t *testing.T) {
	if !sched.Controlled() {
		t.Skip("skipped: built without schedule control")
	}
	for _, mode := range []sched.Mode{sched.RunOn, sched.Random, sched.PCT} {
		hashes := map[uint64]int{}
		var last sched.Trace
		for range 200 {
			last = controlled(t, sched.Plan{Mode: mode, Seed: 7, Changes: []uint64{20, 40}}, pingpong)
			hashes[last.Hash]++
		}
		t.Log(mode, hashes, last.Points, len(last.Decisions))
	}
}
