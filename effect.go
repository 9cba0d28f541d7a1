package listentest

import (
	"math/bits"
	"slices"
)

// close adds to the states all that effects in the gap after event p lead to.
func (f *frontier) close(p int32) { f.closeUpTo(0, p) }

// closeFor is close before operation id returns. Mostly what other operations
// do can be put off: to their own return, or to a rest. Then only what id
// itself needs is looked for. Not so where a dial needs a moment at which it
// could be turned away, for that moment may pass, nor while bounds change.
func (f *frontier) closeFor(id int32, r *record, p int32) {
	goal := uint64(0)
	switch {
	case f.gate != 0 || r.kind == Syn || r.refused() || f.needsMoment():
	case r.kind == Accept && r.ok(), r.kind == Dial && r.ok() && f.l.sure(r):
		goal = 1 << f.slot[id]
	default:
		return
	}
	f.closeUpTo(goal, p)
}

// needsMoment reports whether a dial is to be turned away, and in some state
// has not been.
func (f *frontier) needsMoment() bool {
	open := f.opens & f.moment
	return f.dials&f.early != 0 || open != 0 && slices.ContainsFunc(f.states, func(s state) bool { return open&^s.turned != 0 })
}

// closeUpTo is close, but does not go on from states in which the operation of
// goal has had its effect.
func (f *frontier) closeUpTo(goal uint64, p int32) {
	if p < 0 {
		return
	}
	if f.opens&f.moment != 0 {
		f.change(func(s *state) bool { f.turnAway(s, p); return true })
	}
	for i := 0; i < len(f.states) && !f.gaveUp; i++ {
		if f.work++; f.work > f.more*frontierWork {
			f.gaveUp = true
		}
		did := f.states[i].did
		if did&goal != 0 || (f.dials|f.takers)&^did == 0 && f.dials&f.early == 0 && f.gate == 0 {
			continue // on purpose, or for want of an effect
		}
		s := f.states[i]
		f.admits(&s, p)
		f.takes(&s, p)
		f.evicts(&s, p)
		f.opensOrCloses(&s, p)
	}
}

// add adds a state that an effect in gap p has led to.
func (f *frontier) add(s *state, p int32) {
	f.turnAway(s, p)
	f.insert(s)
}

// held returns how many connections may hold a place in s.
func (f *frontier) held(s *state, p int32) int32 {
	n := f.may[p]
	for rest := s.in; rest != 0; rest &= rest - 1 {
		n += count(p < f.forget[bits.TrailingZeros64(rest)])
	}
	n += int32(bits.OnesCount64(f.takers & s.did &^ s.light)) // taken, and not returned yet
	if f.l.c.May&HalfOpen != 0 {
		for rest := f.dials &^ s.did; rest != 0; rest &= rest - 1 {
			n += count(f.half(s, bits.TrailingZeros64(rest), p))
		}
	}
	return n
}

// half reports whether the dial or syn of a slot, which is not admitted, may
// be half-open. A dial that has returned ok may be to the listener, as long as
// it may still be admitted.
func (f *frontier) half(s *state, slot int, p int32) bool {
	d := f.l.op(f.ops[slot])
	if d.kind == Syn {
		return p < f.forget[slot] && (p < d.end || d.end >= d.quit) && (!d.refused() || p < d.ret)
	}
	return p < d.ret || p < f.until[slot] && s.out&(1<<slot) == 0
}

// own returns what of held is the dial of a slot itself.
func (f *frontier) own(s *state, slot int, p int32) int32 {
	if s.did&(1<<slot) != 0 {
		return count(s.in&(1<<slot) != 0 && p < f.forget[slot])
	}
	return count(f.l.c.May&HalfOpen != 0 && f.half(s, slot, p))
}

// surely returns how many connections surely hold a place in s.
func (f *frontier) surely(s *state, p int32) int32 {
	c := &f.l.c
	n := f.must[p]
	if c.Must&Completed != 0 {
		for rest := s.in; rest != 0; rest &= rest - 1 {
			n += count(p < f.lose[bits.TrailingZeros64(rest)])
		}
	}
	if c.Credit == CreditClose && c.Must&Accepted != 0 {
		for rest := f.takers & s.did; rest != 0; rest &= rest - 1 {
			n += count(p < f.l.places(f.l.op(f.ops[bits.TrailingZeros64(rest)])))
		}
	}
	n += int32(bits.OnesCount64(s.half))
	return n
}

// turnAway marks the open dials that may be turned away in s, of those that
// need it. That rules nothing out, so it is not an effect of its own.
func (f *frontier) turnAway(s *state, p int32) {
	held := int32(-1)
	for rest := f.opens & f.moment &^ s.turned &^ s.in; rest != 0; rest &= rest - 1 {
		slot := bits.TrailingZeros64(rest)
		if held < 0 {
			held = f.held(s, p)
		}
		if held-f.own(s, slot, p) >= f.l.low[p] || f.relaxed(MinPending) {
			s.turned |= 1 << slot
		}
	}
}

// admits lets dials into the queue.
func (f *frontier) admits(s *state, p int32) {
	can := f.dials &^ s.did
	if can == 0 {
		return
	}
	full := f.surely(s, p) >= f.l.high[p] && !f.relaxed(MaxPending)
	if full && s.half == 0 {
		return
	}
	for ; can != 0; can &= can - 1 {
		slot := uint8(bits.TrailingZeros64(can))
		bit := uint64(1) << slot
		if f.alike[slot]&can&(bit-1) != 0 && f.twin(s, slot) {
			continue
		}
		d := f.l.op(f.ops[slot])
		if !full && s.half&bit == 0 && f.mayBeLetIn(s, slot, p) || s.half&bit != 0 && f.limited(d) && p >= f.l.leastHalf(d).to {
			t := *s
			t.half ^= bit
			f.add(&t, p)
		}
		if full && s.half&bit == 0 {
			continue
		}
		if s.closed || p >= f.until[slot] || d.kind == Syn && p < d.ack || s.out&bit != 0 {
			continue
		}
		if f.tooSoon(s, slot, d) {
			continue
		}
		if s.n == frontierQueue {
			f.gaveUp = true
			return
		}
		t := *s
		t.enter(slot, f.sorted)
		t.half &^= bit
		f.add(&t, p)
	}
}

// tooSoon reports whether it is too soon for d, because another dial that has
// not been admitted will be accepted before it. That saves the search states
// from which there is no way on.
func (f *frontier) tooSoon(s *state, slot uint8, d *record) bool {
	if f.l.c.Order != FIFO || f.relaxed(OrderPromise) || f.relaxed(Conserve) || d.accept == 0 {
		return false
	}
	a := f.l.op(d.accept)
	for rest := f.dials &^ s.did &^ (1 << slot); rest != 0; rest &= rest - 1 {
		if b := f.l.op(f.l.op(f.ops[bits.TrailingZeros64(rest)]).accept); b.ret < a.call {
			return true
		}
	}
	return false
}

// mayBeLetIn reports whether the dial or syn of a slot may take a place before
// it is admitted, which it keeps when the backlog shrinks: a syn that must, and
// before a shrink any that may be half-open.
func (f *frontier) mayBeLetIn(s *state, slot uint8, p int32) bool {
	d := f.l.op(f.ops[slot])
	if f.limited(d) {
		return p < d.ret
	}
	return p < f.l.shrunk && f.l.c.May&HalfOpen != 0 && f.half(s, int(slot), p)
}

// limited reports whether d is a syn that was let in, and may only be while
// there is a place for it.
func (f *frontier) limited(d *record) bool {
	return d.kind == Syn && d.ok() && f.l.c.Must&HalfOpen != 0
}

// takes lets open accepts take a connection.
func (f *frontier) takes(s *state, p int32) {
	fifo := f.l.c.Order == FIFO && !f.relaxed(OrderPromise)
	for rest := f.takers &^ s.did; rest != 0; rest &= rest - 1 {
		slot := bits.TrailingZeros64(rest)
		a := f.l.op(f.ops[slot])
		for k := range int(s.n) {
			d := f.l.op(f.ops[s.queue[k]])
			known := a.ret != never && a.conn != 0
			if known && f.ops[s.queue[k]] == a.conn && d.accept == f.ops[slot] || !known && d.accept == 0 {
				t := *s
				t.leave(k)
				for j := k; fifo && j > 0; j-- { // those before it are gone
					t.leave(0)
				}
				t.did |= 1 << slot
				if p >= f.forget[s.queue[k]] && f.l.c.Credit != CreditClose {
					t.light |= 1 << slot
				}
				f.add(&t, p)
			}
			if fifo && p < f.pass[s.queue[k]] {
				break
			}
		}
	}
}

// evicts turns connections away that their clients took for admitted.
func (f *frontier) evicts(s *state, p int32) {
	rest := f.dials & f.early &^ s.out &^ s.ended
	if rest == 0 {
		return
	}
	held := f.held(s, p)
	if held < f.l.low[p] && !f.relaxed(MinPending) {
		return
	}
	for ; rest != 0; rest &= rest - 1 {
		slot := bits.TrailingZeros64(rest)
		d := f.l.op(f.ops[slot])
		if p < f.l.handshake(d) || p >= d.end || s.did&^s.in&(1<<slot) != 0 {
			continue
		}
		if held-f.own(s, slot, p) < f.l.low[p] && !f.relaxed(MinPending) {
			continue
		}
		t := *s
		if k := t.find(uint8(slot)); k < int(t.n) {
			t.leave(k)
		}
		t.out |= 1 << slot
		f.add(&t, p)
	}
}

// handshake returns the event from which d can be turned away although its
// client has been answered.
func (l *ledger) handshake(d *record) int32 {
	if d.kind == Syn {
		return max(d.from, d.ack)
	}
	return d.from
}

// opensOrCloses lets an open shut close the listener, and an open listen open
// it again.
func (f *frontier) opensOrCloses(s *state, p int32) {
	r := f.l.op(f.gate)
	t := *s
	switch {
	case r.kind == Listen && s.closed && (r.ret == never || r.ok()):
		t.closed = false
	case r.kind == Shut && !s.closed && f.closes(r) && !f.relaxed(ShutPromise):
		t.closed, t.n, t.in, t.queue = true, 0, 0, [frontierQueue]uint8{}
		t.ended |= s.in
	default:
		return
	}
	f.add(&t, p)
}

// closes reports whether a shut surely closes the listener, and ends what is
// pending.
func (f *frontier) closes(r *record) bool {
	return r.ok() && r.n == 0 && f.l.c.Close.ends()
}

// returns reports whether operation id can return in s at event at.
func (f *frontier) returns(s *state, id int32, r *record, at int32) bool {
	slot := f.slot[id]
	bit := uint64(1) << slot
	switch r.kind {
	case Listen:
		return r.actor != Listener(0) || !s.closed || r.outcome != OK
	case Shut:
		return r.actor != Listener(0) || s.closed || !f.closes(r) || f.relaxed(ShutPromise)
	case Accept:
		phantom := r.conn <= 0 && f.l.c.Anomalies&Phantom != 0 && !(s.closed && f.shutFrom(r.call, at))
		return r.outcome != OK || s.did&bit != 0 || phantom || f.stray(s, r)
	case Dial:
		switch {
		case r.void():
		case r.refused():
			return s.turned&bit != 0 || r.outcome == Timeout // what rests on time is not certain
		case r.outcome != OK:
		case s.closed && f.shutFrom(r.call, at):
			return false
		case f.l.sure(r) && s.did&bit == 0:
			return s.out&bit != 0
		}
	case Syn:
		return (!r.refused() || s.turned&bit != 0 || r.outcome == Timeout) && (!f.limited(r) || s.half&bit != 0)
	}
	return true
}

// stray lets an accept return what it can't have taken, if conserve is relaxed.
func (f *frontier) stray(s *state, r *record) bool {
	if !f.relaxed(Conserve) {
		return false
	}
	if d := f.l.op(r.conn); d.dial() && f.used&(1<<f.slot[r.conn]) != 0 && f.ops[f.slot[r.conn]] == r.conn {
		if k := s.find(f.slot[r.conn]); k < int(s.n) {
			s.leave(k)
		}
	}
	return true
}

// shutFrom reports whether the listener had been closed before event from, by
// a shut that had returned, and was not opened again before event at.
func (f *frontier) shutFrom(from, at int32) bool {
	e := f.l.closingOf(from)
	return e != nil && e.sure && f.l.op(e.op).ret < from && e.to > at
}

// ends reports whether connection id can be told its end in s at event at.
func (f *frontier) ends(s *state, id int32, at int32) bool {
	d := f.l.op(id)
	if !d.dial() {
		return true // nobody's
	}
	a := f.l.op(d.accept)
	slot := f.slot[id]
	if f.used&(1<<slot) == 0 || f.ops[slot] != id {
		return true // decided long since
	}
	bit := uint64(1) << slot
	s.ended &^= bit
	switch {
	case s.out&bit != 0, d.quit < at, f.l.expires(d):
		return true
	case s.did&bit != 0 && s.in&bit == 0, a.ret < at:
		return true // accepted
	}
	if e := f.l.closingOf(d.from); e != nil && e.from < at && (s.in&bit == 0 || f.pass[slot] < at || f.relaxed(ShutPromise)) {
		if k := s.find(slot); k < int(s.n) && d.accept == 0 && !f.l.strangers && !f.l.unreturned {
			s.leave(k) // else it may be accepted all the same
		}
		return true
	}
	return false
}

// rests reports whether nothing can move in s at the free quiet rest at.
func (f *frontier) rests(s *state, at int32) bool {
	l := f.l
	if s.did&(f.takers|f.opens) != 0 {
		return false // it would have returned
	}
	if f.accepts > 0 && !f.relaxed(Progress) {
		for _, slot := range s.queue[:s.n] {
			if at <= f.pass[slot] {
				return false
			}
		}
	}
	if s.closed && f.shutFrom(at, at) {
		if f.accepts > 0 || l.blocks() && f.dialedBefore(l.op(l.closingOf(at).op).call) {
			return false
		}
		for rest := s.ended; rest != 0 && !l.strangers; rest &= rest - 1 {
			if d := l.op(f.ops[bits.TrailingZeros64(rest)]); d.ret < at && d.ok() && d.end > at && d.quit > at {
				return false
			}
		}
	}
	for rest := f.dials &^ s.did; rest != 0; rest &= rest - 1 {
		slot := bits.TrailingZeros64(rest)
		d := l.op(f.ops[slot])
		switch {
		case d.ret < at:
			if d.kind == Dial && d.ok() && l.c.Admit == AdmitLater && !l.strangers && d.end == never && d.quit > at && !l.ended(d, at) && l.nextFree(d.ret) == at {
				return false
			}
		case l.nextFree(d.call) == at && s.turned&(1<<slot) == 0:
			return false
		case d.kind == Dial && l.c.Overflow&(Block|Drop) == Block && l.c.Guaranteed.Stated && !f.relaxed(Progress) && !(f.relaxed(MinPending) && l.nextFree(d.call) == at) &&
			f.held(s, at-1)-f.own(s, slot, at-1) < l.low[at-1]:
			return false
		}
	}
	return true
}

// dialedBefore reports whether a dial is open that was called before event at.
func (f *frontier) dialedBefore(at int32) bool {
	for rest := f.opens; rest != 0; rest &= rest - 1 {
		if d := f.l.op(f.ops[bits.TrailingZeros64(rest)]); d.kind == Dial && d.call < at {
			return true
		}
	}
	return false
}

// ended reports whether the listener that d went to was shut before event at.
func (l *ledger) ended(d *record, at int32) bool {
	e := l.closingOf(d.call)
	return e != nil && e.from < at
}
