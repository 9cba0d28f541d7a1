package listentest

import (
	"fmt"
	"math"
)

// Remedies are looked for with the judge itself, so that none is named which
// would be no better.
const (
	remedyTrials = 64         // calls of Check, at most,
	remedyEvents = 20_000     // of histories no longer than that,
	remedyWork   = 20_000_000 // and states of the search at each event of them all
	mostRemedies = 3
)

// A remedy is another end of a history: events in the place of the first that
// is not lawful, or another contract.
type remedy struct {
	text   string // behind "had"
	events []Event
	c      Contract
}

// A trial looks for the first event of a history that is not lawful, and for
// what would be.
type trial struct {
	k      Checker
	l      intervals // of the lawful prefix
	h      History
	c      Contract
	strict bool // suspect violations count too
	buf    []Event
	found  []remedy
	left   int // trials
	known  int // violations of what was found lawful last, which are suspect
}

func newTrial(h History, c Contract, v Violation) *trial {
	t := &trial{h: h, c: c, strict: v.Suspect, left: remedyTrials}
	if !t.strict && t.check(h.Events) == nil {
		t.strict = true // it was confirmed by other runs
	}
	return t
}

// check returns the violation of the first events that counts, or nil.
func (t *trial) check(events []Event) *Violation {
	v := t.k.Check(History{t.h.Backlog, events}, t.c)
	first := t.counts(v)
	if first == nil {
		t.known = len(v.Violations)
	}
	return first
}

func (t *trial) counts(v Verdict) *Violation {
	if first := v.First(); first != nil && (t.strict || !first.Suspect) {
		return first
	}
	return nil
}

// prefix returns how many events are lawful of which, with one more, are not;
// or all. What comes later can make lawful what was not, as where a dial that
// was reset turns out to be accepted: so the search goes back from event to,
// which is likely the one.
func (t *trial) prefix(to int) int {
	bad := min(to+1, len(t.h.Events))
	if t.check(t.h.Events[:bad]) == nil {
		bad = len(t.h.Events)
		if t.check(t.h.Events) == nil {
			return bad
		}
	}
	good := bad - 1
	for step := 1; good > 0 && t.check(t.h.Events[:good]) != nil; step *= 2 {
		bad, good = good, max(good-step, 0)
	}
	for good+1 < bad {
		if mid := (good + bad) / 2; t.check(t.h.Events[:mid]) == nil {
			good = mid
		} else {
			bad = mid
		}
	}
	if good == 0 {
		t.known = 0
	}
	return good
}

// remedies returns what, in the place of the event behind the prefix, which is
// the first at events, would have been lawful.
func (t *trial) remedies(at int) []remedy {
	if at > remedyEvents {
		return nil
	}
	prefix := History{t.h.Backlog, t.h.Events[:at]}
	t.left = min(t.left, remedyWork/max(1, at*cap(t.k.f.states))) // that many there were at once
	t.l.read(&prefix, t.c)
	switch e := &t.h.Events[at]; e.Verb {
	case Return:
		t.returned(e)
	case Named:
		for _, id := range t.unaccepted() {
			named := *e
			named.Conn = id
			t.try(fmt.Sprintf("%s returned connection %s", t.name(e.Op), t.l.connection(id)), named)
		}
	case End:
		t.try(fmt.Sprintf("connection %s not been ended then", t.l.connection(e.Conn)))
	case Rested:
		t.rested(e)
	}
	t.bounds(at)
	return t.found
}

// name names an operation.
func (t *trial) name(id int32) string {
	r := t.l.op(id)
	return fmt.Sprintf("%v #%d by %v", r.kind, id, r.actor)
}

// try keeps a remedy if it is lawful.
func (t *trial) try(text string, events ...Event) { t.tryBy(t.c, text, events...) }

func (t *trial) tryBy(c Contract, text string, events ...Event) {
	if len(t.found) == mostRemedies || t.left == 0 {
		return
	}
	t.left--
	t.buf = append(append(t.buf[:0], t.l.h.Events...), events...)
	v := t.k.Check(History{t.h.Backlog, t.buf}, c)
	if t.counts(v) == nil && len(v.Violations) <= t.known {
		t.found = append(t.found, remedy{text, events, c})
	}
}

// returned tries other returns of an operation.
func (t *trial) returned(e *Event) {
	r, name := t.l.op(e.Op), t.name(e.Op)
	ok := Event{Verb: Return, Op: e.Op}
	switch {
	case r.dial():
		if ok.Conn = e.Op; e.Outcome != OK {
			t.try(name+" returned ok", ok)
		}
		t.turnedAway(e, name)
	case r.kind == Accept:
		for _, id := range t.unaccepted() {
			if ok.Conn = id; e.Outcome != OK {
				t.try(fmt.Sprintf("%s returned connection %s", name, t.l.connection(id)), ok)
			} else if id != e.Conn {
				t.try(fmt.Sprintf("%s returned connection %s rather than %s", name, t.l.connection(id), t.connection(e.Conn)), ok)
			}
		}
		if len(t.found) == 0 && len(t.l.ends) > 0 && e.Outcome != Closed {
			t.try(name+" returned closed", Event{Verb: Return, Op: e.Op, Outcome: Closed})
		}
		if len(t.found) == 0 {
			t.try(name + " gone on waiting")
		}
	case e.Outcome != OK && r.kind != Recv:
		t.try(name+" returned ok", ok)
	}
}

// connection names one that an accept has returned.
func (t *trial) connection(id int32) string {
	if t.l.op(id).dial() {
		return t.l.connection(id)
	}
	return "one that nobody dialed"
}

// looks are what a dial that is turned away may return.
var looks = [...]struct {
	look    Overflow
	outcome Outcome
}{{Refuse, Refused}, {ResetDial, Reset}, {Again, WouldBlock}}

// turnedAway tries the ways in which the contract lets a dial be turned away.
func (t *trial) turnedAway(e *Event, name string) {
	for _, l := range looks {
		if l.outcome != e.Outcome && (t.c.Overflow&l.look != 0 || t.c.Overflow == 0 && l.look == Refuse) {
			t.try(fmt.Sprintf("%s returned %v", name, l.outcome), Event{Verb: Return, Op: e.Op, Outcome: l.outcome})
		}
	}
	if t.c.Overflow&(Drop|Block) != 0 {
		t.try(name + " gone on waiting")
	}
	if t.c.Overflow&EndLater != 0 {
		t.try(name+" returned ok and its connection been ended then",
			Event{Verb: Return, Op: e.Op, Conn: e.Op}, Event{Verb: End, Conn: e.Op, Outcome: Reset})
	}
}

// unaccepted returns the connections that an accept could have returned.
func (t *trial) unaccepted() (ids []int32) {
	for id := int32(1); int(id) < len(t.l.ops); id++ {
		if d := t.l.op(id); d.dial() && d.accept == 0 && d.end == never && !d.refused() {
			ids = append(ids, id)
		}
	}
	return ids
}

// rested tries what could have happened before a rest at which something
// waits.
func (t *trial) rested(e *Event) {
	closed := len(t.l.ends) > 0
	for id := int32(1); int(id) < len(t.l.ops); id++ {
		switch r := t.l.op(id); {
		case r.ret == never && r.kind == Accept:
			for _, conn := range t.unaccepted() {
				t.try(fmt.Sprintf("%s returned connection %s before the rest", t.name(id), t.l.connection(conn)),
					Event{Verb: Return, Op: id, Conn: conn}, *e)
			}
			if closed {
				t.try(t.name(id)+" returned closed before the rest", Event{Verb: Return, Op: id, Outcome: Closed}, *e)
			}
		case r.ret == never && r.dial():
			t.try(t.name(id)+" returned ok before the rest", Event{Verb: Return, Op: id, Conn: id}, *e)
		case closed && r.dial() && r.accept == 0 && r.end == never:
			t.try(fmt.Sprintf("connection %s been told its end before the rest", t.l.connection(id)),
				Event{Verb: End, Conn: id, Outcome: Reset}, *e)
		}
	}
}

// bounds tries contracts that promise a few places less, or allow a few more.
func (t *trial) bounds(at int) {
	const most = 3
	e := t.h.Events[at]
	low, high := t.c.guaranteedFor(t.h.Backlog), t.c.maxFor(t.h.Backlog)
	if at > 0 {
		low, high = t.l.low[at-1], t.l.high[at-1]
	}
	for n, found := int32(1), len(t.found); n <= min(most, low) && len(t.found) == found; n++ {
		c := t.c
		c.Guaranteed.Plus -= n
		t.tryBy(c, fmt.Sprintf("the contract guaranteed room for %d rather than %d", low-n, low), e)
	}
	for n, found := int32(1), len(t.found); n <= most && high < math.MaxInt32-most && len(t.found) == found; n++ {
		c := t.c
		c.Max.Plus += n
		t.tryBy(c, fmt.Sprintf("the contract allowed %d at once rather than %d", high+n, high), e)
	}
}
