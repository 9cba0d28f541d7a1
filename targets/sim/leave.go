package sim

import lt "github.com/listentest/listentest"

// leave is hangup and abort, by either side.
func (m *machine) leave(slot uint8) {
	a := &m.actors[slot]
	if i := a.conn; i >= 0 {
		abort := a.op.Kind == lt.Abort
		if a.id.Role() == lt.AcceptorRole {
			m.serverLeaves(i, abort)
		} else {
			m.clientLeaves(i, abort)
		}
	}
	m.finish(slot, lt.OK)
}

// serverLeaves closes what was accepted.
func (m *machine) serverLeaves(i int32, abort bool) {
	c := &m.conns[i]
	c.server.gone, c.server.fin = true, true
	c.server.rst = c.server.rst || abort
	m.giveBack(i)
}

// clientLeaves ends the client's end. The listener sees what becomes of one
// that is half-open or pending.
func (m *machine) clientLeaves(i int32, abort bool) {
	c := &m.conns[i]
	c.client.gone, c.client.fin = true, true
	c.client.rst = c.client.rst || abort
	if m.has(finLosesData) {
		c.client.lost = c.client.sent - c.client.got
	}
	switch c.stage {
	case halfOpen:
		m.halfLeaves(i)
	case coming:
		c.dead = c.dead || abort
	case queued:
		switch {
		case abort:
			m.aborted(i)
		case m.has(hangupReleasesTwice):
			m.credit()
		}
	case taken:
		if m.has(creditAgainOnAbort) && abort || m.has(bothEndsCredit) {
			m.credit()
		}
	}
}

// aborted is what the reset of its client does to a pending connection: it
// stays where the dead count, else b0 takes it out.
func (m *machine) aborted(i int32) {
	c := &m.conns[i]
	c.dead = true
	switch {
	case m.rules().dead, m.has(deadHoldsPlace), m.has(deadFailsAccept), m.has(deadPanics), m.has(deadReusesNext), m.has(deadBlocksHead):
		if m.has(creditTwice) {
			m.credit()
		}
	case m.has(releaseOnlyLater):
		m.unqueue(i)
		c.stage = over
		c.due = m.now + m.rules().retry
	default:
		m.post(taskRelease, i)
	}
}

// release takes a dead connection out of the queue and gives its unit back.
func (m *machine) release(i int32) {
	if !m.unqueue(i) {
		return
	}
	m.conns[i].stage = over
	if m.has(leakOnAbort) {
		m.leak(i)
	}
	if m.has(creditTwice) || m.has(underflowPins) {
		m.credit()
	}
	m.giveBack(i)
}
