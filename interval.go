package listentest

import "slices"

// Intervals are the judge that explains. For every gap between two events
// they give the fewest (lo) and the most (hi) connections that can have held
// a place there: whatever the true order of what happened inside the
// operations was, the true number lies between.
//
// Why that is so: a connection takes its place somewhere between its dial's
// from and ret, and gives it back somewhere between the from and ret of what
// frees it. hi counts it over the longest such stretch, lo over the shortest.
// What the contract leaves open widens hi and narrows lo, never the reverse.
type intervals struct {
	ledger
	hi, lo     []int32
	wait       []int32 // connections that are surely pending and alive, unless a stranger is one of them
	doubts     []doubt
	coming, in []int32 // see arrive
}

// read fills iv from h.
func (iv *intervals) read(h *History, c Contract) {
	iv.ledger.read(h, c)
	n := len(h.Events)
	iv.hi, iv.lo, iv.wait = zeroed(iv.hi, n), zeroed(iv.lo, n), zeroed(iv.wait, n)
	iv.count()
	iv.compare()
	iv.gauges()
}

// admitted returns the event from which d's connection surely holds a place,
// if nothing took it since; never if that is nowhere sure.
func (l *ledger) admitted(d *record) int32 {
	switch {
	case d.kind != Dial || !d.ok() || l.c.Admit == AdmitNever:
		return never
	case d.end != never && (d.accept == 0 || d.end < l.op(d.accept).ret):
		return never // it ended first: whether it was ever in is not known
	case l.c.Admit == AdmitUnlessOverlapped && d.overlapped:
		return never
	case l.c.Admit == AdmitLater && !l.strangers:
		if at := l.nextFree(d.ret); at < d.quit {
			return at
		}
		return never // its client left before it could be told its end
	case l.c.Admit == AdmitLater:
		return never
	}
	return d.ret
}

// most returns where d may hold a place.
func (l *ledger) most(d *record) span {
	half := l.c.May&HalfOpen != 0
	s := span{d.from, never}
	switch {
	case d.void():
		return span{}
	case d.refused() && !half:
		return span{}
	case d.refused():
		s.to = d.ret
	case d.kind == Syn && !half:
		s.from = d.ack
	}
	if d.accept != 0 {
		switch a := l.op(d.accept); l.c.Credit {
		case CreditReturn:
			s.to = min(s.to, a.ret)
		case CreditRest:
			s.to = min(s.to, l.nextFree(a.ret))
		case CreditClose:
			s.to = min(s.to, a.closed)
		}
	}
	if l.endFrees(d) {
		s.to = min(s.to, d.end)
	}
	if l.forgets(d) {
		s.to = min(s.to, l.nextFree(d.dead))
	}
	if len(l.ends) > 0 && l.c.Close.ends() && d.accept == 0 && !l.strangers && !l.unreturned { // it was the closed listener's
		if at := l.admitted(d); at != never {
			for e := l.closingOf(at); e != nil; e = l.closingOf(e.to) {
				if e.sure && at < e.from {
					s.to = min(s.to, e.to)
					break
				}
			}
		}
	}
	return s
}

// endFrees reports whether d surely holds no place once its client was told
// the end: not if it is the client's own doing, nor if it may have been
// accepted, before its end or, where a close need not end it, behind that.
func (l *ledger) endFrees(d *record) bool {
	if d.end >= d.quit || d.accept != 0 || l.expires(d) && d.ack < d.end { // its ack may have come in time
		return false
	}
	if !l.strangers && !l.unreturned {
		return true
	}
	e := l.closingOf(d.from)
	return d.end < min(l.stranger, l.group) && (e == nil || e.from > d.end || e.sure && l.c.Close.ends())
}

// forgets reports whether d, once it is dead, has lost its place by the next
// free quiet rest. Not so if the dead count, nor where accepted connections
// hold their place and d may have been accepted before it died; nor where an
// accept returned it is not known what, for that may have been d.
func (l *ledger) forgets(d *record) bool {
	return d.dead != never && l.c.May&Aborted == 0 && !l.strangers && (l.c.Credit != CreditClose || d.accept == 0 && !l.unreturned)
}

// least returns where d surely holds a place.
func (l *ledger) least(d *record) span {
	s := span{l.admitted(d), never}
	if d.kind == Syn && d.ok() && l.c.Must&HalfOpen != 0 {
		return l.leastHalf(d)
	}
	if s.from == never || l.c.Must&Completed == 0 {
		return span{}
	}
	switch {
	case d.accept == 0:
	case l.c.Credit == CreditClose && l.c.Must&Accepted != 0:
		s.to = l.op(d.accept).closing
	default:
		s.to = l.op(d.accept).from
	}
	if l.c.Must&Aborted == 0 && (d.accept == 0 || l.op(d.accept).ret > d.quit) {
		s.to = min(s.to, d.quit)
	}
	if e := l.closingOf(d.call); e != nil {
		s.to = min(s.to, e.from)
	}
	s.to = min(s.to, d.end, l.stays(d))
	return s
}

// leastHalf is least for a half-open connection: time may end it.
func (l *ledger) leastHalf(d *record) span {
	s := span{d.ret, min(d.ack, d.quit, d.end, l.stays(d))}
	for _, at := range l.ticks {
		if at > d.call {
			s.to = min(s.to, at)
			break
		}
	}
	if e := l.closingOf(d.call); e != nil {
		s.to = min(s.to, e.from)
	}
	return s
}

// takesOne reports whether an accept that returned it is not known what took
// one of those that hi counts: not if it may have been one that hi has left
// out already, or never counted, or one that keeps its place.
func (l *ledger) takesOne() bool {
	return l.strangers && l.c.Anomalies&Phantom == 0 && l.c.Credit == CreditReturn && len(l.ends) == 0 && l.group == never
}

// count fills hi, lo and wait.
func (iv *intervals) count() {
	l := &iv.ledger
	takes := l.takesOne()
	phantoms := l.c.Anomalies&Phantom != 0
	for i := range l.ops {
		switch r := &l.ops[i]; {
		case r.call == never:
		case r.dial():
			add(iv.hi, l.most(r), 1)
			add(iv.lo, l.least(r), 1)
			add(iv.wait, l.pending(r), 1)
			if phantoms { // what has ended may come again
				add(iv.hi, span{min(r.quit, r.end, l.op(r.accept).closing), never}, 1)
			}
		case r.kind == Accept && r.ret == never:
			add(iv.lo, span{r.from, never}, -1) // it may have taken one of them
		case r.kind == Accept && r.outcome == OK && r.conn == 0:
			add(iv.lo, span{r.from, never}, -1)
			add(iv.wait, span{r.call, never}, -1)
			if takes {
				add(iv.hi, span{r.ret, never}, -1)
			}
			if phantoms {
				add(iv.hi, l.phantom(r), 1)
			}
		case r.kind == Accept && r.outcome == OK && r.conn < 0 && phantoms:
			add(iv.hi, l.phantom(r), 1)
		}
	}
	hi, lo, wait := int32(0), int32(0), int32(0)
	for p := range iv.hi {
		hi, lo, wait = hi+iv.hi[p], lo+iv.lo[p], wait+iv.wait[p]
		iv.hi[p], iv.lo[p], iv.wait[p] = hi, lo, wait
	}
	for _, e := range l.ends {
		clear(iv.lo[e.from:min(e.to, int32(len(iv.lo)))])
	}
}

// phantom returns where the phantom that an accept may have returned may have
// held a place: nobody knows since when.
func (l *ledger) phantom(a *record) span {
	switch l.c.Credit {
	case CreditRest:
		return span{0, l.nextFree(a.ret)}
	case CreditClose:
		return span{0, a.closed}
	}
	return span{0, a.ret}
}

// pending returns where d is surely pending and alive, as seen at a rest: an
// accept that is open there has taken nothing.
func (l *ledger) pending(d *record) span {
	s := span{l.admitted(d), d.quit}
	if s.from == never {
		return span{}
	}
	if d.accept != 0 {
		s.to = min(s.to, l.op(d.accept).ret)
	}
	if e := l.closingOf(d.call); e != nil {
		s.to = min(s.to, e.from)
	}
	return s
}

// gauges lets the listener's own count of its queue stand for hi, where
// nothing but the queue holds places: from the gauge until hi falls, and what
// may have come since is on top, with those who were not surely in when the
// listener was asked: they may come yet. A count of fewer than are surely held
// stands for nothing.
func (iv *intervals) gauges() {
	counts := func(e Event) bool { return e.Verb == Gauge && e.Step.Actor == Listener(0) }
	if iv.c.Credit == CreditClose || iv.c.May&HalfOpen != 0 || !slices.ContainsFunc(iv.h.Events, counts) {
		return
	}
	iv.arrive()
	over, coming, fresh := int32(0), int32(0), int32(0)   // fresh ones are in since the listener can have been asked
	for p := range min(len(iv.h.Events), int(iv.group)) { // it counts one listener's
		e := &iv.h.Events[p]
		was := int32(0)
		if p > 0 {
			was = iv.hi[p-1] + over
		}
		if iv.hi[p] < was {
			over = 0
		}
		coming, fresh = coming+iv.coming[p], fresh+iv.in[p]
		if e.Verb == Call || e.Verb == Rested {
			fresh = 0
		}
		if counts(*e) && e.N >= iv.lo[p] {
			over = max(iv.hi[p]-e.N-coming-fresh, 0)
		}
		iv.hi[p] -= over
	}
}

// arrive fills coming with the differences of how many of those that hi counts
// are not surely in, and in with how many are from an event on.
func (iv *intervals) arrive() {
	n := len(iv.h.Events)
	iv.coming, iv.in = zeroed(iv.coming, n), zeroed(iv.in, n)
	for i := range iv.ops {
		d := &iv.ops[i]
		if !d.dial() {
			continue
		}
		s, at := iv.most(d), iv.admitted(d)
		if at >= s.from && at < min(s.to, int32(n)) {
			iv.in[at]++
			s.to = at
		}
		add(iv.coming, s, 1)
	}
}

// add adds n to the differences over s.
func add(diff []int32, s span, n int32) {
	if s.to = min(s.to, int32(len(diff))); s.from >= s.to {
		return
	}
	diff[s.from] += n
	if int(s.to) < len(diff) {
		diff[s.to] -= n
	}
}

// holders returns the connections that may hold a place at p.
func (l *ledger) holders(p int32) []int32 {
	var ids []int32
	for id := range l.ops {
		if d := &l.ops[id]; d.dial() {
			if s := l.most(d); s.from <= p && p < s.to {
				ids = append(ids, int32(id))
			}
		}
	}
	return ids
}
