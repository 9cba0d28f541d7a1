package sched_test

import (
	"sync"
	"testing"
	"testing/synctest"

	"github.com/listentest/listentest/sched"
)

// A Counter is wrong: what it reads in one critical section it writes in
// another.
type Counter struct {
	mu sync.Mutex
	n  int
}

func (c *Counter) Value() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

func (c *Counter) set(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n = n
}

func (c *Counter) Increment() { c.set(c.Value() + 1) }

// TestCounter is the example of the README: the walk finds the lost increment,
// and is over.
func TestCounter(t *testing.T) {
	if !sched.Controlled() {
		t.Skip("skipped: built without schedule control; listentest go test ./sched runs it")
	}
	lost := 0
	walk := sched.Systematic{Bound: 1}
	for !walk.Exhausted {
		synctest.Test(t, func(t *testing.T) {
			control, err := sched.Begin(walk.Plan())
			if err != nil {
				t.Fatal(err)
			}
			var c Counter
			go c.Increment()
			go c.Increment()
			synctest.Wait()
			walk.Ran(control.End())
			if c.Value() != 2 {
				lost++
			}
		})
	}
	t.Logf("an increment is lost in %d of the %d runs with at most one preemption", lost, walk.Runs)
	if lost == 0 || walk.Cut {
		t.Error("no run loses an increment")
	}
}
