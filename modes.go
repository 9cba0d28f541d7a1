package listentest

import "fmt"

// This file holds three promises that need no counting of their own:
// isolation, refusal-mode and credit.

// isolation finds what no client may bring about: a panic, and an accept that
// fails though nobody closed the listener.
func (k *Checker) isolation() {
	l := &k.l
	bad := false // a connection has gone wrong
	for i := range l.h.Events {
		e := &l.h.Events[i]
		if e.Verb == Died {
			k.found(Violation{Promise: Isolation, From: i, To: i, Text: e.died()})
		}
		if e.Verb != Return {
			bad = bad || e.Verb == End
			continue
		}
		r := l.op(e.Op)
		if r.ret != int32(i) || r.ret >= l.blind {
			continue
		}
		what := ""
		switch {
		case r.outcome == Panicked:
			what = "panicked"
		case r.kind == Hangup || r.kind == Abort:
			bad = true
		case r.kind != Accept || l.closedUpTo(r.ret) || r.actor.Num() >= 8:
		case r.outcome == OK:
			k.judged[Isolation] = k.judged[Isolation] || bad
		case r.outcome == Closed || r.outcome == EOF || r.outcome == Failed:
			what = fmt.Sprintf("failed with %v though nobody closed the listener", r.outcome)
		}
		if what != "" {
			k.found(Violation{Promise: Isolation, Op: e.Op, From: int(r.call), To: i,
				Text: fmt.Sprintf("%v #%d by %v %s", r.kind, e.Op, r.actor, what)})
		}
	}
}

// died says how the listener's program ended.
func (e *Event) died() string {
	if e.Outcome == Timeout {
		return "the program hangs, in " + e.Point
	}
	return "the program ended by a " + e.Outcome.String() + ", in " + e.Point
}

// closedUpTo reports whether a shut was called before event p: what waited at
// it may be told so late.
func (l *ledger) closedUpTo(p int32) bool {
	return len(l.ends) > 0 && l.ends[0].from < p || len(l.leaves) > 0 && l.leaves[0].from < p
}

// refusalMode finds refusals that look otherwise than the contract says. A
// closed listener refuses as it likes.
func (k *Checker) refusalMode() {
	l := &k.l
	if l.c.Overflow == 0 {
		return
	}
	next := 0
	for id := range l.ops {
		d := &l.ops[id]
		if !d.dial() {
			continue
		}
		r, ok := l.refusal(int32(id), l.nextRest(&next, d.call))
		if !ok || r.to > l.blind || l.closedUpTo(r.to) {
			continue
		}
		k.judged[RefusalMode] = true
		if l.c.Overflow&r.look != 0 {
			continue
		}
		k.found(Violation{Promise: RefusalMode, Suspect: r.suspect, Op: r.op, From: int(r.from), To: int(r.to),
			Text: fmt.Sprintf("dial #%d by %v %s, and overflow is %v", id, d.actor, r.how, l.c.Overflow)})
	}
}

// credit judges probes: dials one after the other, right behind a free quiet
// rest at which nothing is open. Where one of them is turned away, those that
// are not must have filled what was left: at the last moment at which one was
// turned away, nobody held a place but those whom hi counts at the rest, and
// the others of the probe. (That no more are admitted than there are places
// is max-pending's.)
func (k *Checker) credit() {
	l := &k.l
	if !l.c.Guaranteed.Stated || l.c.Anomalies&Phantom != 0 { // one that was turned away may come again
		return
	}
	k.probes()
	first := 1 // the first operation that was not called before the rest
	for _, r := range l.rests {
		for first < len(l.ops) && l.ops[first].call < r.at {
			first++
		}
		if !r.quiet || r.at >= l.single() || r.open > 0 || l.shutAt(r.at) {
			continue
		}
		k.judgeProbe(r.at, first)
	}
}

// A probe is the dials one after the other from some operation on.
type probe struct {
	end              int32 // the first operation that is none of them
	admitted, turned int32 // how many were, and were turned away
	last             int32 // the last event of those that were turned away
}

// probes fills probe, by operation.
func (k *Checker) probes() {
	l := &k.l
	k.probe = sized(k.probe, len(l.ops)+1)
	k.probe[len(l.ops)] = probe{end: int32(len(l.ops))}
	for id := len(l.ops) - 1; id >= 0; id-- {
		if !l.probing(id) {
			k.probe[id] = probe{end: int32(id)}
			continue
		}
		p := k.probe[id+1]
		if r, ok := l.refusal(int32(id), nil); ok {
			p.turned++
			p.last = max(p.last, r.to)
		} else {
			p.admitted++
		}
		k.probe[id] = p
	}
}

// probing reports whether operation id can be part of a probe: it is a dial
// that no other operation overlaps, and was admitted or turned away.
func (l *ledger) probing(id int) bool {
	d := &l.ops[id]
	if d.kind != Dial || d.ret == never || d.ret > l.blind || id+1 < len(l.ops) && l.ops[id+1].call < d.ret {
		return false
	}
	return d.ok() || d.outcome.refusal() && d.outcome != Timeout
}

// judgeProbe judges the probe from operation first on, behind the rest at.
func (k *Checker) judgeProbe(at int32, first int) {
	l := &k.l
	p := k.probe[first]
	last := max(at, p.last)
	if int(p.end) == first || int(p.end) < len(l.ops) && l.ops[p.end].call < last {
		return // none, or the turning away may be due to something else
	}
	low := l.low[at]
	if l.c.May&HalfOpen != 0 {
		low-- // one that was turned away early may have been so for the sake of another that was half-open
	}
	k.judged[CreditPromise] = k.judged[CreditPromise] || p.turned > 0 || p.admitted >= low-l.hi[at]
	if v := k.v.violation(MinPending); v != nil && v.From >= int(at) && v.To <= int(last) {
		return // that says it already
	}
	if p.turned > 0 && p.admitted < low-l.hi[at] {
		k.found(Violation{Promise: CreditPromise, From: int(at), To: int(last), Op: p.end - 1, Holders: l.holders(at),
			Text: fmt.Sprintf("of %d dials from rest %d were admitted while at most %s held before, and %d %s guaranteed",
				int(p.end)-first, p.admitted, connections(l.hi[at]), low, isAre(low))})
	}
}
