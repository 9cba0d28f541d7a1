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
	var where []string
	for _, h := range l.holds {
		if a := l.op(h.op); h.from < r.from && h.to >= r.to && a.ok() && a.ret > r.to && a.conn > 0 {
			taking++
			where = append(where, fmt.Sprintf("%v is held inside accept #%d at %s", a.actor, h.op, h.point))
		}
	}
	for p := r.from; p < r.to; p++ {
		if taking == 0 || l.hi[p]-taking >= l.low[p] {
			return
		}
	}
	k.v.Observations = append(k.v.Observations, Observation{Op: r.op,
		Text: fmt.Sprintf("credit window: dial #%d by %v %s while %s", r.op, l.op(r.op).actor, r.how, strings.Join(where, ", "))})
}
