package listentest

import (
	"fmt"
	"slices"
)

// This file holds the two promises that are judged at rests: that nothing
// waits which could go on, and that a closed listener leaves nobody waiting.
// A rest with an actor held judges nothing, because a correct listener that
// is held under its own lock blocks everybody. At a calm rest, one that only
// waited, what is found is suspect.

func (k *Checker) progress() {
	l := &k.l
	var before rest // the previous free quiet rest
	k.waits = k.waits[:0]
	next := 0 // the first operation that was not called by the rest before
	for i, r := range l.rests {
		if r.at >= l.blind {
			return
		}
		for ; next < len(l.ops) && (l.ops[next].call < r.at || next == 0); next++ {
			if l.ops[next].kind == Accept {
				k.judged[Progress] = true
				k.waits = append(k.waits, int32(next))
			}
		}
		k.waits = slices.DeleteFunc(k.waits, func(id int32) bool { return l.ops[id].ret < r.at })
		if len(k.waits) > 0 {
			k.stuckAccept(r, k.waits[0])
		}
		if r.quiet {
			if i > 0 && before.quiet {
				k.stuckDial(before, r)
			}
			before = r
		}
	}
	if l.c.Overflow&Drop != 0 && l.c.Retry > 0 {
		k.stuckRetry()
	}
}

// stuckAccept judges accept id, which is open at r.
func (k *Checker) stuckAccept(r rest, id int32) {
	waiting := k.waiting(r.at)
	if len(waiting) == 0 {
		return
	}
	a := k.l.op(id)
	k.found(Violation{Promise: Progress, Suspect: !r.quiet, Op: id, From: int(a.call), To: int(r.at), Holders: waiting,
		Text: fmt.Sprintf("accept #%d by %v waits at rest while a connection is pending: %s", id, a.actor, k.who(waiting))})
}

// waiting returns the connections that are surely pending at a rest at which
// accepts are open: at rest, an open accept has taken none of them.
func (k *Checker) waiting(at int32) []int32 {
	l := &k.l
	unknown := 0
	var ids []int32
	for id := range l.ops {
		switch d := &l.ops[id]; d.kind {
		case Accept:
			if d.call < at && d.ok() && d.conn == 0 {
				unknown++
			}
		case Dial:
			taken := d.accept != 0 && l.op(d.accept).ret < at
			if l.admitted(d) < at && !taken && d.quit > at && !k.closedSince(d, at) {
				ids = append(ids, int32(id))
			}
		}
	}
	return ids[:max(len(ids)-unknown, 0)]
}

// closedSince reports whether the listener that d went to was closed by at.
func (k *Checker) closedSince(d *record, at int32) bool {
	for _, e := range k.l.ends {
		if d.call < e.to && e.from < at {
			return true
		}
	}
	return false
}

// stuckDial judges the dials that were open at two successive rests, with
// room from the one to the other, where a dial at a full queue waits for room.
func (k *Checker) stuckDial(before, r rest) {
	l := &k.l
	if l.c.Overflow&(Block|Drop) != Block || !l.c.Guaranteed.Stated || !none(k.room, before.at, r.at) {
		return
	}
	for id := range l.ops {
		if d := &l.ops[id]; d.kind == Dial && d.call < before.at && d.ret > r.at {
			k.found(Violation{Promise: Progress, Op: int32(id), From: int(before.at), To: int(r.at), Holders: l.holders(before.at),
				Text: fmt.Sprintf("dial #%d by %v waits at rest while at most %s held, and %d %s guaranteed",
					id, d.actor, connections(l.hi[before.at]), l.low[before.at], isAre(l.low[before.at]))})
			return
		}
	}
}

// stuckRetry judges the dials that are tried again every Retry milliseconds:
// once there was room for so long, they must have returned.
func (k *Checker) stuckRetry() {
	l := &k.l
	clock, since, sinceAt := int32(0), int32(-1), int32(0) // room since that time
	rest := 0
	for p := range l.h.Events {
		at := int32(p)
		if at >= l.blind {
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
		for id := range l.ops {
			if d := &l.ops[id]; d.kind == Dial && d.call < sinceAt && d.ret > at {
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

// shut judges the closes of l0.
func (k *Checker) shut() {
	l := &k.l
	if l.c.Close != CloseEnds {
		return
	}
	for id := range l.ops {
		s := &l.ops[id]
		if s.kind != Shut || s.n != 0 || !s.ok() || s.actor != Listener(0) || s.ret >= l.blind {
			continue
		}
		reopened := never // the call of the next listen
		for _, o := range l.ops[id:] {
			if o.kind == Listen && o.call < reopened {
				reopened = o.call
			}
		}
		k.afterShut(s, reopened)
		for _, r := range l.rests {
			if r.at > s.ret {
				if r.at < reopened {
					k.leftByShut(s, r)
				}
				break
			}
		}
	}
}

// afterShut judges what was called between a shut's return and the next
// listen.
func (k *Checker) afterShut(s *record, reopened int32) {
	l := &k.l
	for id := range l.ops {
		o := &l.ops[id]
		if o.call < s.ret || o.ret > reopened || !o.ok() || o.kind != Dial && o.kind != Accept {
			continue
		}
		k.found(Violation{Promise: ShutPromise, Op: int32(id), From: int(s.call), To: int(o.ret),
			Text: fmt.Sprintf("%v #%d by %v succeeded after the listener was closed", o.kind, id, o.actor)})
	}
}

// leftByShut judges who still waits at the first rest after a shut.
func (k *Checker) leftByShut(s *record, r rest) {
	l := &k.l
	k.judged[ShutPromise] = true
	for id := range l.ops {
		o := &l.ops[id]
		text := ""
		switch {
		case o.kind == Accept && o.call < r.at && o.ret > r.at:
			text = fmt.Sprintf("accept #%d by %v still waits after the listener was closed", id, o.actor)
		case o.kind == Dial && l.admitted(o) < s.call && o.accept == 0 && o.quit > r.at && !k.closedSince(o, s.call) &&
			!l.strangers: // or it may have been accepted
			text = fmt.Sprintf("connection #%d of %v was pending when the listener was closed, and was never told its end", id, o.actor)
		default:
			continue
		}
		k.found(Violation{Promise: ShutPromise, Suspect: !r.quiet, Op: int32(id), From: int(s.call), To: int(r.at), Text: text})
	}
}
