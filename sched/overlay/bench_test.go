package overlay_test

import (
	"flag"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/listentest/listentest/sched"
)

// What the overlay costs where nothing is under control: run these with and
// without it.

func BenchmarkMutex(b *testing.B) {
	var mu sync.Mutex
	for b.Loop() {
		mu.Lock()
		mu.Unlock()
	}
}

func BenchmarkBuffered(b *testing.B) {
	c := make(chan int, 1)
	for b.Loop() {
		c <- 1
		<-c
	}
}

func BenchmarkUnbuffered(b *testing.B) {
	c := make(chan int)
	defer close(c)
	go func() {
		for range c {
		}
	}()
	for b.Loop() {
		c <- 1
	}
}

func BenchmarkAtomicAdd(b *testing.B) {
	var n atomic.Int64
	for b.Loop() {
		n.Add(1)
	}
}

var speed = flag.Bool("speed", false, "TestSpeed measures")

// TestSpeed logs how many points and schedules pass in a second under control.
func TestSpeed(t *testing.T) {
	if !sched.Controlled() || !*speed {
		t.Skip("skipped: it measures, under control, with -speed")
	}
	const points = 1 << 14
	var n atomic.Int64
	for _, how := range slices.Sorted(maps.Keys(plans)) {
		most, schedules := 0., 0.
		for range 5 {
			start := time.Now()
			run(t, plans[how], func(func(...any)) {
				together(2, func(int) {
					for range points {
						n.Add(1)
					}
				})
			})
			most = max(most, 2*points/time.Since(start).Seconds())
			start = time.Now()
			for range 100 {
				run(t, plans[how], func(func(...any)) {
					c := make(chan int)
					go func() { c <- 1 }()
					together(2, func(int) { n.Add(1) })
					<-c
				})
			}
			schedules = max(schedules, 100/time.Since(start).Seconds())
		}
		t.Logf("%s: %.1f million points/s, %.0f schedules/s", how, most/1e6, schedules)
	}
}
