package listentest

import "fmt"

// A stream is what one end of a connection sends. It is kept by the ID of the
// operation that obtained that end: the dial, or the accept.
type stream struct {
	called  int32 // bytes whose send was called,
	sent    int32 // whose send returned ok,
	settled int32 // and did so before the last free quiet rest, as of
	rests   int32 // so many of those
	fin     bool  // its end was sent: half-close or hangup was called
	got     int32 // bytes that the other end has received
	need    int32 // bytes that the other end's open recv must know of
	broken  bool  // what it sends may be lost: one end reset, or was closed with bytes unread or to come
	gone    bool  // its end was hung up
}

// earlyData judges what arrives: nothing that was not sent, and at a recv that
// is called behind a rest everything that was sent before it. Both ends of a
// connection must be known.
func (k *Checker) earlyData() {
	l := &k.l
	if !l.data {
		return
	}
	k.stream, k.severed = zeroed(k.stream, len(l.ops)), 0
	rests, next := int32(0), 0
	for i := range l.h.Events {
		at := int32(i)
		if at >= l.blind {
			return
		}
		e := &l.h.Events[i]
		r := l.op(e.Op)
		switch {
		case next < len(l.rests) && l.rests[next].at == at:
			rests += count(l.rests[next].quiet)
			next++
		case e.Verb == End:
			k.breaks(e.Conn)
		case e.Verb == Call && r.call == at && r.kind == Shut && l.c.Anomalies&Severs != 0:
			k.severed = never
		case e.Verb == Call && r.call == at && r.kind == Listen && k.severed == never:
			k.severed = e.Op
		case e.Verb == Call && r.call == at && r.kind == Dial && r.ret != never && !r.ok():
			k.breaks(e.Op) // its client gave it up, and may be accepted all the same
		case e.Verb == Call && r.call == at:
			k.sends(r, rests)
		case e.Verb == Return && r.ret == at && r.kind == Send && r.ok():
			s := &k.stream[l.end(r.conn)]
			s.settle(rests)
			s.sent += int32(r.n)
		case e.Verb == Return && r.ret == at && r.kind == Recv:
			if what := k.received(r, e.N); what != "" {
				k.found(Violation{Promise: EarlyData, Op: e.Op, From: int(r.call), To: i,
					Text: fmt.Sprintf("recv #%d by %v on connection #%d %s", e.Op, r.actor, l.dialOf(r.conn), what)})
			}
		}
	}
}

// end returns conn if it is an end of a connection, else 0.
func (l *ledger) end(conn int32) int32 {
	if r := l.op(conn); r.dial() || r.kind == Accept && r.call != never {
		return conn
	}
	return 0
}

// peer returns the other end of conn, or 0 if that is not known.
func (l *ledger) peer(conn int32) int32 {
	switch r := l.op(conn); {
	case r.dial():
		return r.accept
	case r.kind == Accept && r.conn > 0 && l.op(r.conn).accept == conn:
		return r.conn
	}
	return 0
}

// dialOf returns the dial of the connection of which conn is an end.
func (l *ledger) dialOf(conn int32) int32 {
	if r := l.op(conn); r.kind == Accept && r.conn > 0 {
		return r.conn
	}
	return conn
}

func (s *stream) settle(rests int32) {
	if s.rests < rests {
		s.settled, s.rests = s.sent, rests
	}
}

// breaks marks that what either end of conn sends may be lost.
func (k *Checker) breaks(conn int32) {
	k.stream[k.l.end(conn)].broken = true
	k.stream[k.l.peer(conn)].broken = true
}

// sends enters the call of an operation.
func (k *Checker) sends(r *record, rests int32) {
	l := &k.l
	switch r.kind {
	case Send:
		k.stream[l.end(r.conn)].called += int32(r.n)
		if k.stream[l.peer(r.conn)].gone {
			k.breaks(r.conn) // nobody is there to take it, and a reset says so (RFC 1122, 4.2.2.13)
		}
	case HalfClose, Hangup:
		k.stream[l.end(r.conn)].fin = true
		k.stream[l.end(r.conn)].gone = k.stream[l.end(r.conn)].gone || r.kind == Hangup
		if r.kind == Hangup && k.stream[l.peer(r.conn)].called > 0 {
			k.breaks(r.conn) // bytes that it leaves unread make it a reset
		}
	case Abort:
		k.breaks(r.conn)
	case Recv:
		s := &k.stream[l.peer(r.conn)]
		s.settle(rests)
		s.need = s.settled
	}
}

// received says what is wrong with a recv that returned, when n bytes in all
// have arrived, or "".
func (k *Checker) received(r *record, n int32) string {
	peer := k.l.peer(r.conn)
	if r.outcome == Corrupt {
		return "got bytes that are not those that were sent"
	}
	if peer == 0 || r.outcome == Unsupported {
		return ""
	}
	s := &k.stream[peer]
	k.judged[EarlyData] = k.judged[EarlyData] || s.need > 0
	got := s.got
	s.got = max(s.got, n)
	switch {
	case n > s.called:
		return fmt.Sprintf("got %d bytes, and %d were sent", n, s.called)
	case n < got:
		return fmt.Sprintf("has got %d bytes in all, after it had %d", n, got)
	case s.broken || k.l.dialOf(r.conn) < k.severed:
		return ""
	case n < s.need && (r.outcome == OK || r.outcome == EOF):
		return fmt.Sprintf("got %d of the %d bytes that were sent before the rest", n, s.need)
	case r.outcome == EOF && !s.fin:
		return "was told the end, and the other side has not ended it"
	case r.outcome == EOF && n < s.sent:
		return fmt.Sprintf("was told the end after %d of %d bytes", n, s.sent)
	case r.outcome == Reset:
		return "was reset, and nobody had reset it"
	}
	return ""
}
