package sim

import lt "github.com/listentest/listentest"

// listen sets a new backlog, or opens the listener again: then with an empty
// queue, and all units there.
func (m *machine) listen(slot uint8) {
	a := &m.actors[slot]
	switch {
	case m.open && m.has(relistenIgnored):
	default:
		m.limit = m.limitFor(int32(a.op.N))
	}
	switch {
	case !m.open:
		m.reopen()
	case m.has(relistenDropsPending):
		for _, i := range m.queue {
			m.giveBack(i)
			m.conns[i].stage = over
		}
		m.queue = m.queue[:0]
	case m.has(relistenForgets):
		m.units = 0
	}
	for range max(min(m.limit-m.units, int32(len(m.blocked))), 0) {
		m.wakeOne(&m.blocked)
	}
	m.finish(slot, lt.OK)
}

func (m *machine) reopen() {
	m.open = true
	m.era = (m.era + 1) % noUnit
	if !m.has(closeKeepsUnits) {
		m.units = 0
	}
}

// shut closes the listener for those who come; who is there is told in a
// second step.
func (m *machine) shut(slot uint8) {
	if m.has(closeWaitsForDial) && len(m.blocked) > 0 {
		m.sleep(slot) // for ever
		return
	}
	m.open = false
	m.at(slot, shutDrain)
}

// drain is the second half of shut: it ends what is pending and half-open,
// and lets all who wait look again.
func (m *machine) drain(slot uint8) {
	if n, ok := m.another(); ok {
		switch {
		case m.has(siblingCloseEnds):
			m.endAll(n)
		case m.rules().moves && !m.has(closeEndsMovable):
			m.move(n)
		}
	}
	for i := range m.conns {
		if m.conns[i].home == m.here {
			m.closeConn(int32(i))
		}
	}
	if !m.has(closeAcceptsPending) {
		m.queue = m.queue[:0]
	}
	for !m.has(closeWakesNobody) && !m.has(staleWaiterSwallows) && len(m.parked) > 0 {
		m.wakeOne(&m.parked)
	}
	for !m.has(closeLeavesBlocked) && len(m.blocked) > 0 {
		m.wakeOne(&m.blocked)
	}
	for i := range m.actors {
		if a := &m.actors[i]; a.asleep && a.retry > 0 && a.home == m.here {
			a.retry = 0
			m.wake(uint8(i))
		}
	}
	m.finish(slot, lt.OK)
}

// closeConn is what the close of the listener does to a connection.
func (m *machine) closeConn(i int32) {
	switch c := &m.conns[i]; {
	case c.stage == queued && m.has(closeAcceptsPending):
	case c.stage == queued && (m.has(closeLeavesPending) || c.era == noUnit):
		m.giveBack(i)
		c.stage = over
	case c.stage == queued, c.stage == halfOpen:
		c.due = 0
		if m.has(closeKeepsUnits) {
			m.leak(i)
		}
		m.giveBack(i)
		m.tell(i, lt.Reset)
	case c.stage == taken && m.has(closeEndsAccepted) && !c.client.gone && !c.server.gone:
		c.server.rst = true
		m.report(lt.Event{Verb: lt.End, Conn: c.id, Outcome: lt.Reset})
	}
}
