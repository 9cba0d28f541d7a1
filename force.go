package listentest

import (
	"math"
	"slices"
)

// This file holds what was in force when: the bounds, and the closings.

// A closing goes from a shut's call to the return of the next listen.
type closing struct {
	span
	op   int32 // the shut
	sure bool  // the listener was closed, and not shut down in another way or perhaps not at all
}

// A leave is the close of one listener of a group while another is open: from
// its call to its return.
type leave struct {
	span
	op int32 // the shut
}

// A group is the listeners of the address, at some event.
type group struct {
	open    [8]bool  // from a listen's return to a shut's call, of the last, or its return
	backlog [8]int32 // of the newest listen,
	peak    [8]int32 // and the most that may be held by any since it was opened
	busy    int32    // the newest listen or shut
	opening int32    // the listen that is open, or 0
	closed  bool     // no listener is open
	last    int      // the one that closed last,
	shut    closing  // and its close
}

// bounds fills low, high, ends and leaves.
func (l *ledger) bounds() {
	l.shrunk = 0
	g := group{open: [8]bool{true}, backlog: [8]int32{l.h.Backlog}, peak: [8]int32{l.c.maxFor(l.h.Backlog)}}
	low, high := l.inForce(&g)
	for i := range l.h.Events {
		if e := &l.h.Events[i]; e.Verb <= Return {
			r, at := l.op(e.Op), int32(i)
			if (r.kind == Listen || r.kind == Shut) && r.actor.Role() == ListenerRole {
				switch at {
				case r.call:
					l.begins(&g, e.Op, at)
				case r.ret:
					l.returns(&g, r, at)
				}
				low, high = l.inForce(&g)
			}
		}
		l.low[i], l.high[i] = low, high
		if i > 0 && high < l.high[i-1] {
			l.shrunk = int32(i)
		}
	}
	if g.closed {
		l.ends = append(l.ends, g.shut)
	}
}

// begins enters the call of a listen or shut.
func (l *ledger) begins(g *group, id, at int32) {
	if g.busy != 0 && l.op(g.busy).ret > at {
		l.blind = min(l.blind, at) // which of them came first is not known
	}
	g.busy = id
	r := l.op(id)
	n := r.actor.Num()
	switch {
	case r.kind == Listen:
		g.opening = id
	case r.void() || !g.open[n]:
	case g.others(n):
		l.leaves = append(l.leaves, leave{span{at, r.ret}, id})
	default:
		g.open[n], g.last = false, n
		g.closed, g.shut = true, closing{span{at, never}, id, r.ok() && r.n == 0}
	}
}

// returns enters the return of a listen or shut.
func (l *ledger) returns(g *group, r *record, at int32) {
	n := r.actor.Num()
	if r.kind == Listen {
		g.opening = 0
	}
	switch {
	case r.kind == Shut && g.open[n] && !r.void():
		if g.open[n] = false; !r.ok() || r.n != 0 {
			l.blind = min(l.blind, at) // whether it is closed is not known
		}
	case r.kind == Listen && r.outcome == OK:
		if g.backlog[n] = int32(r.n); !g.open[n] {
			g.open[n], g.peak[n] = true, 0
		}
		g.peak[n] = max(g.peak[n], l.c.maxFor(g.backlog[n]))
		if g.shut.to = at; g.closed {
			g.closed, l.ends = false, append(l.ends, g.shut)
		}
	}
}

// others reports whether a listener beside n is open.
func (g *group) others(n int) bool {
	for i := range g.open {
		if i != n && g.open[i] {
			return true
		}
	}
	return false
}

// inForce returns the bounds. While a listen is open, both the old and the new
// backlog are in force; while no listener is open, nothing is guaranteed. Of
// several, the least is guaranteed, for nobody says to which of them a dial
// goes, and the sum may be held.
func (l *ledger) inForce(g *group) (low, high int32) {
	low = never
	for n := range g.open {
		least, most := never, int32(0)
		if g.open[n] || g.closed && g.last == n {
			least, most = l.c.guaranteedFor(g.backlog[n]), l.c.maxFor(g.backlog[n])
			if g.others(n) { // a smaller backlog ends nothing, and leaves the others their room
				most = g.peak[n]
			}
		}
		if o := l.op(g.opening); o.kind == Listen && o.actor == Listener(n) {
			b := int32(o.n)
			least, most = min(least, l.c.guaranteedFor(b)), max(most, l.c.maxFor(b))
		}
		low, high = min(low, least), high+min(most, math.MaxInt32-high)
	}
	if g.closed {
		low = 0
	}
	return low, high
}

// left reports whether a leave before event to may have turned away or ended
// what came at event from and returned at ret. Who had returned before there
// was a group is at l0.
func (l *ledger) left(from, ret, to int32) bool {
	for _, e := range l.leaves {
		if e.from < to && e.to > from && (ret >= l.group || l.op(e.op).actor == Listener(0)) {
			return true
		}
	}
	return false
}

// stays returns the first event at which a leave may have ended d.
func (l *ledger) stays(d *record) int32 {
	for _, e := range l.leaves {
		if e.to > d.call && (d.kind == Syn || d.ret >= l.group || l.op(e.op).actor == Listener(0)) {
			return e.from
		}
	}
	return never
}

// single returns the first event that is not judged by what holds for one
// listener alone: which listener a connection waits at, in which order, and
// what its close leaves.
func (l *ledger) single() int32 { return min(l.blind, l.group) }

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
