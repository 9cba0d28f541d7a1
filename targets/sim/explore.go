package sim

import (
	"context"
	"errors"
	"fmt"

	lt "github.com/listentest/listentest"
)

// An Explorer makes every state that a simulator can come to in a World, each
// once, depth first, and judges each step on the way.
type Explorer struct {
	// Watch, if not nil, is called now and then.
	Watch func(*Explorer)

	world    World
	whole    bool
	alike    bool // clients differ by their numbers only, and so do acceptors
	all      []move
	listener int // its slot
	m        machine
	events   []lt.Event // of the step that was taken last
	closing  clients    // whom an acceptor's hangup or abort is closing
	table    table
	stack    []frame
	cover    *lt.Coverage // or nil
	depth    int          // of the frame that moves are made from
	limit    int          // no state is gone on from at this depth; 0 is none
	Count
}

// A Count says how far an exploration is.
type Count struct {
	States  int // stored
	Moves   int // made
	Deepest int // the most moves on a way
	Broken  int // moves that broke a promise; nothing behind them was tried
}

// A frame is a state on the way, and what was tried from it.
type frame struct {
	state
	watch
	trail
	next int   // index of the next move to be tried
	by   uint8 // index of the move that led here
}

// NewExplorer returns an explorer of t in w. With whole it makes every move in
// every state; without, it leaves out orders of moves that nobody can tell
// apart. Its table of states takes so many bytes at most; 0 is no limit.
func NewExplorer(t *Target, w World, whole bool, bytes int) *Explorer {
	e := &Explorer{world: w, whole: whole, alike: !whole && !t.faults[orderByClient], all: w.moves(), listener: w.listener()}
	e.m = machine{target: t, report: func(ev lt.Event) { e.events = append(e.events, ev) }}
	e.table.most = bytes
	e.Restart(0)
	return e
}

// Restart forgets what was seen, and goes to the first state. No way is
// followed for more moves than limit; 0 is no limit.
func (e *Explorer) Restart(limit int) {
	e.table.reset(limit > 0)
	e.limit, e.depth, e.Count = limit, 0, Count{}
	e.m.reset(e.world.Backlog)
	for slot := range e.world.actors() {
		e.m.slot(e.world.who(slot))
	}
	if len(e.stack) == 0 {
		e.stack = append(e.stack, frame{})
	}
	f := &e.stack[0]
	f.state.copyFrom(&e.m.state)
	f.watch, f.trail, f.next = watch{}, trail{}, 0
	f.watch.at(&e.m.target.contract, e.world.Backlog)
	e.store(f)
}

// World returns the scope.
func (e *Explorer) World() World { return e.world }

// Whole reports whether every move is made in every state.
func (e *Explorer) Whole() bool { return e.whole }

// Bytes returns the size of the table of states.
func (e *Explorer) Bytes() int { return e.table.bytes() }

// store puts a state into the table, and reports whether it is new there.
func (e *Explorer) store(f *frame) bool {
	if !e.table.add(e.key(f).sum(), e.depth) {
		return false
	}
	e.States++
	return true
}

// ErrFull says that the table of states has no room for more.
var ErrFull = errors.New("the table of states is full")

// Explore goes on until all was seen, and returns nil; or until a promise is
// broken, from where the next call goes on; or until ctx is done or the table
// is full ([ErrFull]), which is an error.
func (e *Explorer) Explore(ctx context.Context) (*Counterexample, error) {
	const often = 1 << 12
	for {
		if e.Moves%often == 0 {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			if e.Watch != nil {
				e.Watch(e)
			}
		}
		f := &e.stack[e.depth]
		if e.limit > 0 && e.depth == e.limit {
			f.next = len(e.all)
		}
		i, ok := e.choose(f)
		switch {
		case ok:
			e.Moves++
			if b := e.advance(i); b != nil {
				e.Broken++
				return e.counterexample(b), nil
			}
			if e.store(&e.stack[e.depth+1]) {
				e.depth++
				e.Deepest = max(e.Deepest, e.depth)
			} else if e.table.full {
				f.next, e.table.full = i, false // for who goes on with a larger one
				e.Moves--
				return nil, fmt.Errorf("%w: %d in %d bytes", ErrFull, e.States, e.Bytes())
			}
		case e.depth == 0:
			return nil, nil
		default:
			e.depth--
		}
	}
}

// choose returns the next move to be tried from f. A move that touches nothing
// which others can see or change comes before all others and in their place:
// whatever they do, it can be done first, and nobody can tell.
func (e *Explorer) choose(f *frame) (int, bool) {
	if !e.whole {
		if task := e.listener + 1; f.actors[task].pc == taskEnter {
			if f.next == len(e.all) {
				return 0, false
			}
			f.next = len(e.all)
			return task, true
		}
	}
	for f.next < len(e.all) {
		i := f.next
		f.next++
		if e.can(f, e.all[i]) {
			return i, true
		}
	}
	return 0, false
}

// can reports whether a move can be made in f.
func (e *Explorer) can(f *frame, mv move) bool {
	a := &f.actors[mv.slot]
	slot := int(mv.slot)
	if !mv.begin {
		return (a.pc != idle || a.owes) && !a.asleep
	}
	if mv.kind == lt.Cancel {
		return a.asleep && (a.op.Kind == lt.Accept || a.op.Kind == lt.Dial || a.op.Kind == lt.Syn)
	}
	if mv.kind == lt.Tick {
		return len(f.ready) == 0 && e.due(&f.state) > 0
	}
	if a.pc != idle {
		return false
	}
	switch {
	case slot < e.world.Dials:
		return e.clientCan(f, slot, mv.kind)
	case slot < e.listener:
		return e.acceptorCan(f, slot, mv.kind)
	case mv.kind == lt.Shut:
		return f.shuts == 0
	}
	return int(f.listens) < len(e.world.Listens)
}

// clientCan is can for what a client begins.
func (e *Explorer) clientCan(f *frame, slot int, k lt.Kind) bool {
	switch k {
	case lt.Dial, lt.Syn:
		return f.phase[slot] == fresh && e.turn(f, slot) && (k == lt.Dial || e.m.rules().half != noHalf && f.exempt>>slot&1 == 0)
	case lt.Ack:
		return f.phase[slot] == halfway
	case lt.Fail:
		return f.phase[slot] == fresh && e.turn(f, slot) && f.planned>>slot&1 == 0
	}
	return f.phase[slot] == halfway || f.phase[slot] == connected
}

// turn reports whether a client may begin: where clients are alike, the first
// who dials is the first of them, and so on.
func (e *Explorer) turn(f *frame, slot int) bool {
	return !e.alike || slot == 0 || f.phase[slot-1] != fresh
}

func (e *Explorer) acceptorCan(f *frame, slot int, k lt.Kind) bool {
	n := slot - e.world.Dials
	switch k {
	case lt.Accept:
		return int(f.accepts[n]) < e.world.Accepts && (!e.alike || n == 0 || f.accepts[n-1] > 0)
	case lt.Fail:
		return f.accepts[n] == 0 && f.planned>>slot&1 == 0 && (!e.alike || n == 0 || f.accepts[n-1] > 0)
	}
	return e.newest(&f.state, n) >= 0
}

// newest returns the newest connection that acceptor n holds, or -1.
func (e *Explorer) newest(s *state, n int) int {
	best := -1
	for i := range s.conns {
		c := &s.conns[i]
		if c.accepted>>4 == int32(4+n) && !c.server.gone && (best < 0 || c.accepted > s.conns[best].accepted) {
			best = i
		}
	}
	return best
}

// due returns the time until the next thing that waits for time, or 0.
func (e *Explorer) due(s *state) int32 {
	next := int32(0)
	sooner := func(at int32) {
		if at > s.now && (next == 0 || at-s.now < next) {
			next = at - s.now
		}
	}
	for i := range s.actors {
		if s.actors[i].asleep {
			sooner(s.actors[i].retry)
		}
	}
	for i := range s.conns {
		sooner(s.conns[i].due)
	}
	return next
}

// advance makes the i-th move from the top of the stack into the frame above,
// and returns what it broke.
func (e *Explorer) advance(i int) *breach {
	if len(e.stack) == e.depth+1 {
		e.stack = append(e.stack, frame{})
	}
	from, to := &e.stack[e.depth], &e.stack[e.depth+1]
	to.state.copyFrom(&from.state)
	to.watch, to.trail, to.next, to.by = from.watch, from.trail, 0, uint8(i)
	e.events = e.events[:0]
	e.m.state, to.state = to.state, e.m.state
	mv := e.all[i]
	if mv.begin {
		e.begin(&to.watch, mv)
	}
	if a := &e.m.actors[mv.slot]; (a.pc != idle || a.owes) && !a.asleep {
		e.steps(&to.trail, mv, a)
		e.m.step(mv.slot)
	}
	e.reached(&to.trail, mv)
	b := e.judge(&to.watch)
	e.m.state, to.state = to.state, e.m.state
	return b
}

// begin starts an operation, and keeps the books of who may do what.
func (e *Explorer) begin(w *watch, mv move) {
	op := e.op(w, mv)
	slot := int(mv.slot)
	switch mv.kind {
	case lt.Accept:
		w.accepts[slot-e.world.Dials]++
	case lt.Listen:
		w.listens++
	case lt.Dial, lt.Syn, lt.Ack:
		w.phase[slot] = dialing
	case lt.Shut:
		w.shuts++
	case lt.Fail:
		w.planned |= 1 << slot
		w.exempt |= 1 << slot
	}
	if w.closed && mv.kind != lt.Cancel && mv.kind != lt.Tick {
		w.late |= 1 << slot
	}
	if mv.kind == lt.Accept && e.shutting(w) {
		w.sawShut |= 1 << (slot - e.world.Dials)
	}
	if mv.kind == lt.Dial || mv.kind == lt.Syn || mv.kind == lt.Ack {
		e.moments(w)
	}
	e.m.start(op)
}

// op returns the operation of a move. IDs say whose it is: dials and syns have
// 1 to 4, by client; accepts 65 and above, or 81 and above, by acceptor; what
// else an actor does 32 and above, by slot; cancel and tick have 0.
func (e *Explorer) op(w *watch, mv move) lt.Op {
	slot := int(mv.slot)
	op := lt.Op{ID: int32(32 + slot), Step: lt.Step{Kind: mv.kind, Actor: e.world.who(slot)}}
	switch mv.kind {
	case lt.Dial, lt.Syn:
		op.ID = int32(slot + 1)
	case lt.Accept:
		n := slot - e.world.Dials
		op.ID = int32(65 + 16*n + int(w.accepts[n]))
	case lt.Listen:
		op.N = int16(e.world.Listens[w.listens])
	case lt.Cancel:
		op.ID = 0
	case lt.Tick:
		op.ID, op.N = 0, int16(e.due(&e.m.state))
	case lt.Ack:
		op.Conn = int32(slot + 1)
	case lt.Abort, lt.Hangup:
		op.Conn = int32(slot + 1)
		if slot >= e.world.Dials {
			i := e.newest(&e.m.state, slot-e.world.Dials)
			op.Conn = e.m.conns[i].accepted
			e.closing = 1 << (e.m.conns[i].id - 1)
		}
	}
	return op
}

// slotOf returns the slot of whose operation has an ID, or -1.
func (e *Explorer) slotOf(id int32) int {
	switch {
	case id == 0:
		return -1
	case id < 32:
		return int(id - 1)
	case id < 64:
		return int(id - 32)
	}
	return e.world.Dials + int(id-64)/16
}
