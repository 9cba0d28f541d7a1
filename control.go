package listentest

import (
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/listentest/listentest/sched"
)

// A control is what a [Net] session does with preempt and resume, where the
// program was built with schedule control and the run is in a bubble. There are
// points in the listener's own code, never in ours.
type control struct {
	bubble *sched.Control // nil: not honoured
	trace  sched.Trace    // of the run, when it is over

	mu      sync.Mutex
	running map[Actor]*sched.G // inside the listener's code
	armed   map[Actor]int      // what an actor's next operation is held at: its k-th point,
	exit    map[Actor]bool     // or its exit
	held    map[Actor]bool     // those whose Hold was reported
	tasks   []Actor            // that were ever preempted
}

// begin puts the bubble of the caller under control, if that is possible.
func (c *control) begin(o Options) error {
	if !sched.Controlled() || o.Rest == nil {
		return nil
	}
	p := o.Plan
	if len(o.Choices) > 0 {
		p.Mode, p.Choices = sched.Replaying, o.Choices
	}
	var err error
	c.bubble, err = sched.Begin(p)
	sched.Apart(true)
	c.running, c.armed, c.exit, c.held = map[Actor]*sched.G{}, map[Actor]int{}, map[Actor]bool{}, map[Actor]bool{}
	return err
}

// release lets everybody run on, to the end: what was armed and not reached is
// for the schedule, not for the clearing up.
func (c *control) release() {
	if c.bubble == nil {
		return
	}
	c.mu.Lock()
	running := maps.Clone(c.running)
	clear(c.armed)
	clear(c.exit)
	c.mu.Unlock()
	for _, g := range running {
		g.PreemptAfter(0)
		g.Resume()
	}
	for _, a := range c.tasks {
		n := sched.Background(a.Num())
		n.PreemptAfter(0)
		if g := n.G(); g != nil {
			g.Resume()
		}
	}
}

// end gives the bubble free.
func (c *control) end() {
	if c.bubble != nil {
		c.trace = c.bubble.End()
		c.bubble = nil
	}
}

// apart calls f; under control on a goroutine of its own, for who is held may
// have a lock that f needs, and the runner may not wait for that.
func (c *control) apart(f func()) {
	if c.bubble == nil {
		f()
		return
	}
	sched.Go(f)
}

// still reports, at a rest, whether time may pass: not while somebody is held
// inside the listener's code, who may have a lock, for no scheduler keeps one
// from running until a timeout. Who is armed and did not get to the point is not
// held while it passes.
func (c *control) still(rest func()) bool {
	if c.bubble == nil {
		return true
	}
	rest()
	c.mu.Lock()
	defer c.mu.Unlock()
	held := func(g *sched.G) bool {
		if g == nil {
			return false
		}
		_, held := g.Preempted()
		return held
	}
	for _, g := range c.running {
		if held(g) {
			return false
		}
	}
	for _, a := range c.tasks {
		if held(sched.Background(a.Num()).G()) {
			return false
		}
	}
	for _, g := range c.running {
		g.PreemptAfter(0)
	}
	for _, a := range c.tasks {
		sched.Background(a.Num()).PreemptAfter(0)
	}
	return true
}

// honours reports whether a preempt or resume is.
func (c *control) honours(op Op) bool {
	return c.bubble != nil && (op.Actor.Role() != TaskRole || op.Kind == Resume || op.N > 0)
}

// preempt arms an actor: its operation that runs, or its next one.
func (c *control) preempt(op Op) {
	if op.Actor.Role() == TaskRole {
		c.tasks = append(c.tasks, op.Actor)
		sched.Background(op.Actor.Num()).PreemptAfter(int(op.N))
		return
	}
	c.mu.Lock()
	g := c.running[op.Actor]
	switch {
	case op.N == 0:
		c.exit[op.Actor] = true
	case g == nil:
		c.armed[op.Actor] = int(op.N)
	}
	c.mu.Unlock()
	if g != nil && op.N > 0 {
		g.PreemptAfter(int(op.N))
	}
}

// resume lets an actor run on.
func (c *control) resume(a Actor) {
	c.mu.Lock()
	delete(c.held, a)
	g := c.running[a]
	c.mu.Unlock()
	if a.Role() == TaskRole {
		g = sched.Background(a.Num()).G()
	}
	if g != nil {
		g.Resume()
	}
}

// enter is called by an operation's goroutine right before the listener's
// code, whose points count from here, and leave right behind it.
func (c *control) enter(op Op) (leave func()) {
	if c.bubble == nil {
		return func() {}
	}
	g := sched.Self()
	c.mu.Lock()
	k := c.armed[op.Actor]
	delete(c.armed, op.Actor)
	c.running[op.Actor] = g
	c.mu.Unlock()
	leave = func() {
		sched.Apart(true)
		g.PreemptAfter(0)
		c.mu.Lock()
		delete(c.running, op.Actor)
		c.mu.Unlock()
	}
	g.PreemptAfter(k)
	sched.Apart(false)
	return leave
}

// returned holds the actor of an operation that has returned, if it is to be
// held at its exit.
func (c *control) returned(op Op, report func(Event)) {
	if c.bubble == nil {
		return
	}
	c.mu.Lock()
	exit := c.exit[op.Actor]
	delete(c.exit, op.Actor)
	if exit {
		c.held[op.Actor] = true
	}
	c.mu.Unlock()
	if exit {
		report(Event{Verb: Hold, Step: Step{Actor: op.Actor}, Point: "exit"})
	}
}

// holds reports those who have been held since it was last called.
func (c *control) holds(report func(Event)) {
	if c.bubble == nil {
		return
	}
	var events []Event
	c.mu.Lock()
	look := func(a Actor, g *sched.G) {
		if g == nil || c.held[a] {
			return
		}
		if p, ok := g.Preempted(); ok {
			c.held[a] = true
			events = append(events, Event{Verb: Hold, Step: Step{Actor: a}, N: int32(g.Points()), Point: pointName(p)})
		}
	}
	for _, a := range slices.Sorted(maps.Keys(c.running)) {
		look(a, c.running[a])
	}
	for _, a := range c.tasks {
		look(a, sched.Background(a.Num()).G())
	}
	c.mu.Unlock()
	for _, e := range events {
		report(e)
	}
}

// anybody reports whether somebody is held.
func (c *control) anybody() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.held) > 0
}

// pointName is the name of a point in histories: what it stands before, and
// the function that is about to do that, with its line.
func pointName(p sched.Point) string {
	return strings.ReplaceAll(fmt.Sprintf("%s:%s:%s:%d", p.Kind, path.Base(p.Function), filepath.Base(p.File), p.Line), " ", "-")
}
