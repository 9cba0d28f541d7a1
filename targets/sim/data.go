package sim

import lt "github.com/listentest/listentest"

// data is send, recv and half-close. Nothing is lost or late: what was sent
// has arrived.
func (m *machine) data(slot uint8) {
	a := &m.actors[slot]
	if a.conn < 0 {
		m.finish(slot, lt.Reset)
		return
	}
	c := &m.conns[a.conn]
	mine, theirs := &c.client, &c.server
	if a.id.Role() == lt.AcceptorRole {
		mine, theirs = theirs, mine
	}
	switch {
	case a.op.Kind == lt.Recv:
		m.recv(slot, mine, theirs)
	case mine.rst || theirs.rst:
		m.finish(slot, lt.Reset)
	case a.op.Kind == lt.HalfClose:
		mine.fin = true
		m.finish(slot, lt.OK)
	default:
		m.send(slot, c, mine, theirs)
	}
}

func (m *machine) send(slot uint8, c *conn, mine, theirs *end) {
	a := &m.actors[slot]
	n := int32(a.op.N)
	mine.sent += n
	server := a.id.Role() == lt.AcceptorRole
	switch {
	case m.has(earlyDataLost) && !server && c.stage != taken,
		m.has(serverFirstLost) && server && theirs.sent == 0:
		mine.lost += n
	}
	m.finish(slot, lt.OK)
}

// recv takes what has arrived.
func (m *machine) recv(slot uint8, mine, theirs *end) {
	before := theirs.got
	theirs.got = max(theirs.got, theirs.sent-theirs.lost)
	how := lt.OK
	switch {
	case mine.rst || theirs.rst:
		how = lt.Reset
		theirs.got = before
	case theirs.fin, m.has(spuriousEOF) && theirs.got > before:
		how = lt.EOF
	}
	m.finishWith(slot, how, 0, theirs.got)
}
