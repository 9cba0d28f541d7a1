package listentest

import "slices"

func (b *brute) refused(id int) bool {
	o := &b.ops[id]
	told := o.outcome == Refused || o.outcome == WouldBlock // else it may have been too late to be told
	return o.ret < far && (told || o.outcome.refusal() && o.taker == 0)
}

// overlapped reports whether another dial, ack or listen was open during a
// dial.
func (b *brute) overlapped(id int) bool {
	for i := 1; i < len(b.ops); i++ {
		o := &b.ops[i]
		if i != id && (o.kind == Dial || o.kind == Listen || o.kind == Ack) && o.call < b.ops[id].ret && o.ret > b.ops[id].call {
			return true
		}
	}
	return false
}

// certain reports whether an ok of dial id says that it is in.
func (b *brute) certain(id int) bool {
	return b.c.Admit == AdmitReturn || b.c.Admit == AdmitUnlessOverlapped && !b.overlapped(id)
}

// tooEarly reports whether id ended before any accept took it, by no doing of
// its client.
func (b *brute) tooEarly(id int) bool {
	o := &b.ops[id]
	if b.byTime(o) {
		return false
	}
	return o.end < far && (o.taker == 0 || o.end < b.ops[o.taker].call) && o.quit > o.end
}

// byTime reports whether o is a half-open connection that ended by itself:
// nobody can tell that it did not, until its ack has been called, or if it
// timed out, until that is over.
func (b *brute) byTime(o *bruteOp) bool {
	return o.kind == Syn && o.end < far && (o.end < o.ack || o.late && o.end < o.ackd)
}

// movedFrom returns the first event behind which id can have been turned away
// though it returned ok: not before a syn's ack.
func (b *brute) movedFrom(id int) int {
	if o := &b.ops[id]; o.kind == Syn {
		return max(o.ack, b.restedFrom(id))
	}
	return b.restedFrom(id)
}

// restedFrom returns the first event behind which dial id can have moved: its
// call, or the last quiet rest at which it was open.
func (b *brute) restedFrom(id int) int {
	from := b.ops[id].call
	for _, r := range b.rest {
		if r > from && r < b.ops[id].ret && b.may&HalfOpen == 0 {
			from = r
		}
	}
	return from
}

// mayEnter reports whether dial id can be admitted in gap p at all.
func (b *brute) mayEnter(w *world, id, p int) bool {
	o := &b.ops[id]
	if w.in&(1<<id) != 0 || b.refused(id) || b.unsupported(o) || p >= b.after(o.dead) || p >= o.end {
		return false
	}
	switch {
	case o.kind == Syn:
		return p >= o.ack && p < b.after(o.ackd)
	case o.ret == far, o.outcome == OK && b.c.Admit == AdmitNever:
		return true
	case o.outcome == OK && b.certain(id):
		return p < o.ret
	}
	return p < b.after(o.ret)
}

// effects returns what one effect of operation id leads to.
func (b *brute) effects(w world, id int) (all []world) {
	o := &b.ops[id]
	p := w.at - 1
	bit := uint32(1) << id
	low, high := b.limits(p)
	switch o.kind {
	case Dial, Syn:
		room := b.surely(&w, p) < high
		letIn := b.limited(o) && p < o.ret || !b.limited(o) && b.halfOpen(&w, id, p)
		if room && letIn && w.half&bit == 0 {
			n := w
			n.half |= bit
			all = append(all, n)
		}
		if lost := p >= min(o.ack, o.quit, o.end) || b.shutSince(id, p) || b.ticked(o.call, p); w.half&bit != 0 && (lost || !b.limited(o)) {
			n := w
			n.half &^= bit
			all = append(all, n)
		}
		if b.mayEnter(&w, id, p) && !w.closed && (room || w.half&bit != 0) && w.out&bit == 0 {
			n := w
			n.queue[n.length] = uint8(id)
			n.length++
			n.in |= bit
			n.half &^= bit
			all = append(all, n)
		}
		if b.unsupported(o) || b.possibly(&w, id, p) < low {
			break
		}
		k := slices.Index(w.queue[:w.length], uint8(id))
		if b.tooEarly(id) && w.out&bit == 0 && p < o.end && p >= b.movedFrom(id) && w.untold&bit == 0 && (w.in&bit == 0 || k >= 0) {
			n := w
			n.out |= bit
			if k >= 0 {
				n.remove(k)
			}
			all = append(all, n)
		}
		if w.away&bit == 0 && k < 0 && o.ret > p {
			n := w
			n.away |= bit
			all = append(all, n)
		}
	case Accept:
		if w.took&bit != 0 || o.ret <= p || o.ret < far && o.outcome != OK {
			break
		}
		for k, q := range w.queue[:w.length] {
			stranger := o.ret == far || o.conn == 0
			if b.c.Order == FIFO && slices.ContainsFunc(w.queue[:k], func(q uint8) bool { return !b.passable(int(q), p) }) {
				break
			}
			if !stranger && int(q) == o.conn && b.ops[q].taker == id || stranger && b.ops[q].taker == 0 {
				n := w
				n.remove(k)
				for ; b.c.Order == FIFO && k > 0; k-- {
					n.remove(0) // it was passed over, and is gone
				}
				n.took |= bit
				if b.c.Credit != CreditClose && b.forgotten(int(q), p) {
					n.light |= bit
				}
				all = append(all, n)
			}
		}
	case Shut:
		if b.closes(o) && !w.closed && o.ret > p {
			n := w
			for _, q := range w.queue[:w.length] {
				n.untold |= 1 << q
			}
			n.closed, n.length, n.queue = true, 0, [12]uint8{}
			all = append(all, n)
		}
	case Listen:
		if w.closed && o.ret > p && (o.ret == far || o.outcome == OK) {
			n := w
			n.closed = false
			all = append(all, n)
		}
	}
	return all
}

func (w *world) remove(k int) {
	copy(w.queue[k:], w.queue[k+1:])
	w.length--
	w.queue[w.length] = 0
}

// passes lets the next event happen, if it can.
func (b *brute) passes(w world) (world, bool) {
	e := &b.h.Events[w.at]
	id := int(e.Op)
	bit := uint32(1) << id
	n := w
	n.at++
	switch e.Verb {
	case Return:
		return n, b.mayReturn(&w, id, bit)
	case End:
		id = int(e.Conn)
		bit = 1 << id
		o := &b.ops[id]
		if o.kind != Dial && o.kind != Syn {
			return n, true
		}
		k := slices.Index(w.queue[:w.length], uint8(id))
		n.untold &^= bit
		switch {
		case e.Outcome != Timeout && b.endedByShut(id, w.at):
			return n, false
		case w.untold&bit != 0, w.out&bit != 0, o.quit < w.at, w.in&bit != 0 && k < 0, b.ops[o.taker].ret < w.at, b.byTime(o):
			return n, true
		case b.shutAfter(b.restedFrom(id), w.at-1) && (k < 0 || b.passable(id, w.at-1)):
			waits := slices.ContainsFunc(b.ops, func(o bruteOp) bool { return o.kind == Accept && o.ret == far })
			if k >= 0 && o.taker == 0 && !b.strange() && !waits {
				n.remove(k)
			}
			return n, true
		}
		return n, false
	case Rested:
		return n, Rest(e.N) != Quiet || b.mayRest(&w)
	}
	return n, true
}

// endedByShut reports whether connection id, which had been accepted, was
// ended at event at by nothing but a close: there was none before, and neither
// a rest nor another listen since.
func (b *brute) endedByShut(id, at int) bool {
	d := &b.ops[id]
	for _, o := range b.ops {
		if (o.kind == Hangup || o.kind == Abort || o.kind == HalfClose) && !b.unsupported(&o) && o.call < at &&
			(o.conn == id || o.conn == d.taker) {
			return false
		}
	}
	for s, o := range b.ops {
		if !b.closes(&o) || o.call > at || d.taker == 0 || b.ops[d.taker].ret > o.call || b.shutting(o.call) != s {
			continue
		}
		over := false
		for i := o.ret; i < at; i++ {
			e := &b.h.Events[i]
			over = over || e.Verb == Rested || e.Verb == Call && e.Step.Kind == Listen
		}
		if !over {
			return true
		}
	}
	return false
}

func (b *brute) mayReturn(w *world, id int, bit uint32) bool {
	o := &b.ops[id]
	switch o.kind {
	case Listen:
		return o.outcome != OK || !w.closed
	case Shut:
		return !b.closes(o) || w.closed
	case Accept:
		if o.outcome == Failed || o.outcome == Closed || o.outcome == EOF {
			return b.shutAfter(0, w.at-1) // else nobody has closed the listener
		}
		shut := w.closed && b.closedBefore(o.call) && b.shutting(o.call) == b.shutting(w.at)
		return o.outcome != OK || w.took&bit != 0 || o.conn <= 0 && b.c.Anomalies&Phantom != 0 && !shut
	case Syn:
		return (!b.refused(id) || w.away&bit != 0 || o.outcome == Timeout) && (!b.limited(o) || w.half&bit != 0)
	case Dial:
		switch {
		case b.refused(id):
			return w.away&bit != 0 || o.outcome == Timeout // what rests on time is not certain
		case o.outcome != OK:
			return true
		case w.closed && b.closedBefore(o.call) && b.shutting(o.call) == b.shutting(w.at):
			return false
		case b.certain(id) && w.in&bit == 0:
			return w.out&bit != 0
		}
	}
	return true
}

// limited reports whether o is a syn that returned ok and holds a place.
func (b *brute) limited(o *bruteOp) bool {
	return o.kind == Syn && o.ret < far && o.outcome == OK && b.must&HalfOpen != 0
}

// closedBefore reports whether the listener is shut at event p, by a shut that
// had returned.
func (b *brute) closedBefore(p int) bool {
	s := b.shutting(p)
	return s != 0 && b.closes(&b.ops[s]) && b.ops[s].ret < p
}

// mayRest reports whether all that is open can be at rest.
func (b *brute) mayRest(w *world) bool {
	at, p := w.at, w.at-1
	low, _ := b.limits(p)
	accepting := false
	for id := 1; id < len(b.ops); id++ {
		o := &b.ops[id]
		bit := uint32(1) << id
		open := o.call < at && o.ret > at
		switch {
		case b.unsupported(o):
		case o.kind == Shut && open && o.n == 0 && b.c.Close == CloseEnds:
			return false
		case o.kind == Dial && open && w.closed && b.closedBefore(at) && o.call < b.ops[b.shutting(at)].call && b.c.Overflow&(Block|Drop|Ghost) == Block:
			return false
		case o.kind == Accept && open:
			accepting = true
			if w.took&bit != 0 || w.closed && b.closedBefore(at) {
				return false
			}
		case !b.strange() && w.untold&bit != 0 && b.closedBefore(at) && w.closed && o.ret < at && o.outcome == OK && o.end > at && o.quit > at:
			return false
		case o.kind != Dial && o.kind != Syn || o.call > at:
		case w.in&bit != 0 && open:
			return false
		case w.in&bit != 0:
		case !open:
			if o.kind == Dial && o.outcome == OK && b.c.Admit == AdmitLater && !b.strange() && o.end == far && o.quit > at && b.after(o.ret) == at && !b.shutSince(id, p) {
				return false
			}
		case b.after(o.call) == at && w.away&bit == 0:
			return false
		case o.kind == Dial && b.c.Overflow&(Block|Drop) == Block && b.c.Guaranteed.Stated && b.possibly(w, id, p) < low:
			return false
		}
	}
	if accepting {
		for _, q := range w.queue[:w.length] {
			if !b.passable(int(q), p) {
				return false
			}
		}
	}
	return true
}

// strange reports whether an accept returned it is not known what: then it is
// not known either whose ends were seen.
func (b *brute) strange() bool {
	return slices.ContainsFunc(b.ops, func(o bruteOp) bool { return o.kind == Accept && o.ret < far && o.outcome == OK && o.conn == 0 })
}
