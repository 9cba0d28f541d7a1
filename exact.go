package listentest

import (
	"fmt"
	"strings"
)

// exact searches a history in which the intervals found nothing certain.
func (k *Checker) exact() {
	l := &k.l.ledger
	if l.overlap > frontierOverlap || len(l.h.Events) == 0 {
		return
	}
	if l.group != never { // it has one queue, whose order it takes from what is accepted later
		return
	}
	for _, v := range k.v.Violations {
		switch v.Promise {
		case Isolation, EarlyData, RefusalMode: // no concern of the search
		default:
			if !v.Suspect {
				return
			}
		}
	}
	at, exact := k.f.run(l, 0)
	k.v.Exact = exact
	if !exact || at == len(l.h.Events) {
		return
	}
	e := &l.h.Events[at]
	v := Violation{Op: e.Op, To: at, Holders: l.holders(int32(max(at-1, 0))),
		Text: "no order of what overlapped explains that " + k.l.tell(e)}
	if e.Verb == Return {
		v.From = int(l.op(e.Op).call)
	}
	shows := usual(l, e)
	v.Promise = shows[0]
	if blamed := k.blame(at, shows); len(blamed) > 0 {
		v.Promise, v.Or = blamed[0], blamed[1:]
		v.Text += "; without " + alternatives(blamed) + " one would"
	}
	k.found(v)
}

// usual returns the promises of which such an event shows a breach, the one
// that it shows most often first.
func usual(l *ledger, e *Event) []Promise {
	switch r := l.op(e.Op); {
	case e.Verb == Rested:
		return []Promise{Progress, OrderPromise, MinPending, MaxPending}
	case e.Verb == Return && r.kind == Accept:
		return []Promise{OrderPromise, MaxPending, MinPending, Progress}
	case e.Verb == Return && r.ok():
		return []Promise{MaxPending, OrderPromise, MinPending, Progress}
	}
	return []Promise{MinPending, MaxPending, OrderPromise, Progress}
}

// blame returns the promises that event at breaks: those of which one alone,
// not kept, would explain the whole history, or else the event. There may be
// none: then it takes more than one.
func (k *Checker) blame(at int, shows []Promise) []Promise {
	if blamed := k.explain(at, shows); len(blamed) > 0 {
		return blamed
	}
	// These let so much happen that they explain what others did.
	return k.explain(at, []Promise{ShutPromise, Conserve})
}

// explain returns those of ps of which one alone, not kept, would explain the
// whole history, or else event at.
func (k *Checker) explain(at int, ps []Promise) []Promise {
	var all, some []Promise
	for _, p := range ps {
		switch to, exact := k.f.run(&k.l.ledger, 1<<p); {
		case to == len(k.l.h.Events) && exact:
			all = append(all, p)
		case to > at:
			some = append(some, p)
		}
	}
	if len(all) > 0 {
		return all
	}
	return some
}

// alternatives lists promises for a sentence.
func alternatives(ps []Promise) string {
	var names []string
	for _, p := range ps {
		names = append(names, p.String())
	}
	return strings.Join(names, " or ")
}

// tell says what an event shows, for a sentence.
func (l *ledger) tell(e *Event) string {
	r := l.op(e.Op)
	switch {
	case e.Verb == Rested:
		return "at rest all who are waiting wait"
	case e.Verb == End:
		return fmt.Sprintf("connection #%d of %v was ended", e.Conn, l.op(e.Conn).actor)
	case r.kind == Accept && r.conn > 0:
		return fmt.Sprintf("accept #%d by %v returned connection #%d of %v", e.Op, r.actor, r.conn, l.op(r.conn).actor)
	}
	return fmt.Sprintf("%v #%d by %v returned %v", r.kind, e.Op, r.actor, e.Outcome)
}
