package listentest

import "math/bits"

// The frontier is the judge that decides. Intervals look at one connection at
// a time, and miss what two overlapping operations could only have done in
// contradiction to each other. The frontier is the set of all states that a
// listener which keeps its contract can be in after the events so far; where
// it gets empty, no order of what happened inside the operations explains the
// history.
//
// Why an empty frontier is never a false alarm: before any event that could
// rule a state out, each state is added that one more effect leads to, until
// there is none; and a state is only ruled out by a rule of the contract. So a
// lawful run of the listener, with its effects at whatever moments, is in the
// frontier at each event. An effect that may as well come later is put off,
// but never past an event that could forbid it (closeFor), and states from
// which there is no way on are left out (tooSoon). Where the search costs too
// much it ends, and says so.
//
// An effect is a dial's admission, an accept's taking of a connection, a
// dial's being turned away, the closing of the listener or its reopening.
// What a connection counts for is read as in the intervals: for a refusal it
// holds its place as long as it may, for an admission only as long as it must.

const (
	frontierOverlap = 6       // more operations at once are left to the intervals
	frontierQueue   = 32      // so are more connections that are pending,
	frontierSlots   = 64      // and that are undecided,
	frontierStates  = 1 << 12 // and more states,
	frontierWork    = 1 << 16 // at once and over the whole history;
	frontierBlame   = 16      // so many times those two where something is wrong, and it is asked what
)

// A state is one that the listener can be in. Operations are named by their
// slots, so that states are small, and equal if they mean the same.
type state struct {
	queue  [frontierQueue]uint8 // pending, the head first, 0 after the last; by slot where the order makes no difference
	in     uint64               // the set of those in queue
	did    uint64               // dials that were admitted, accepts that have taken one
	light  uint64               // accepts that took a dead one which holds no place any more
	half   uint64               // dials and syns that were let in, and hold a place before they are admitted
	turned uint64               // open dials that can have been turned away
	out    uint64               // dials that were, though they returned ok
	ended  uint64               // pending when the listener was closed, and not told yet
	n      uint8                // length of queue
	closed bool
}

// A frontier searches histories; it keeps its memory from one to the next.
type frontier struct {
	l      *ledger
	relax  uint16 // set of promises that are not enforced
	states []state
	table  []int32 // hash table of states: index + 1, or 0; empty while there are few

	slot    []uint8 // of an operation, by Op.ID
	ops     [frontierSlots]int32
	used    uint64
	dials   uint64 // slots of dials that are not decided yet,
	opens   uint64 // of those that are open, and
	takers  uint64 // of accepts that are open, and may take a connection
	accepts int    // accepts that are open
	early   uint64 // of dials that were turned away though their clients took them for admitted
	moment  uint64 // of dials that need a moment at which they can be turned away
	sorted  uint64 // of dials whose order among each other makes no difference
	gate    int32  // the shut or the listen that is open; 0 if none is

	forget [frontierSlots]int32  // event from which a dead connection counts no more,
	lose   [frontierSlots]int32  // from which a pending one is not surely counted,
	pass   [frontierSlots]int32  // from which accept may pass over it
	until  [frontierSlots]int32  // event from which it is not admitted any more
	alike  [frontierSlots]uint64 // dials, itself among them, that nothing tells apart from it; see matches

	may, must []int32 // places held by what is not in a state: accepted connections, phantoms
	more      int     // 1, or frontierBlame
	work      int     // states that were looked at
	apart     bool    // nothing is taken for alike: what TestAlike holds the search against
	gaveUp    bool
}

// run searches the history that l was read from. It returns the first event
// that no state explains, or the number of events; and whether it came so
// far: an event that is not judged, or too many states, ends it early.
func (f *frontier) run(l *ledger, relax uint16) (at int, exact bool) {
	f.l, f.relax, f.gaveUp, f.work, f.more = l, relax, false, 0, 1
	if relax != 0 {
		f.more = frontierBlame
	}
	f.used, f.dials, f.opens, f.takers, f.sorted, f.accepts, f.gate = 0, 0, 0, 0, 0, 0, 0
	f.slot = zeroed(f.slot, len(l.ops))
	f.places()
	f.states, f.table = append(f.states[:0], state{}), f.table[:0]
	for i := range l.h.Events {
		e := &l.h.Events[i]
		if int32(i) >= l.blind || f.gaveUp {
			return i, false
		}
		switch r := l.op(e.Op); {
		case e.Verb == Call && r.call == int32(i):
			f.call(e.Op, r)
			continue
		case e.Verb == Return && r.ret == int32(i):
			f.closeFor(e.Op, r, int32(i)-1)
			returns := func(s *state) bool { return f.returns(s, e.Op, r, int32(i)) }
			if f.relaxed(Conserve) { // see stray
				f.change(returns)
			} else {
				f.keep(returns)
			}
			f.returned(e.Op, r)
		case e.Verb == End && l.op(e.Conn).end == int32(i):
			f.close(int32(i) - 1)
			f.change(func(s *state) bool { return f.ends(s, e.Conn, int32(i)) })
		case e.Verb == Rested && l.free[i] == int32(i):
			f.close(int32(i) - 1)
			f.keep(func(s *state) bool { return f.rests(s, int32(i)) })
		default:
			continue
		}
		if len(f.states) == 0 || f.gaveUp {
			return i, !f.gaveUp
		}
		f.settle(int32(i))
	}
	return len(l.h.Events), !f.gaveUp
}

// places fills may and must.
func (f *frontier) places() {
	l := f.l
	n := len(l.h.Events)
	f.may, f.must = zeroed(f.may, n), zeroed(f.must, n)
	if l.c.Credit == CreditReturn && l.c.Anomalies&Phantom == 0 {
		return
	}
	for id := range l.ops {
		r := &l.ops[id]
		switch {
		case r.call == never:
		case r.dial():
			if l.c.Anomalies&Phantom != 0 {
				add(f.may, span{min(r.quit, r.end, l.op(r.accept).closing), never}, 1)
			}
		case r.kind != Accept:
		case r.ok():
			f.accepted(r)
			if r.conn <= 0 && l.c.Anomalies&Phantom != 0 {
				add(f.may, span{0, r.ret}, 1) // nobody knows since when
			}
		}
	}
	may, must := int32(0), int32(0)
	for p := range f.may {
		may, must = may+f.may[p], must+f.must[p]
		f.may[p], f.must[p] = may, must
	}
}

// accepted enters the place that an accepted connection holds behind its
// accept's return.
func (f *frontier) accepted(r *record) {
	l := f.l
	switch l.c.Credit {
	case CreditRest:
		if d := l.op(r.conn); !d.dial() || l.c.May&Aborted != 0 || l.nextFree(d.dead) > r.ret {
			add(f.may, span{r.ret, l.nextFree(r.ret)}, 1)
		}
	case CreditClose:
		to := r.closed
		add(f.may, span{r.ret, to}, 1)
		if l.c.Must&Accepted != 0 {
			add(f.must, span{r.ret, min(r.closing, to, l.places(r))}, 1)
		}
	}
}

// places returns the event from which what accept a took does not surely hold
// a place, where accepted connections do until they are closed: it may have
// been dead when it was taken, or the listener's that was closed, or a phantom.
func (l *ledger) places(a *record) int32 {
	to, since := never, a.call
	switch d := l.op(a.conn); {
	case d.dial():
		since, to = d.call, d.end
		if l.c.Must&Aborted == 0 && d.quit < a.ret {
			to = min(to, d.quit)
		}
	case l.c.Must&Aborted == 0, l.c.Anomalies&Phantom != 0:
		return 0
	}
	if e := l.closingOf(since); e != nil {
		to = min(to, e.from)
	}
	return to
}

// call enters an operation.
func (f *frontier) call(id int32, r *record) {
	switch {
	case r.void() && (r.kind == Accept || r.dial()):
	case r.dial():
		if f.take(id) {
			f.dial(f.slot[id], r)
		}
	case r.kind == Accept:
		f.accepts++
		if (r.ret == never || r.outcome == OK) && f.take(id) {
			f.takers |= 1 << f.slot[id]
		}
	case r.kind == Listen || r.kind == Shut:
		if r.actor == Listener(0) {
			f.gate = id
		}
	}
}

// take gives an operation a slot.
func (f *frontier) take(id int32) bool {
	s := bits.TrailingZeros64(^f.used)
	if s == frontierSlots {
		f.gaveUp = true
		return false
	}
	f.used |= 1 << s
	f.slot[id], f.ops[s] = uint8(s), id
	return true
}

// dial enters what is known of a dial beforehand.
func (f *frontier) dial(s uint8, r *record) {
	l := f.l
	f.dials |= 1 << s
	f.opens |= 1 << s
	if f.early &^= 1 << s; l.early(r) {
		f.early |= 1 << s
	}
	if f.moment &^= 1 << s; r.refused() || r.ret > l.nextFree(r.call) {
		f.moment |= 1 << s
	}
	if f.sorted &^= 1 << s; l.c.Order == AnyOrder || f.relaxed(OrderPromise) || r.accept == 0 && !l.strangers && !l.unreturned {
		f.sorted |= 1 << s
	}
	f.forget[s], f.lose[s], f.pass[s] = never, never, never
	if l.c.May&Aborted == 0 {
		f.forget[s] = l.nextFree(r.dead)
	}
	if l.c.Must&Aborted == 0 {
		f.lose[s], f.pass[s] = r.quit, r.quit
	}
	for e := l.closingOf(r.call); e != nil; e = l.closingOf(e.to) {
		f.lose[s] = min(f.lose[s], e.from)
		if !e.sure || !l.c.Close.ends() {
			f.pass[s] = min(f.pass[s], e.from)
			break
		}
		if e.to == never {
			break
		}
	}
	f.until[s] = min(l.enters(r), l.nextFree(r.dead), r.end)
	f.alike[s] = 0
}

// enters returns the event from which d is not admitted any more.
func (l *ledger) enters(d *record) int32 {
	switch {
	case d.kind == Syn:
		return l.nextFree(d.acked)
	case d.refused():
		return d.call
	case d.ret == never:
		return never
	case d.ok() && l.c.Admit == AdmitNever:
		return never
	case d.ok() && l.sure(d):
		return d.ret
	}
	return l.nextFree(d.ret)
}

// sure reports whether the contract says that d is in the accept queue when it
// has returned ok.
func (l *ledger) sure(d *record) bool {
	return l.c.Admit == AdmitReturn || l.c.Admit == AdmitUnlessOverlapped && !d.overlapped
}

// early reports whether d is a connection that ended unaccepted, and not
// because its client or time ended it.
func (l *ledger) early(d *record) bool {
	return !l.expires(d) && d.end != never && (d.accept == 0 || d.end < l.op(d.accept).call) && d.quit > d.end
}

// expires reports whether d ended half-open, as it does by itself with time:
// before its ack, or before that has returned, if it timed out.
func (l *ledger) expires(d *record) bool {
	return d.kind == Syn && (d.end < d.ack || d.end < d.acked && l.h.Events[d.end].Outcome == Timeout)
}

// returned takes an operation that has returned out of the running ones.
func (f *frontier) returned(id int32, r *record) {
	s := f.slot[id]
	if r.kind == Accept && !r.void() {
		f.accepts--
	}
	switch {
	case r.kind == Listen || r.kind == Shut:
		if f.gate == id {
			f.gate = 0
		}
	case f.used&(1<<s) == 0 || f.ops[s] != id:
	case r.kind == Accept:
		f.drop(1 << s)
	default:
		f.opens &^= 1 << s
		f.matches(s, r)
	}
}

// settle forgets, after event at, what can make no difference any more.
func (f *frontier) settle(at int32) {
	var in, gone uint64
	for i := range f.states {
		in |= f.states[i].in | f.states[i].ended
	}
	for rest := f.dials; rest != 0; rest &= rest - 1 {
		s := bits.TrailingZeros64(rest)
		d := f.l.op(f.ops[s])
		ended := d.end == never || d.end <= at
		if in&(1<<s) != 0 && ended && f.forget[s] <= at && d.accept == 0 && !f.l.strangers && !f.l.unreturned {
			f.remove(uint8(s))
			in &^= 1 << s
		}
		if f.opens&(1<<s) == 0 && in&(1<<s) == 0 && f.until[s] <= at && ended && !(d.kind == Syn && d.end == never && f.forget[s] > at && f.l.c.May&HalfOpen != 0) {
			gone |= 1 << s
		}
	}
	if gone != 0 {
		f.dials &^= gone
		f.drop(gone)
	}
}

// remove takes a slot out of all queues.
func (f *frontier) remove(slot uint8) {
	f.change(func(s *state) bool {
		if k := s.find(slot); k < int(s.n) {
			s.leave(k)
		}
		s.ended &^= 1 << slot
		return true
	})
}

// drop frees slots.
func (f *frontier) drop(slots uint64) {
	f.used &^= slots
	f.takers &^= slots
	for rest := f.dials; rest != 0; rest &= rest - 1 {
		f.alike[bits.TrailingZeros64(rest)] &^= slots
	}
	f.change(func(s *state) bool {
		s.did &^= slots
		s.light &^= slots
		s.half &^= slots
		s.turned &^= slots
		s.out &^= slots
		s.ended &^= slots
		return true
	})
}

// relaxed reports whether p is not enforced.
func (f *frontier) relaxed(p Promise) bool { return f.relax&(1<<p) != 0 }
