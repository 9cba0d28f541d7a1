package listentest

import (
	"fmt"
	"math"
	"strings"
)

// An Account says why a violation is one: what was held meanwhile, up to
// where the history is lawful, and what would have been lawful instead.
type Account struct {
	Violation Violation
	// From and To are the events that what is judged begins and ends with:
	// indices into History.Events.
	From, To int
	// Fewest and Most are how many connections can have held a place from
	// From to To. A dial that is judged itself is left out, which Without
	// tells.
	Fewest, Most int32
	Without      int32 // that dial, or 0
	// Guaranteed and Max are the least that was guaranteed and the most that
	// was allowed at any time from From to To. MaxInt32 is no limit.
	Guaranteed, Max int32
	Sure            []string // connections that surely held a place all that time, as "#2 of c0"
	Perhaps         []string // those that may have held one for some of it
	// Prefix is how many events at the beginning are lawful: with one more
	// they are not.
	Prefix int
	Breaks Promise // that the event behind the prefix breaks
	// Remedies are other ends of the prefix and that event, each of which the
	// judge has found lawful, as "dial #4 by c0 returned ok". At most three.
	Remedies []string

	h History
	c Contract
}

// AccountFor accounts for v, which Check found in h by c. The work is
// bounded: in a very long history there may be no remedies.
func AccountFor(h History, c Contract, v Violation) Account {
	a := Account{Violation: v, From: v.From, To: v.To, Prefix: len(h.Events), h: h, c: c}
	if len(h.Events) == 0 {
		return a
	}
	a.To = max(0, min(a.To, len(h.Events)-1))
	a.From = max(0, min(a.From, a.To))
	if v.Op == 0 { // it shows at one event
		a.From = max(a.From, a.To-1)
	}
	a.count()
	t := newTrial(h, c, v)
	a.Prefix = t.prefix(a.To)
	if a.Prefix < len(h.Events) {
		a.Breaks = t.check(h.Events[:a.Prefix+1]).Promise
		for _, r := range t.remedies(a.Prefix) {
			a.Remedies = append(a.Remedies, r.text)
		}
	}
	return a
}

// count fills in who held a place.
func (a *Account) count() {
	var l intervals
	l.read(&a.h, a.c)
	from, to := int32(a.From), int32(max(a.To, a.From+1))
	counted := int32(0)
	if d := l.op(a.Violation.Op); d.dial() {
		if s := l.most(d); s.from <= from && to <= s.to {
			a.Without, counted = a.Violation.Op, 1
		}
	}
	a.Fewest, a.Most, a.Guaranteed, a.Max = math.MaxInt32, 0, math.MaxInt32, math.MinInt32
	for p := from; p < to; p++ {
		a.Fewest, a.Most = min(a.Fewest, max(l.lo[p], 0)), max(a.Most, l.hi[p]-counted)
		a.Guaranteed, a.Max = min(a.Guaranteed, l.low[p]), max(a.Max, l.high[p])
	}
	var sure, perhaps []int32
	for id := int32(1); int(id) < len(l.ops); id++ {
		d := l.op(id)
		if !d.dial() || id == a.Violation.Op {
			continue
		}
		if s := l.least(d); s.from <= from && to <= s.to {
			sure = append(sure, id)
		} else if s := l.most(d); s.from < to && from < s.to && s.from < s.to {
			perhaps = append(perhaps, id)
		}
	}
	if len(sure) > int(a.Fewest) { // an accept may have taken one of them, and it is not known which
		sure, perhaps = nil, append(sure, perhaps...)
	}
	a.Sure, a.Perhaps = l.named(sure), l.named(perhaps)
}

// named names connections by their dials.
func (l *ledger) named(ids []int32) []string {
	var names []string
	for _, id := range ids {
		names = append(names, l.connection(id))
	}
	return names
}

func (l *ledger) connection(id int32) string { return fmt.Sprintf("#%d of %v", id, l.op(id).actor) }

// String returns the account in paragraphs of lines of at most 80 columns. It
// is meant to follow the text of the violation.
func (a Account) String() string {
	v := &a.Violation
	var b strings.Builder
	certain := "That is certain: no order in which things can have happened explains it."
	if v.Suspect {
		certain = "That is suspect, not certain: it rests on time, and more patience might show that nothing is wrong. " +
			"It is confirmed if it shows again after waiting ten times as long."
	}
	b.WriteString(wrap(fmt.Sprintf("The contract promises %v: %s. %s", v.Promise, v.Promise.Doc(), certain)))
	if len(a.h.Events) == 0 {
		return b.String()
	}
	span := "at " + a.event(a.To)
	if a.From < a.To {
		span = fmt.Sprintf("from %s to %s", a.event(a.From), a.event(a.To))
	}
	b.WriteString("\n" + wrap("It shows "+span+"."+a.heldText()))
	if a.Prefix < len(a.h.Events) {
		up := ""
		if a.Prefix > 0 {
			up = fmt.Sprintf("Up to event %d all is lawful. ", a.Prefix)
		}
		b.WriteString("\n" + wrap(fmt.Sprintf("%sThe first that is not is %s: it breaks %v.", up, a.event(a.Prefix), a.Breaks)))
	}
	if len(a.Remedies) > 0 {
		b.WriteString("\n" + wrap("It would have been lawful"))
		for _, r := range a.Remedies {
			b.WriteString(strings.ReplaceAll(strings.TrimSuffix(wrap("- had "+r), "\n"), "\n", "\n  ") + "\n")
		}
	}
	return b.String()
}

// event names an event of the history: as people count, and as it stands in
// the text form.
func (a *Account) event(i int) string { return fmt.Sprintf("event %d (%v)", i+1, a.h.Events[i]) }

// heldText says how many held a place, how many may, and what follows, if it
// is numbers that v is about.
func (a *Account) heldText() string {
	if p := a.Violation.Promise; p != MinPending && p != MaxPending {
		return ""
	}
	held := fmt.Sprintf("at least %d and at most %s", a.Fewest, plural(a.Most, "connection"))
	switch {
	case a.Most <= 0:
		held = "no connection can have"
	case a.Fewest == a.Most:
		held = "exactly " + plural(a.Most, "connection")
	}
	held += " held a place"
	if a.Without != 0 {
		held += fmt.Sprintf(", dial #%d itself not counted", a.Without)
	}
	var says []string
	if a.c.Guaranteed.Stated {
		says = append(says, "guarantees room for "+plural(a.Guaranteed, "connection"))
	}
	if a.c.Max.Stated {
		says = append(says, fmt.Sprintf("allows at most %d", a.Max))
	}
	if len(says) > 0 {
		held += ". The contract " + strings.Join(says, " and ")
	}
	when := " In between "
	if a.From == a.To {
		when = " Behind it "
	}
	return when + held + "." + a.follows() + a.whoText()
}

// follows says what the numbers make of a dial.
func (a *Account) follows() string {
	p := a.Violation.Promise
	switch {
	case p == MaxPending && a.Violation.Op == 0:
		return ""
	case p == MinPending && a.Most < a.Guaranteed:
		return " So there was room for one more, and this one may not be turned away."
	case p == MaxPending && a.Fewest >= a.Max:
		return " So there was no room for one more, and this one may not be let in."
	}
	return " These numbers alone would allow it, but there is no order of what overlapped that fits the whole history."
}

// whoText says who held a place.
func (a *Account) whoText() string {
	text := ""
	if len(a.Sure) > 0 {
		text += " Surely held one all that time: " + some(a.Sure) + "."
	}
	if len(a.Perhaps) > 0 {
		text += " May have held one for some of it: " + some(a.Perhaps) + "."
	}
	return text
}

// some joins names, but no more than a reader needs.
func some(names []string) string {
	const most = 8
	if more := len(names) - most; more > 1 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), more)
	}
	return strings.Join(names, ", ")
}

func plural(n int32, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
