package netstack

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// A clock is the stack's time, which passes only when fire is called. Timers that
// are due at the same time fire in the order in which they were set, where
// faketime.ManualClock takes that of a map.
type clock struct {
	mu     sync.Mutex
	now    time.Duration // since the session was opened
	set    uint64        // timers that were set
	timers []*timer      // those that are set, by due
}

// A timer is one of a clock.
type timer struct {
	c  *clock
	f  func()
	at time.Duration
	n  uint64 // it was the n-th to be set; 0 is none
}

// Now returns the time, counted from the epoch.
func (c *clock) Now() time.Time { return time.Unix(0, 0).Add(c.since()) }

// NowMonotonic returns the time.
func (c *clock) NowMonotonic() tcpip.MonotonicTime { return tcpip.MonotonicTime{}.Add(c.since()) }

// AfterFunc returns a timer that calls f after d.
func (c *clock) AfterFunc(d time.Duration, f func()) tcpip.Timer {
	t := &timer{c: c, f: f}
	t.Reset(d)
	return t
}

func (c *clock) since() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// fire moves on to the first timer that is due until then, and calls it; false
// if there is none, and then the time is until.
func (c *clock) fire(until time.Duration) bool {
	c.mu.Lock()
	if len(c.timers) == 0 || c.timers[0].at > until {
		c.now = max(c.now, until)
		c.mu.Unlock()
		return false
	}
	t := c.timers[0]
	c.timers = slices.Delete(c.timers, 0, 1)
	t.n, c.now = 0, max(c.now, t.at)
	c.mu.Unlock()
	t.f()
	return true
}

// due is the order of timers.
func due(a, b *timer) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.n, b.n)) }

// Reset sets the timer, to d from now.
func (t *timer) Reset(d time.Duration) {
	t.c.mu.Lock()
	defer t.c.mu.Unlock()
	t.stop()
	t.c.set++
	t.at, t.n = t.c.now+d, t.c.set
	i, _ := slices.BinarySearchFunc(t.c.timers, t, due)
	t.c.timers = slices.Insert(t.c.timers, i, t)
}

// Stop reports whether it kept the timer from firing.
func (t *timer) Stop() bool {
	t.c.mu.Lock()
	defer t.c.mu.Unlock()
	return t.stop()
}

// stop is Stop; the clock is locked.
func (t *timer) stop() bool {
	if t.n == 0 {
		return false
	}
	i, _ := slices.BinarySearchFunc(t.c.timers, t, due)
	t.c.timers = slices.Delete(t.c.timers, i, i+1)
	t.n = 0
	return true
}
