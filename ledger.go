package listentest

import "slices"

// never stands for an event index past the end of the history.
const never = int32(1<<31 - 1)

// deadlinePast is the N of a fail whose operation is to find its deadline past.
const deadlinePast = 3

// A record is what the history says of one operation.
type record struct {
	kind    Kind
	actor   Actor
	outcome Outcome
	n       int16
	conn    int32 // what it obtained or addresses, as Event.Conn
	plan    int32 // the fail that says what this dial or accept is to meet, or 0
	call    int32 // index of its Call; never if it has none
	ret     int32 // index of its Return; never while open
	// from is the first event after which it can have had an effect: its
	// call, or a later free quiet rest at which it was still open, because
	// where nothing can move an open operation has moved nothing yet.
	from int32
	fin  int32 // of a dial, syn or accept: call of the first half-close, hangup or abort at its end of the connection

	// Of a dial or syn:
	overlapped bool  // another dial, ack or listen was open during it
	rivals     int32 // calls of those up to its own
	accept     int32 // ID of the first accept that returned it, 0 if none
	end        int32 // index of its End
	quit       int32 // index from which its client may be gone, and
	dead       int32 // from which it surely is
	ack        int32 // index of the call of the first ack of a syn, and
	acked      int32 // of the return of its last: one that is repeated may be the one that counts

	// Of an accept: its acceptor's hangup or abort of what it returned.
	closing int32 // index of the call and
	closed  int32 // of the return
}

// A ledger is what a history says of each operation, and where: indices of
// events, and index p also stands for the gap after event p.
type ledger struct {
	c      Contract
	h      *History
	ops    []record // by Op.ID; ops[0] is nobody's
	low    []int32  // guaranteed, in force
	high   []int32  // max + race, in force
	shrunk int32    // the last event at which high fell; 0 if it never did
	free   []int32  // index of the first free quiet rest at or after p
	rests  []rest
	ends   []closing  // in order, and not overlapping
	leaves []leave    // in order
	ticks  []int32    // events at which time passed
	held   []Actor    // scratch: those who are held
	doing  [256]int32 // scratch: by actor, the operation that it called last,
	plans  [256]int32 // and the fail that its next dial or accept is to meet
	holds  []hold
	// strangers: an accept returned a connection of unknown identity. Then it is
	// not known either whose end would have been told, and a missing End says
	// nothing.
	strangers bool
	// unreturned: an accept never returned.
	unreturned bool
	// stranger is the first call of an accept that took it is not known what.
	stranger int32
	data     bool // bytes were sent or received
	// overlap is how many operations were open at once, at most.
	overlap int
	// blind is the first event that is not judged, nor any after it: a planned
	// failure of admission, a listen or shut while another is open. Other
	// planned failures exempt one operation each, see planned.
	blind int32
	// group is the first event at which l0 may not be the only listener.
	group int32
}

// A rest is a rest at which no actor was held.
type rest struct {
	at    int32
	open  int32 // operations that were open
	quiet bool
}

type span struct{ from, to int32 }

// A hold is a stretch over which an acceptor was held inside accept.
type hold struct {
	span
	op    int32 // the accept
	point string
}

// read fills l from h.
func (l *ledger) read(h *History, c Contract) {
	n := len(h.Events)
	c.Must, c.May = c.held()
	l.h, l.c, l.blind, l.unreturned, l.strangers, l.data, l.overlap = h, c, never, false, false, false, 0
	l.stranger, l.group = never, never
	l.rests, l.ends, l.leaves, l.ticks = l.rests[:0], l.ends[:0], l.leaves[:0], l.ticks[:0]
	l.ops = append(l.ops[:0], newRecord(never))
	l.low, l.high, l.free = sized(l.low, n), sized(l.high, n), sized(l.free, n)
	l.gather()
	l.resolve()
	l.bounds()
}

// sized returns a slice of length n, with s's memory if that is enough. What
// it holds is not defined.
func sized[T any](s []T, n int) []T { return slices.Grow(s[:0], n)[:n] }

// zeroed is sized, with zeros.
func zeroed[T any](s []T, n int) []T {
	s = sized(s, n)
	clear(s)
	return s
}

func newRecord(call int32) record {
	return record{call: call, from: call, ret: never, fin: never, end: never, quit: never, dead: never,
		ack: never, acked: never, closing: never, closed: never}
}

// op returns the record of an ID, or ops[0] for one that was never called.
func (l *ledger) op(id int32) *record {
	if id < 0 || int(id) >= len(l.ops) {
		return &l.ops[0]
	}
	return &l.ops[id]
}

// ok reports whether r returned so.
func (r *record) ok() bool { return r.ret != never && r.outcome == OK }

// dial reports whether r is an operation from which a connection may come.
func (r *record) dial() bool { return (r.kind == Dial || r.kind == Syn) && r.call != never }

// void reports whether r did nothing: the target does not have it, or it met a
// failure that was planned for it.
func (r *record) void() bool { return r.ret != never && r.outcome == Unsupported }

// refused reports whether r is a dial that was not admitted. One that was
// reset or timed out and accepted all the same was.
func (r *record) refused() bool {
	return r.ret != never && r.outcome.refusal() && (r.accept == 0 || r.outcome == Refused || r.outcome == WouldBlock)
}

// rival reports whether r is an operation that can make a dial's admission
// uncertain by overlapping it.
func (r *record) rival() bool { return r.kind == Dial || r.kind == Ack || r.kind == Listen }

// gather reads the events in order.
func (l *ledger) gather() {
	l.held, l.holds = l.held[:0], l.holds[:0]
	clear(l.doing[:])
	clear(l.plans[:])
	rivals, rivalCalls, open := int32(0), int32(0), 0
	lastFree := int32(-1)
	for i := range l.h.Events {
		e, at := &l.h.Events[i], int32(i)
		l.free[i] = 0
		switch e.Verb {
		case Call:
			r := l.called(e, at)
			if r.kind == Resume {
				l.resumed(r.actor, at)
			} else {
				l.doing[e.Step.Actor] = e.Op
			}
			if open++; open > l.overlap {
				l.overlap = open
			}
			if r.rival() {
				r.overlapped = rivals > 0
				rivals++
				rivalCalls++
				r.rivals = rivalCalls
			}
		case Return:
			r := l.op(e.Op)
			if r.ret != never || r.call == never {
				continue
			}
			open--
			r.ret, r.outcome = at, e.Outcome
			r.from = max(r.call, lastFree)
			switch r.kind {
			case Accept:
				r.conn = e.Conn
			case Fail:
				if !r.void() {
					l.plans[r.actor] = e.Op
				}
			}
			if r.rival() {
				rivals--
				r.overlapped = r.overlapped || rivalCalls != r.rivals
			}
		case Rested:
			if len(l.held) > 0 {
				continue
			}
			quiet := Rest(e.N) == Quiet
			l.rests = append(l.rests, rest{at, int32(open), quiet})
			if quiet {
				lastFree, l.free[i] = at, 1 // resolve turns the marks into indices
			}
		default:
			l.seen(e, at)
		}
	}
	for i := range l.ops {
		if r := &l.ops[i]; r.ret == never && r.call != never {
			r.from = max(r.call, lastFree)
		}
	}
}

// seen reads an event that is neither a call nor a return nor a rest.
func (l *ledger) seen(e *Event, at int32) {
	switch e.Verb {
	case Named:
		if r := l.op(e.Op); r.kind == Accept && r.conn == 0 {
			r.conn = e.Conn
		}
	case End:
		if r := l.op(e.Conn); r.end == never {
			r.end = at
		}
	case Hold:
		l.held = append(l.held, e.Step.Actor)
		if r := l.op(l.doing[e.Step.Actor]); r.kind == Accept && r.ret == never {
			l.holds = append(l.holds, hold{span{at, never}, l.doing[e.Step.Actor], e.Point})
		}
	case Clock:
		l.ticks = append(l.ticks, at)
	}
}

func (l *ledger) resumed(a Actor, at int32) {
	for i := range l.holds {
		if h := &l.holds[i]; h.to == never && l.op(h.op).actor == a {
			h.to = at
		}
	}
	kept := l.held[:0]
	for _, b := range l.held {
		if b != a {
			kept = append(kept, b)
		}
	}
	l.held = kept
}

// called enters a call. IDs count from 1 without a gap; a history that does
// otherwise has its strays ignored.
func (l *ledger) called(e *Event, at int32) *record {
	if int(e.Op) != len(l.ops) {
		return &l.ops[0]
	}
	r := newRecord(at)
	r.kind, r.actor, r.n, r.conn = e.Step.Kind, e.Step.Actor, e.Step.N, e.Conn
	switch r.kind {
	case Tick:
		l.ticks = append(l.ticks, at)
	case Send, Recv:
		l.data = true
	case Dial, Accept:
		r.plan, l.plans[r.actor] = l.plans[r.actor], 0
	}
	l.ops = append(l.ops, r)
	return &l.ops[len(l.ops)-1]
}

// resolve links what concerns a connection to the record of its dial.
func (l *ledger) resolve() {
	for id := range l.ops {
		r := &l.ops[id]
		switch r.kind {
		case Dial, Syn:
			if l.c.May&HalfOpen != 0 {
				r.from = r.call // half-open, it may hold a place at rest
			}
			if r.ret != never && !r.ok() && !r.outcome.refusal() {
				r.quit, r.dead = min(r.quit, r.ret), min(r.dead, r.ret) // it was given up, and may have come too late
			}
		case Accept:
			if r.actor.Num() >= 8 && !r.void() {
				l.group = min(l.group, r.call)
			}
			l.unreturned = l.unreturned || r.ret == never
			l.strangers = l.strangers || r.ok() && r.conn == 0
			if r.ret == never || r.ok() && r.conn == 0 {
				l.stranger = min(l.stranger, r.call)
			}
			if !r.ok() {
				continue
			}
			if d := l.op(r.conn); d.dial() && d.accept == 0 {
				d.accept = int32(id)
			}
		case HalfClose, Hangup, Abort:
			l.resolveEnd(r)
		case Ack:
			if s := l.op(r.conn); s.kind == Syn && !r.void() {
				if s.ack == never {
					s.ack, s.acked = r.call, 0
				}
				s.acked = max(s.acked, r.ret)
			}
		case Fail:
			if r.actor.Role() == ListenerRole && !r.void() {
				l.blind = min(l.blind, r.call)
			}
		case Listen, Shut:
			if r.actor != Listener(0) && !r.void() {
				l.group = min(l.group, r.call)
			}
		}
	}
	l.planned()
	l.doubt()
	next := never
	for p := len(l.free) - 1; p >= 0; p-- {
		if l.free[p] != 0 {
			next = int32(p)
		}
		l.free[p] = next
	}
}

// planned takes the dials and accepts that met the failure which was planned
// for them for such as did nothing. One that an accept returned did something.
func (l *ledger) planned() {
	for i := range l.ops {
		r := &l.ops[i]
		if r.plan == 0 || r.accept != 0 {
			continue
		}
		if r.outcome == Failed || r.outcome == Timeout && l.op(r.plan).n == deadlinePast {
			r.outcome, r.quit, r.dead = Unsupported, never, never
		}
	}
}

// doubt takes dials that were reset or timed out for given up, where an accept
// may have taken one of them, and it is not known what that took.
func (l *ledger) doubt() {
	if !l.strangers && !l.unreturned {
		return
	}
	first := never // the first event behind which an accept that never returned can have taken one
	for i := range l.ops {
		if a := &l.ops[i]; a.kind == Accept && a.ret == never {
			first = min(first, a.from)
		}
	}
	for i := range l.ops {
		d := &l.ops[i]
		if d.dial() && d.refused() && (d.outcome == Reset || d.outcome == Timeout) && (l.strangers || first < d.ret) {
			d.outcome = Cancelled
			d.quit, d.dead = min(d.quit, d.ret), min(d.dead, d.ret)
		}
	}
}

// resolveEnd enters a half-close, a hangup or an abort.
func (l *ledger) resolveEnd(r *record) {
	if r.void() {
		return
	}
	o := l.op(r.conn)
	o.fin = min(o.fin, r.call)
	switch {
	case r.kind == HalfClose:
	case o.dial():
		o.quit = min(o.quit, r.call)
		if r.kind == Abort && r.ok() {
			o.dead = min(o.dead, r.ret)
		}
	case o.kind == Accept:
		o.closing = min(o.closing, r.call)
		if r.ok() {
			o.closed = min(o.closed, r.ret)
		}
	}
}

// nextFree returns the first free quiet rest after event p.
func (l *ledger) nextFree(p int32) int32 {
	if p == never || int(p)+1 >= len(l.free) {
		return never
	}
	return l.free[p+1]
}
