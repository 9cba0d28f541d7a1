package listentest

import (
	"fmt"
	"slices"
	"strings"
)

// observe records a credit window: a refusal that is lawful only because an
// acceptor is held inside accept, where it has not given the place back that
// it is about to free. That is what an accept which has not returned may do;
// how long the window is, and where, is worth knowing.
func (k *Checker) observe(r refusal) {
	l := &k.l
	if len(l.holds) == 0 || r.counted {
		return
	}
	taking := int32(0)
	for i := range l.holds {
		taking += count(l.takes(&l.holds[i], r))
	}
	for p := r.from; p < r.to; p++ {
		if taking == 0 || l.hi[p]-taking >= l.low[p] {
			return
		}
	}
	var where []string
	for i := range l.holds {
		if h := &l.holds[i]; l.takes(h, r) {
			where = append(where, fmt.Sprintf("%v is held inside accept #%d at %s", l.op(h.op).actor, h.op, h.point))
		}
	}
	k.v.Observations = append(k.v.Observations, Observation{Op: r.op,
		Text: fmt.Sprintf("credit window: dial #%d by %v %s while %s", r.op, l.op(r.op).actor, r.how, strings.Join(where, ", "))})
}

// takes reports whether an acceptor is held all through r, in an accept that
// returns a connection behind it.
func (l *ledger) takes(h *hold, r refusal) bool {
	a := l.op(h.op)
	return h.from < r.from && h.to >= r.to && a.ok() && a.ret > r.to && a.conn > 0
}

// A doubt is the listener's own count of its queue, at an event, that is not
// what can have been held.
type doubt struct{ at, least, most int32 }

// compare finds doubts. The listener was asked at some moment since the last
// call or rest, for both are the runner's own doing, and its answer came to us
// at the gauge: so the count is one that could be at some moment in between. It
// is compared only where what is held is what is in the queue: not where
// accepted connections hold their place, nor where those who are dead need
// not, and are perhaps in the queue all the same.
func (iv *intervals) compare() {
	iv.doubts = iv.doubts[:0]
	if iv.c.Credit == CreditClose || iv.c.May&Aborted == 0 {
		return
	}
	asked := 0
	for p := range min(len(iv.h.Events), int(iv.group), int(iv.blind)) { // it counts one listener's
		switch e := &iv.h.Events[p]; {
		case e.Verb == Call || e.Verb == Rested:
			asked = p
		case e.Verb == Gauge && e.Step.Actor == Listener(0):
			least, most := slices.Min(iv.lo[asked:p+1]), slices.Max(iv.hi[asked:p+1])
			if e.N < least || e.N > most {
				iv.doubts = append(iv.doubts, doubt{int32(p), least, most})
			}
		}
	}
}

// observeDoubt records the first doubt. Which of the two counts is wrong is
// not known.
func (k *Checker) observeDoubt() {
	if len(k.l.doubts) == 0 {
		return
	}
	d := k.l.doubts[0]
	n, word, bound := k.h.Events[d.at].N, "most", d.most
	if n < d.least {
		word, bound = "least", d.least
	}
	k.v.Observations = append(k.v.Observations,
		Observation{Doubt: true, Text: fmt.Sprintf("l0 counts %d in its queue while at %s %s held", n, word, connections(bound))})
}
