package sched

import (
	"errors"
	"fmt"
	"runtime"
	"time"
	"unsafe"
)

// A Plan says how the goroutines of a bubble are scheduled.
type Plan struct {
	// Mode is who takes over at a decision: see the constants. A goroutine that
	// passes 16384 points in a row while others could run, as one does that
	// waits for another in a loop, then stands behind them, as it does after
	// [runtime.Gosched].
	Mode Mode
	// Seed is what is random in the run: the policy's picks, the order of
	// select's cases, of equal timers and of maps, math/rand and hash seeds.
	Seed uint64
	// Changes are the points at which, in mode PCT, whoever runs falls behind
	// all others; at most 8. PCT of depth d has d-1.
	Changes []uint64
	// Choices answer the first decisions in mode Replay; behind them the
	// goroutine that runs runs on.
	Choices []byte
	// Patience is how long a goroutine may run without passing a point. Then
	// a message with its stack ends the process, for it would keep all others
	// from running. 0 is ten seconds.
	Patience time.Duration
}

// A Mode is a way to pick who takes over. POS is partial-order sampling (Yuan,
// Yang and Gu, Partial Order Aware Concurrency Sampling, CAV 2018): a step, from
// one point to the next, has a new priority when it comes up and when one was
// taken that races with it, on the same channel, lock or other object, where
// one of the two writes. Who has called [runtime.Gosched] races with all.
type Mode uint8

const (
	RunOn     Mode = iota // whoever runs runs until it blocks
	Random                // anybody, at each point
	PCT                   // whoever has the highest of random priorities
	Replaying             // as Choices say
	POS                   // whose step has the highest of random priorities: partial-order sampling
)

// A Trace is what a run did. Runs of one program that was built in one way
// have equal hashes if they did the same.
type Trace struct {
	Hash      uint64 // of every point that was passed, and by whom, and of every decision
	Points    uint64
	Decisions []Decision // the first 65536
	Cut       bool       // there were more decisions, or more goroutines than there is room for
}

// A Decision was who of several runs next: Of goroutines, in the order of
// their creation, but whoever ran comes first if it can run on (then Ran is
// set), and if it has called runtime.Gosched last (then Yielded is).
type Decision struct {
	Of, Picked   uint8
	Ran, Yielded bool
}

// A Control is a bubble under control.
type Control struct{}

// Errors of Begin.
var (
	// ErrNotHonoured says that the program was built without schedule control:
	// goroutines run as they like, and nobody is preempted.
	ErrNotHonoured = errors.New("schedule control is not honoured: build with listentest go")
	// ErrMisuse says that Begin was called where control is not possible.
	ErrMisuse = errors.New("schedule control cannot begin here")
)

const mostDecisions = 1 << 16

// decisions is what is decided in a run: one is controlled at a time.
var decisions [2 * mostDecisions]byte

// Begin puts the synctest bubble of the caller under control, which must have
// no other goroutine that runs; those that wait are under control as well. One
// bubble is controlled at a time. A program that is built with control starts with
// GOMAXPROCS=1, and must leave it there. The error is [ErrNotHonoured] or wraps [ErrMisuse].
func Begin(p Plan) (*Control, error) {
	if !Controlled() {
		return nil, ErrNotHonoured
	}
	code := begin(uint8(p.Mode), p.Seed, p.Changes, p.Choices, decisions[:])
	for i := 0; code == 4 && i < 1000; i++ { // whoever made the caller may be about to wait
		runtime.Gosched()
		code = begin(uint8(p.Mode), p.Seed, p.Changes, p.Choices, decisions[:])
	}
	switch code {
	case 1:
		return nil, fmt.Errorf("%w: not in a synctest bubble", ErrMisuse)
	case 2:
		return nil, fmt.Errorf("%w: GOMAXPROCS is %d, and must be 1", ErrMisuse, runtime.GOMAXPROCS(0))
	case 3:
		return nil, fmt.Errorf("%w: another bubble is under control", ErrMisuse)
	case 4:
		return nil, fmt.Errorf("%w: others of the bubble run already", ErrMisuse)
	}
	watch(p.Patience)
	return &Control{}, nil
}

// End gives the bubble free. Whoever is held runs on.
func (c *Control) End() Trace {
	hash, points, n, spilled := end()
	t := Trace{Hash: hash, Points: points, Cut: spilled || n > mostDecisions}
	t.Decisions = make([]Decision, min(n, mostDecisions))
	for i := range t.Decisions {
		of, picked := decisions[2*i], decisions[2*i+1]
		t.Decisions[i] = Decision{Of: of & 0x7f, Picked: picked & 0x7f, Ran: of>>7 != 0, Yielded: picked>>7 != 0}
	}
	return t
}

// A G is a goroutine under control. What it is known by is written by itself
// and read by others, of which one runs at a time; the race detector
// is not asked, for a lock would have points.
type G struct {
	g     unsafe.Pointer
	id    uint32
	armed uint32
}

// Go starts a goroutine. It is no [Background].
func Go(f func()) *G {
	g := &G{}
	own(true)
	go func() {
		g.begin()
		f()
	}()
	own(false)
	return g
}

// Apart says whether what the caller does from here on is no part of the
// program under control: then it has no points, and nobody takes over but where
// it blocks. It returns what was so before. A harness says so of itself, so that
// what is drawn, counted and enumerated is what it tests, and that who is held
// has no lock of the harness.
func Apart(yes bool) (was bool) { return apart(yes) }

// A Background is a goroutine that the program under control has started by
// itself, with a go statement; they count in the order of those, from 0.
type Background uint8

// PreemptAfter holds the goroutine at its k-th point from here on, or from its
// beginning if that is yet to come. It reports whether that is possible: at
// most 64 are told apart.
func (n Background) PreemptAfter(k int) bool {
	task(uint32(n), uint32(k), true)
	return Controlled() && n < 64
}

// G returns the goroutine, nil if it has not begun or is over.
func (n Background) G() *G {
	p, id := task(uint32(n), 0, false)
	if id == 0 {
		return nil
	}
	return &G{g: p, id: id}
}

// Self returns the goroutine of the caller, if that is under control; else one
// that honours nothing.
func Self() *G {
	g := &G{}
	g.g, g.id = self()
	return g
}

//go:norace
func (g *G) begin() {
	if g.g, g.id = self(); g.id != 0 && g.armed != 0 {
		arm(g.g, g.id, g.armed)
	}
}

// PreemptAfter holds g at its k-th point from here on, k at least 1; 0 takes
// that back. It reports whether that will be honoured.
//
//go:norace
func (g *G) PreemptAfter(k int) bool {
	if g.id == 0 {
		g.armed = uint32(k)
		return Controlled()
	}
	return arm(g.g, g.id, uint32(k))
}

// Resume lets g run on, and reports whether it was held.
//
//go:norace
func (g *G) Resume() bool { return g.id != 0 && resume(g.g, g.id) }

// Points returns how many points g has passed.
//
//go:norace
func (g *G) Points() int {
	if g.id == 0 {
		return 0
	}
	points, _, _, _ := state(g.g, g.id, nil)
	return int(points)
}

// A Point is where a goroutine is held.
type Point struct {
	Kind     string // before what, as in "Mutex.Lock"; "statement" in packages that -points names
	Function string // that called that
	File     string
	Line     int
}

// Preempted returns where g is held; ok is false if it is not.
//
//go:norace
func (g *G) Preempted() (p Point, ok bool) {
	if g.id == 0 {
		return Point{}, false
	}
	var pcs [16]uintptr
	_, held, kind, n := state(g.g, g.id, pcs[:])
	if !held {
		return Point{}, false
	}
	p.Kind = pointKind(kind)
	frames := runtime.CallersFrames(pcs[:n])
	for {
		f, more := frames.Next()
		if !ours(f.Function) || !more {
			p.Function, p.File, p.Line = f.Function, f.File, f.Line
			return p, true
		}
	}
}
