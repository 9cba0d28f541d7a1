package listentest

import (
	"cmp"
	"fmt"
	"slices"
)

// This file holds the two promises that are judged at rests: that nothing
// waits which could go on, and that a closed listener leaves nobody waiting.
// A rest with an actor held judges nothing, because a correct listener that
// is held under its own lock blocks everybody. At a calm rest, one that only
// waited, what is found is suspect.

func (k *Checker) progress() {
	k.stuckAccepts()
	if k.l.c.Guaranteed.Stated && k.l.c.Overflow&(Block|Drop) == Block {
		k.stuckDials()
	}
	if k.l.c.Overflow&Drop != 0 && k.l.c.Retry > 0 {
		k.stuckRetries()
	}
}

// stuckAccepts finds an accept that is open at a rest while something is
// pending.
func (k *Checker) stuckAccepts() {
	l := &k.l
	k.waits = k.waits[:0]
	next := 1 // the first operation that was not called by the rest before
	for _, r := range l.rests {
		if r.at >= l.single() {
			return
		}
		for ; next < len(l.ops) && l.ops[next].call < r.at; next++ {
			if l.ops[next].kind == Accept && !l.ops[next].void() {
				k.judged[Progress] = true
				k.waits = append(k.waits, int32(next))
			}
		}
		open := k.waits[:0]
		for _, id := range k.waits {
			if l.ops[id].ret > r.at {
				open = append(open, id)
			}
		}
		k.waits = open
		if len(open) > 0 && l.wait[r.at] > 0 {
			k.stuckAccept(r, open[0])
		}
	}
}

// stuckAccept reports accept id, which is open at r.
func (k *Checker) stuckAccept(r rest, id int32) {
	a := k.l.op(id)
	waiting := k.waiting(r.at)
	k.found(Violation{Promise: Progress, Suspect: !r.quiet, Op: id, From: int(a.call), To: int(r.at), Holders: waiting,
		Text: fmt.Sprintf("accept #%d by %v waits at rest while a connection is pending: %s", id, a.actor, k.who(waiting))})
}

// waiting returns the connections that are pending at a rest, less as many as
// strangers may be.
func (k *Checker) waiting(at int32) (ids []int32) {
	l := &k.l
	for id := range l.ops {
		if d := &l.ops[id]; d.dial() {
			if s := l.pending(d); s.from <= at && at < s.to {
				ids = append(ids, int32(id))
			}
		}
	}
	return ids[:l.wait[at]]
}

// stuckDials judges the dials that were open at two successive free quiet
// rests, with room from the one to the other, where a dial at a full queue
// waits for room.
func (k *Checker) stuckDials() {
	l := &k.l
	k.roomyRests()
	next := 0
	for id := range l.ops {
		d := &l.ops[id]
		if d.kind != Dial || d.void() {
			continue
		}
		for next < len(k.roomy) && l.rests[k.roomy[next]].at <= d.call {
			next += 2
		}
		if next+1 >= len(k.roomy) {
			return
		}
		before, r := l.rests[k.roomy[next]], l.rests[k.roomy[next+1]]
		if d.ret <= r.at || r.at >= l.single() {
			continue
		}
		k.found(Violation{Promise: Progress, Op: int32(id), From: int(before.at), To: int(r.at), Holders: l.holders(before.at),
			Text: fmt.Sprintf("dial #%d by %v waits at rest while at most %s held, and %d %s guaranteed",
				id, d.actor, connections(l.hi[before.at]), l.low[before.at], isAre(l.low[before.at]))})
		return
	}
}

// roomyRests fills roomy with pairs of successive quiet rests between which
// there was room all along.
func (k *Checker) roomyRests() {
	k.roomy = k.roomy[:0]
	before := -1
	for i, r := range k.l.rests {
		if !r.quiet {
			continue
		}
		if before >= 0 && none(k.room, k.l.rests[before].at, r.at) {
			k.roomy = append(k.roomy, int32(before), int32(i))
		}
		before = i
	}
}

// stuckRetries judges the dials that are tried again every Retry milliseconds:
// once there was room for so long, they must have returned.
func (k *Checker) stuckRetries() {
	l := &k.l
	clock, since, sinceAt := int32(0), int32(-1), int32(0) // room since that time
	rest, id := 0, 1                                       // id: the first that has not been open at a due rest, or was called later
	for p := range l.h.Events {
		at := int32(p)
		if at >= l.single() {
			return
		}
		if e := &l.h.Events[p]; e.Verb == Clock {
			clock = e.N
		}
		due := false // at a rest, by what was true until it
		if rest < len(l.rests) && l.rests[rest].at == at {
			due = l.rests[rest].quiet && since >= 0 && clock-since >= l.c.Retry
			rest++
		}
		switch {
		case due:
		case l.hi[p] >= l.low[p]:
			since = -1
		case since < 0:
			since, sinceAt = clock, at
		}
		if !due {
			continue
		}
		for ; id < len(l.ops) && l.ops[id].call < sinceAt; id++ {
			if d := &l.ops[id]; d.kind == Dial && d.ret > at && !d.void() {
				k.found(Violation{Promise: Progress, Op: int32(id), From: int(sinceAt), To: p, Holders: l.holders(at),
					Text: fmt.Sprintf("dial #%d by %v waits at rest though there was room for a whole retry interval of %d ms",
						id, d.actor, l.c.Retry)})
				return
			}
		}
	}
}

// left judges what was left behind, which is wrong whatever the contract says.
func (k *Checker) left() {
	for i, e := range k.l.h.Events {
		if e.Verb == Left {
			k.found(Violation{Promise: ShutPromise, From: i, To: i,
				Text: "a goroutine is left behind after everything was closed, in " + e.Point})
		}
	}
}

// shut judges the closes.
func (k *Checker) shut() {
	l := &k.l
	if !l.c.Close.ends() {
		return
	}
	k.stuckShuts()
	for i, e := range l.ends {
		s := l.op(e.op)
		if !e.sure || s.ret >= l.blind {
			continue
		}
		first := int32(1) // the first operation that was called after the closing before
		if i > 0 {
			first = l.firstFrom(l.ends[i-1].to)
		}
		reopened, id := never, l.firstFrom(s.ret) // the call of the next listen
		for ; int(id) < len(l.ops) && reopened == never; id++ {
			if l.ops[id].kind == Listen && !l.ops[id].void() {
				reopened = l.ops[id].call
			}
		}
		k.afterShut(e.op, id, reopened)
		to := min(reopened, int32(len(l.h.Events)))
		if r := l.restFrom(s.ret); r != nil && r.at < reopened {
			to = r.at
			if s.ret < l.group {
				k.leftByShut(s, *r, first)
			}
		}
		k.endedByShut(s, min(to, l.blind))
	}
	for _, e := range l.leaves {
		if r := l.restFrom(e.to); r != nil && e.to < l.blind {
			k.endedByShut(l.op(e.op), min(r.at, l.blind))
			to := min(r.at, l.blind)
			if c := l.closingOf(e.from); c != nil {
				to = min(to, c.from) // it ends them after all
			}
			k.endedByLeave(e, to)
		}
	}
}

// endedByLeave finds a connection that was pending when a listener left, and
// was ended before event to, where it should have moved to another one. One
// that may have found no room before may have been ended for that.
func (k *Checker) endedByLeave(e leave, to int32) {
	l := &k.l
	if l.c.Close != CloseMoves {
		return
	}
	k.judged[ShutPromise] = true
	for p := e.from; p < to; p++ {
		id := l.h.Events[p].Conn
		d := l.op(id)
		if l.h.Events[p].Verb != End || d.end != p || d.kind != Dial || !d.ok() || d.ret > e.from || d.accept != 0 || min(d.quit, l.stranger) < p ||
			!l.c.Guaranteed.Stated || !none(k.room1, d.from, e.from) {
			continue
		}
		k.found(Violation{Promise: ShutPromise, Op: id, From: int(e.from), To: int(p),
			Text: fmt.Sprintf("connection #%d of %v was pending when one listener was closed, and was ended while another is open", id, d.actor)})
	}
}

// restFrom returns the first rest at event p or later, or nil.
func (l *ledger) restFrom(p int32) *rest {
	i, _ := slices.BinarySearchFunc(l.rests, p, func(r rest, at int32) int { return cmp.Compare(r.at, at) })
	if i == len(l.rests) {
		return nil
	}
	return &l.rests[i]
}

// stuckShuts finds a close that is open at a rest.
func (k *Checker) stuckShuts() {
	l := &k.l
	next := 0
	for id := range l.ops {
		s := &l.ops[id]
		if s.kind != Shut || s.n != 0 || s.void() {
			continue
		}
		at, quiet := l.nextFree(s.call), true
		if r := l.nextRest(&next, s.call); r != nil && at >= s.ret {
			at, quiet = r.at, false
		}
		if at < s.ret && at < l.blind {
			k.found(Violation{Promise: ShutPromise, Suspect: !quiet, Op: int32(id), From: int(s.call), To: int(at),
				Text: fmt.Sprintf("shut #%d by %v has not returned at rest", id, s.actor)})
		}
	}
}

// endedByShut finds a connection that was ended before event to, with shut s
// and by nobody, though it had been accepted before: no longer the
// listener's, it has to outlive it. One that timed out has died of something
// else.
func (k *Checker) endedByShut(s *record, to int32) {
	l := &k.l
	for p := s.call; p < to; p++ {
		e := &l.h.Events[p]
		d := l.op(e.Conn)
		if e.Verb != End || e.Outcome == Timeout || d.end != p || d.accept == 0 {
			continue
		}
		if a := l.op(d.accept); a.ret < s.call && min(d.fin, a.fin) > p {
			k.found(Violation{Promise: ShutPromise, Op: e.Conn, From: int(s.call), To: int(p),
				Text: fmt.Sprintf("connection #%d of %v had been accepted when the listener was closed, and was ended with it", e.Conn, d.actor)})
		}
	}
}

// firstFrom returns the first operation that was called at event p or later.
func (l *ledger) firstFrom(p int32) int32 {
	i, _ := slices.BinarySearchFunc(l.ops[1:], p, func(r record, p int32) int { return cmp.Compare(r.call, p) })
	return int32(i) + 1
}

// afterShut judges what was called between a shut's return and the next
// listen, which is called at reopened: operations up to end.
func (k *Checker) afterShut(shut, end, reopened int32) {
	l := &k.l
	s := l.op(shut)
	for id := shut; id < end; id++ {
		o := &l.ops[id]
		if o.call < s.ret || o.ret > reopened || !o.ok() || o.kind != Dial && o.kind != Accept {
			continue
		}
		k.found(Violation{Promise: ShutPromise, Op: id, From: int(s.call), To: int(o.ret),
			Text: fmt.Sprintf("%v #%d by %v succeeded after the listener was closed", o.kind, id, o.actor)})
	}
}

// blocks reports whether a dial that is open at rest waits for room, and for
// nothing else.
func (l *ledger) blocks() bool { return l.c.Overflow&(Block|Drop|Ghost) == Block }

// leftByShut judges who of those who were called since first still waits at
// the first rest after a shut.
func (k *Checker) leftByShut(s *record, r rest, first int32) {
	l := &k.l
	k.judged[ShutPromise] = true
	for id := first; int(id) < len(l.ops) && l.ops[id].call < r.at; id++ {
		o := &l.ops[id]
		if o.void() {
			continue
		}
		text := ""
		switch {
		case o.kind == Accept && o.ret > r.at:
			text = fmt.Sprintf("accept #%d by %v still waits after the listener was closed", id, o.actor)
		case o.kind == Dial && o.ret > r.at && o.call < s.call && l.blocks():
			text = fmt.Sprintf("dial #%d by %v still waits for room after the listener was closed", id, o.actor)
		case o.kind == Dial && l.admitted(o) < s.call && o.accept == 0 && o.quit > r.at &&
			!l.strangers: // or it may have been accepted
			text = fmt.Sprintf("connection #%d of %v was pending when the listener was closed, and was never told its end", id, o.actor)
		default:
			continue
		}
		k.found(Violation{Promise: ShutPromise, Suspect: !r.quiet, Op: id, From: int(s.call), To: int(r.at), Text: text})
	}
}
