package sim

import lt "github.com/listentest/listentest"

// This file is the ledger of units: a connection that holds a place has one.

// limitFor returns how many units there are for listen's argument b.
func (m *machine) limitFor(b int32) int32 {
	n := capacity(&m.target.contract, b)
	switch {
	case m.has(offByOneLow):
		n--
	case m.has(offByOneHigh):
		n++
	case m.has(capacityOne):
		n = 1
	case m.has(maxForMin):
		n = max(n, 8)
	case m.has(zeroLiteral) && b == 0:
		n = 0
	case m.has(negativeLiteral) && b < 0:
		n = b
	case m.has(backlogU16):
		n = int32(uint16(n))
	case m.has(backlogI8):
		n = int32(int8(n))
	case m.has(noLimit):
		n = 1 << 20
	}
	return n
}

// full reports whether there is no room for one more.
func (m *machine) full() bool {
	held := m.units
	if m.has(greedyAcceptor) {
		held += int32(len(m.parked))
	}
	if m.has(lifetimeCap) {
		held = m.ever
	}
	return held >= m.limit
}

// take gives connection i a unit.
func (m *machine) take(i int32) {
	m.conns[i].unit = m.era
	m.units++
	if m.has(counterU8) {
		m.units &= 0xFF
	}
}

// giveBack takes the unit of connection i back, once, and lets a blocked dial
// look again.
func (m *machine) giveBack(i int32) {
	c := &m.conns[i]
	if c.unit == noUnit {
		return
	}
	old := c.unit != m.era
	c.unit = noUnit
	if old && !m.has(creditToSuccessor) {
		return
	}
	if n, ok := m.another(); ok && m.has(creditToSibling) {
		from := m.here
		m.on(n)
		m.credit()
		m.on(from)
		return
	}
	m.credit()
}

// credit adds a free unit.
func (m *machine) credit() {
	m.units--
	if m.has(underflowPins) && m.units < 0 {
		m.units = 1 << 20
	}
	if !m.has(blockedNotWoken) {
		m.wakeOne(&m.blocked)
	}
}

// leak loses the unit of connection i.
func (m *machine) leak(i int32) { m.conns[i].unit = noUnit }

// enqueue puts connection i at the tail of the accept queue.
func (m *machine) enqueue(i int32) {
	c := &m.conns[i]
	c.stage, c.first = queued, len(m.queue) == 0
	m.ever++
	m.queue = append(m.queue, i)
	if m.has(stackedQueue) && len(m.queue) > 2 {
		m.unqueue(i)
		m.giveBack(i)
		m.tell(i, lt.Reset)
	}
}

// unqueue takes connection i out of the queue, and reports whether it was
// there.
func (m *machine) unqueue(i int32) bool {
	for k, j := range m.queue {
		if j == i {
			m.queue = append(m.queue[:k], m.queue[k+1:]...)
			return true
		}
	}
	return false
}

// wakeAcceptor tells an acceptor that connection i has come.
func (m *machine) wakeAcceptor(i int32) {
	switch {
	case m.deaf:
		m.deaf = false
	case m.rules().edge && !m.conns[i].first: // whoever was told of the first tells of those behind it
	case m.has(edgeAcceptOne) && len(m.queue) > 1:
	case m.has(staleWaiterSwallows) && len(m.parked) > 0 && m.conns[i].stage == queued && m.actors[m.parked[0]].era != m.era:
		m.parked = m.parked[1:]
		m.unqueue(i)
		m.giveBack(i)
		m.conns[i].stage = over
	default:
		m.wakeOne(&m.parked)
	}
}

// tell ends connection i: its client is told, if it is there.
func (m *machine) tell(i int32, how lt.Outcome) {
	c := &m.conns[i]
	c.stage = over
	c.server.rst = true
	if !c.dead {
		m.report(lt.Event{Verb: lt.End, Conn: c.id, Outcome: how})
	}
}
