package listentest

import "slices"

// This file holds what was in force when: the bounds, and the closings.

// A closing goes from a shut's call to the return of the next listen.
type closing struct {
	span
	op   int32 // the shut
	sure bool  // the listener was closed, and not shut down in another way or perhaps not at all
}

// bounds fills low, high and ends. While a listen is open, both the old and
// the new backlog are in force; from a shut's call until the return of a
// listen nothing is guaranteed.
func (l *ledger) bounds() {
	l.shrunk = 0
	now := l.h.Backlog
	var shut closing // in force, if closed
	closed := false
	opening := int32(0) // the listen that is open
	busy := int32(0)    // the listen or shut that is open
	low, high := l.inForce(now, opening, closed)
	for i := range l.h.Events {
		if e := &l.h.Events[i]; e.Verb <= Return {
			r := l.op(e.Op)
			if r.kind == Listen || r.kind == Shut {
				if r.actor == Listener(0) && r.call == int32(i) {
					if l.op(busy).ret > int32(i) && busy != 0 {
						l.blind = min(l.blind, int32(i)) // which of them came first is not known
					}
					busy = e.Op
				}
				switch {
				case r.actor != Listener(0):
				case e.Verb == Call && r.kind == Listen && r.call == int32(i):
					opening = e.Op
				case e.Verb == Call && r.kind == Shut && !closed && !r.void():
					closed, shut = true, closing{span{int32(i), never}, e.Op, r.ok() && r.n == 0}
				case e.Verb == Return && r.kind == Listen && r.ret == int32(i):
					opening = 0
					if e.Outcome == OK {
						now = int32(r.n)
						if shut.to = int32(i); closed {
							closed, l.ends = false, append(l.ends, shut)
						}
					}
				}
				low, high = l.inForce(now, opening, closed)
			}
		}
		l.low[i], l.high[i] = low, high
		if i > 0 && high < l.high[i-1] {
			l.shrunk = int32(i)
		}
	}
	if closed {
		l.ends = append(l.ends, shut)
	}
}

// inForce returns the bounds for backlog now while listen opening is open.
func (l *ledger) inForce(now, opening int32, closed bool) (low, high int32) {
	low, high = l.c.guaranteedFor(now), l.c.maxFor(now)
	if opening != 0 {
		b := int32(l.op(opening).n)
		low, high = min(low, l.c.guaranteedFor(b)), max(high, l.c.maxFor(b))
	}
	if closed {
		low = 0
	}
	return low, high
}

// closingOf returns the first closing that ends after event p, or nil: it is
// the one that ends the listener which was there at p, or which p is in.
func (l *ledger) closingOf(p int32) *closing {
	i, _ := slices.BinarySearchFunc(l.ends, p, func(e closing, p int32) int {
		if e.to <= p {
			return -1
		}
		return 1
	})
	if i == len(l.ends) {
		return nil
	}
	return &l.ends[i]
}

// shutAt reports whether event p is in a closing.
func (l *ledger) shutAt(p int32) bool {
	if len(l.ends) == 0 {
		return false
	}
	e := l.closingOf(p)
	return e != nil && e.from <= p
}
