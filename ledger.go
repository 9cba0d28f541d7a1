package listentest

import "slices"

// never stands for an event index past the end of the history.
const never = int32(1<<31 - 1)

// A record is what the history says of one operation. The fields from
// overlapped on belong to dials.
type record struct {
	kind    Kind
	actor   Actor
	outcome Outcome
	n       int16
	conn    int32 // what it obtained or addresses, as Event.Conn
	call    int32 // index of its Call; never if it has none
	ret     int32 // index of its Return; never while open
	// from is the first event after which it can have had an effect: its
	// call, or a later free quiet rest at which it was still open, because
	// where nothing can move an open operation has moved nothing yet.
	from int32

	overlapped bool  // another dial, ack or listen was open during it
	rivals     int32 // calls of those up to its own
	accept     int32 // ID of the first accept that returned it, 0 if none
	end        int32 // index of its End
	quit       int32 // index of the client's first hangup or abort of it
	aborted    int32 // index of the Return of the client's abort of it
	closing    int32 // index of the call and
	closed     int32 // of the return of the acceptor's hangup or abort of it
}

// A ledger turns a history into intervals. For every gap between two events
// it gives the fewest (lo) and the most (hi) connections that can have held
// a place there: whatever the true order of what happened inside the
// operations was, the true number lies between. Index p is the gap after
// event p.
//
// Why that is so: a connection takes its place somewhere between its dial's
// from and ret, and gives it back somewhere between the from and ret of the
// operation that frees it. hi counts it over the longest such stretch, lo
// over the shortest. What the contract leaves open widens hi and narrows lo,
// never the reverse.
type ledger struct {
	c      Contract
	h      *History
	ops    []record // by Op.ID; ops[0] is nobody's
	hi, lo []int32
	low    []int32 // guaranteed, in force
	high   []int32 // max + race, in force
	shut   []bool  // from a shut's call to the return of the next listen
	free   []int32 // index of the first free quiet rest at or after p
	rests  []rest
	ends   []closing
	// strangers: an accept returned a connection of unknown identity.
	strangers bool
	// blind is the first event that this version of the ledger cannot count
	// after: half-open connections, planned failures, sibling listeners.
	blind int32
}

// A rest is a rest at which no actor was held.
type rest struct {
	at    int32
	quiet bool
}

type span struct{ from, to int32 }

// A closing goes from a shut's call to the return of the next listen.
type closing struct {
	span
	sure bool // the listener was closed, and not shut down in another way or perhaps not at all
}

// read fills l from h. It must be called before anything else.
func (l *ledger) read(h *History, c Contract) {
	n := len(h.Events)
	c.Must, c.May = c.held()
	l.h, l.c, l.blind, l.strangers = h, c, never, false
	l.rests, l.ends = l.rests[:0], l.ends[:0]
	l.ops = append(l.ops[:0], record{call: never, ret: never})
	l.hi, l.lo = zeroed(l.hi, n), zeroed(l.lo, n)
	l.low, l.high = zeroed(l.low, n), zeroed(l.high, n)
	l.free, l.shut = zeroed(l.free, n), zeroed(l.shut, n)
	l.gather()
	l.resolve()
	l.bounds()
	l.count()
}

func zeroed[T any](s []T, n int) []T {
	s = slices.Grow(s[:0], n)[:n]
	clear(s)
	return s
}

// op returns the record of an ID, or ops[0] for one that was never called.
func (l *ledger) op(id int32) *record {
	if id < 0 || int(id) >= len(l.ops) {
		return &l.ops[0]
	}
	return &l.ops[id]
}

// gather reads the events in order.
func (l *ledger) gather() {
	var held []Actor
	rivals, rivalCalls := int32(0), int32(0)
	lastFree := int32(-1)
	for i := range l.h.Events {
		e, at := &l.h.Events[i], int32(i)
		switch e.Verb {
		case Call:
			r := l.called(e, at)
			if r.kind == Resume {
				held = slices.DeleteFunc(held, func(a Actor) bool { return a == r.actor })
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
			r.ret, r.outcome = at, e.Outcome
			r.from = max(r.call, lastFree)
			if r.kind == Accept {
				r.conn = e.Conn
			}
			if r.rival() {
				rivals--
				r.overlapped = r.overlapped || rivalCalls != r.rivals
			}
		case Named:
			if r := l.op(e.Op); r.kind == Accept && r.conn == 0 {
				r.conn = e.Conn
			}
		case End:
			if r := l.op(e.Conn); r.end == never {
				r.end = at
			}
		case Hold:
			held = append(held, e.Step.Actor)
		case Rested:
			if len(held) > 0 {
				continue
			}
			quiet := Rest(e.N) == Quiet
			l.rests = append(l.rests, rest{at, quiet})
			if quiet {
				lastFree, l.free[i] = at, 1 // resolve turns the marks into indices
			}
		}
	}
	for i := range l.ops {
		if r := &l.ops[i]; r.ret == never && r.call != never {
			r.from = max(r.call, lastFree)
		}
	}
}

// ok reports whether r returned so.
func (r *record) ok() bool { return r.ret != never && r.outcome == OK }

// rival reports whether r is an operation that can make a dial's admission
// uncertain by overlapping it.
func (r *record) rival() bool { return r.kind == Dial || r.kind == Ack || r.kind == Listen }

// called enters a call. IDs count from 1 without a gap; a history that does
// otherwise has its strays ignored.
func (l *ledger) called(e *Event, at int32) *record {
	if int(e.Op) != len(l.ops) {
		return &l.ops[0]
	}
	l.ops = append(l.ops, record{kind: e.Step.Kind, actor: e.Step.Actor, n: e.Step.N, conn: e.Conn,
		call: at, from: at, ret: never, end: never, quit: never, aborted: never, closing: never, closed: never})
	return &l.ops[len(l.ops)-1]
}

// resolve links what concerns a connection to the record of its dial.
func (l *ledger) resolve() {
	for id := range l.ops {
		r := &l.ops[id]
		switch r.kind {
		case Dial:
			if l.c.May&HalfOpen != 0 {
				r.from = r.call // half-open, it may hold a place at rest
			}
		case Accept:
			if r.actor.Num() >= 8 && r.outcome != Unsupported {
				l.blind = min(l.blind, r.call)
			}
			if !r.ok() {
				continue
			}
			l.strangers = l.strangers || r.conn == 0
			if d := l.op(r.conn); d.kind == Dial && d.accept == 0 {
				d.accept = int32(id)
			}
		case Hangup, Abort:
			l.resolveEnd(r)
		case Syn, Ack, Fail:
			if r.ret == never || r.outcome != Unsupported {
				l.blind = min(l.blind, r.call)
			}
		case Listen, Shut:
			if r.actor != Listener(0) && (r.ret == never || r.outcome != Unsupported) {
				l.blind = min(l.blind, r.call)
			}
		}
	}
	next := never
	for p := len(l.free) - 1; p >= 0; p-- {
		if l.free[p] != 0 {
			next = int32(p)
		}
		l.free[p] = next
	}
}

// resolveEnd enters a hangup or an abort at the connection's dial.
func (l *ledger) resolveEnd(r *record) {
	o := l.op(r.conn)
	if o.kind == Dial {
		o.quit = min(o.quit, r.call)
		if r.kind == Abort && r.ok() {
			o.aborted = min(o.aborted, r.ret)
		}
		return
	}
	if d := l.op(o.conn); o.kind == Accept && d.kind == Dial {
		d.closing = min(d.closing, r.call)
		if r.ok() {
			d.closed = min(d.closed, r.ret)
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

// bounds fills low, high and shut. While a listen is open, both the old and
// the new backlog are in force; from a shut's call until the return of a
// listen nothing is guaranteed.
func (l *ledger) bounds() {
	now := l.h.Backlog
	var shut closing // in force, if closed
	closed := false
	opening := int32(0) // the listen that is open
	for i := range l.h.Events {
		e := &l.h.Events[i]
		r := l.op(e.Op)
		switch {
		case r.actor != Listener(0):
		case e.Verb == Call && r.kind == Listen && r.call == int32(i):
			opening = e.Op
		case e.Verb == Call && r.kind == Shut && !closed && (r.ret == never || r.outcome != Unsupported):
			closed, shut = true, closing{span{int32(i), never}, r.ok() && r.n == 0}
		case e.Verb == Return && r.kind == Listen && r.ret == int32(i):
			opening = 0
			if e.Outcome == OK {
				now = int32(r.n)
				if shut.to = int32(i); closed {
					closed, l.ends = false, append(l.ends, shut)
				}
			}
		}
		low, high := l.c.guaranteedFor(now), l.c.maxFor(now)
		if opening != 0 {
			b := int32(l.op(opening).n)
			low, high = min(low, l.c.guaranteedFor(b)), max(high, l.c.maxFor(b))
		}
		if closed {
			low = 0
		}
		l.low[i], l.high[i], l.shut[i] = low, high, closed
	}
	if closed {
		l.ends = append(l.ends, shut)
	}
}

// admitted returns the event from which d's connection surely holds a place,
// if nothing took it since; never if that is nowhere sure.
func (l *ledger) admitted(d *record) int32 {
	switch {
	case d.kind != Dial || !d.ok():
		return never
	case d.end != never && (d.accept == 0 || d.end < l.op(d.accept).ret):
		return never // it ended first: whether it was ever in is not known
	case l.c.Admit == AdmitUnlessOverlapped && d.overlapped:
		return never
	case l.c.Admit == AdmitLater:
		return l.nextFree(d.ret)
	}
	return d.ret
}

// most returns where d may hold a place.
func (l *ledger) most(d *record) span {
	s := span{d.from, never}
	switch {
	case d.outcome.refusal() && d.ret != never:
		if l.c.May&HalfOpen == 0 {
			return span{}
		}
		s.to = d.ret
	case d.ret == never || d.outcome == OK:
	case d.outcome == Cancelled:
		if l.forgets(d) {
			s.to = l.nextFree(d.ret)
		}
	default:
		s.to = d.ret
	}
	if d.accept != 0 {
		switch ret := l.op(d.accept).ret; l.c.Credit {
		case CreditReturn:
			s.to = min(s.to, ret)
		case CreditRest:
			s.to = min(s.to, l.nextFree(ret))
		case CreditClose:
			s.to = min(s.to, d.closed)
		}
	}
	s.to = min(s.to, d.end)
	if l.forgets(d) {
		s.to = min(s.to, l.nextFree(d.aborted))
	}
	if l.c.Close == CloseEnds {
		for _, e := range l.ends {
			if e.sure && l.admitted(d) < e.from { // it was the closed listener's
				s.to = min(s.to, e.to)
				break
			}
		}
	}
	return s
}

// forgets reports whether d, once it is dead, has lost its place by the next
// free quiet rest. Not so if the dead count, nor where accepted connections
// hold their place and d was accepted before it died; nor where an accept
// returned it is not known what, for that may have been d.
func (l *ledger) forgets(d *record) bool {
	return l.c.May&Aborted == 0 && !l.strangers && (l.c.Credit != CreditClose || d.accept == 0)
}

// least returns where d surely holds a place.
func (l *ledger) least(d *record) span {
	s := span{l.admitted(d), never}
	if s.from == never || l.c.Must&Completed == 0 {
		return span{}
	}
	switch {
	case d.accept == 0:
	case l.c.Credit == CreditClose && l.c.Must&Accepted != 0:
		s.to = d.closing
	default:
		s.to = l.op(d.accept).from
	}
	if l.c.Must&Aborted == 0 && (d.accept == 0 || l.op(d.accept).ret > d.quit) {
		s.to = min(s.to, d.quit)
	}
	for _, e := range l.ends {
		if d.call < e.to {
			s.to = min(s.to, max(e.from, s.from))
			break
		}
	}
	return s
}

// takesOne reports whether an accept that returned it is not known what took
// one of those that hi counts: not if it may have been one that hi has left
// out already, or a phantom that hi never counted, or one that keeps its place.
func (l *ledger) takesOne() bool {
	return l.c.Anomalies&Phantom == 0 && l.c.Credit == CreditReturn && len(l.ends) == 0 &&
		!slices.ContainsFunc(l.ops, func(r record) bool { return r.kind == Dial && r.call != never && r.end != never })
}

// count fills hi and lo.
func (l *ledger) count() {
	takes := l.strangers && l.takesOne()
	for i := range l.ops {
		switch r := &l.ops[i]; {
		case r.call == never:
		case r.kind == Dial:
			add(l.hi, l.most(r), 1)
			add(l.lo, l.least(r), 1)
		case r.kind == Accept && r.ret == never:
			add(l.lo, span{r.from, never}, -1) // it may have taken one of them
		case r.kind == Accept && r.outcome == OK && r.conn == 0:
			add(l.lo, span{r.from, never}, -1)
			if takes {
				add(l.hi, span{r.ret, never}, -1)
			}
		}
	}
	hi, lo := int32(0), int32(0)
	for p := range l.hi {
		hi, lo = hi+l.hi[p], lo+l.lo[p]
		l.hi[p], l.lo[p] = hi, lo
		if l.shut[p] {
			l.lo[p] = 0
		}
	}
}

// add adds n to the differences over s.
func add(diff []int32, s span, n int32) {
	if s.to = min(s.to, int32(len(diff))); s.from >= s.to {
		return
	}
	diff[s.from] += n
	if int(s.to) < len(diff) {
		diff[s.to] -= n
	}
}

// holders returns the connections that may hold a place at p.
func (l *ledger) holders(p int32) []int32 {
	var ids []int32
	for id := range l.ops {
		if d := &l.ops[id]; d.kind == Dial && d.call != never {
			if s := l.most(d); s.from <= p && p < s.to {
				ids = append(ids, int32(id))
			}
		}
	}
	return ids
}
