package listentest

import (
	"fmt"
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
