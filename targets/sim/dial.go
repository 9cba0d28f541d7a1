package sim

import lt "github.com/listentest/listentest"

// dial looks whether there is room, and takes a place if the arrival is at
// once or its place has to be kept.
func (m *machine) dial(slot uint8) {
	a := &m.actors[slot]
	r := m.rules()
	switch {
	case a.plan != noPlan && !m.has(failedDialEnqueues):
		m.planned(slot)
	case m.turnedAway(slot):
	case r.early != 0 && m.full():
		m.overflow(slot)
	case r.arrive == atOnce && m.has(checkThenEnqueue):
		m.at(slot, dialInsert)
	default:
		m.insert(slot)
	}
}

// turnedAway ends a dial that no room could help, and reports whether it did.
func (m *machine) turnedAway(slot uint8) bool {
	closed := !m.open && !(m.has(closeStillConnectable) && m.closing() || m.has(queueAfterClose))
	poisoned := m.has(fdAtDial) && m.acceptPlanned() || m.has(refusedUntilChildCloses) && m.oldChild()
	switch {
	case closed, poisoned:
		m.finish(slot, lt.Refused)
	case m.plan != noPlan:
		m.plan = noPlan
		m.finish(slot, lt.Refused)
	case m.has(needsAcceptor) && len(m.parked) == 0:
		m.blocked = append(m.blocked, slot)
		m.sleep(slot)
	default:
		return false
	}
	return true
}

// closing reports whether a shut stands between its two steps.
func (m *machine) closing() bool {
	for i := range m.actors {
		if m.actors[i].pc == shutDrain {
			return true
		}
	}
	return false
}

// oldChild reports whether a connection of a closed listener is still open.
func (m *machine) oldChild() bool {
	for i := range m.conns {
		if c := &m.conns[i]; c.home == m.here && c.era != m.era && c.stage == taken && !c.server.gone {
			return true
		}
	}
	return false
}

// insert makes the connection of a dial that found room.
func (m *machine) insert(slot uint8) {
	a := &m.actors[slot]
	r := m.rules()
	a.conn = int32(len(m.conns))
	m.conns = append(m.conns, conn{id: a.op.ID, from: a.id, unit: noUnit, era: m.era, home: m.here, stage: coming})
	if !m.open { // which only faults let happen
		m.conns[a.conn].era = noUnit
	}
	if r.late == 0 || r.arrive == atOnce {
		m.take(a.conn)
	}
	switch {
	case m.has(queueAfterClose) && !m.open, m.has(nobodyToTakeIt) && m.accepts == 0:
		m.giveBack(a.conn)
		m.conns[a.conn].stage = over
		m.finish(slot, lt.OK)
	case r.arrive == byHandshake:
		m.at(slot, dialAck)
	case r.arrive == byTask:
		if m.conns[a.conn].unit == noUnit && !m.full() { // it took no place, so that the next one finds room too
			m.wakeOne(&m.blocked)
		}
		m.post(taskAdmit, a.conn)
		m.finish(slot, lt.OK)
	default:
		m.arrived(slot)
	}
}

// arrived puts the connection of a dial or an ack into the queue.
func (m *machine) arrived(slot uint8) {
	a := &m.actors[slot]
	m.enqueue(a.conn)
	switch {
	case m.has(countedTwice):
		m.units++
	case m.has(retransmitTwice) && a.looked:
		m.queue = append(m.queue, a.conn)
	}
	m.at(slot, dialWake)
}

// acked is the client's second step: the place that was there when it was
// answered may be gone.
func (m *machine) acked(slot uint8) {
	a := &m.actors[slot]
	c := &m.conns[a.conn]
	switch {
	case !m.open || c.era != m.era:
		m.giveBack(a.conn)
		c.stage = over
		m.finish(slot, lt.Refused)
	default:
		m.complete(slot)
	}
}

// complete gives the connection of a dial or an ack its place, if it has none
// and there is one.
func (m *machine) complete(slot uint8) {
	a := &m.actors[slot]
	if m.conns[a.conn].unit == noUnit {
		if m.full() && !m.has(halfNotCounted) {
			if m.conns[a.conn].stage != halfOpen || !m.rules().replay { // else its ack may be shown again, when there is room
				m.tooLate(a.conn)
			}
			m.finish(slot, lt.OK)
			return
		}
		m.take(a.conn)
	}
	m.arrived(slot)
}

// tooLate is what becomes of a connection that finds no room, though its
// client was told that it is connected.
func (m *machine) tooLate(i int32) {
	if m.rules().late == lt.EndLater {
		m.tell(i, lt.Reset)
		return
	}
	m.conns[i].stage = over
}

// dialed is the end of a dial or an ack: an acceptor is woken.
func (m *machine) dialed(slot uint8) {
	a := &m.actors[slot]
	i := a.conn
	if m.has(countedTwice) {
		m.units--
	}
	m.wakeAcceptor(i)
	a = &m.actors[slot]
	if a.plan != noPlan && a.op.Kind == lt.Dial {
		m.planned(slot)
		return
	}
	m.finish(slot, lt.OK)
}

// admitLater is b0's admission of a connection whose client was told that it
// is connected.
func (m *machine) admitLater(i int32) {
	c := &m.conns[i]
	switch {
	case c.dead:
		m.giveBack(i)
		c.stage = over
	case !m.open || c.era != m.era:
		m.giveBack(i)
		m.tell(i, lt.Reset)
	case c.unit == noUnit && m.full():
		m.tooLate(i)
	default:
		if c.unit == noUnit {
			m.take(i)
		}
		m.enqueue(i)
		m.wakeAcceptor(i)
	}
}

// overflow is what a dial or a syn meets that finds no room.
func (m *machine) overflow(slot uint8) {
	a := &m.actors[slot]
	a.looked = true
	look := m.rules().early
	switch {
	case m.has(ghostWhenFull), m.has(resetAfterConnect):
		m.conns = append(m.conns, conn{id: a.op.ID, from: a.id, unit: noUnit, era: m.era, home: m.here, stage: over})
		m.finish(slot, lt.OK)
		if m.has(resetAfterConnect) {
			m.tell(int32(len(m.conns)-1), lt.Reset)
		}
		return
	case m.has(refuseByDrop):
		look = lt.Drop
	case m.has(refuseByBlock):
		look = lt.Block
	case m.has(blockByRefuse):
		look = lt.Refuse
	case m.has(dropByReset):
		look = lt.ResetDial
	case m.has(refusalEvicts) && len(m.queue) > 0:
		m.evict(m.queue[len(m.queue)-1])
	}
	if m.has(leakOnRefusal) {
		m.units++
	}
	switch look {
	case lt.Block:
		m.blocked = append(m.blocked, slot)
		m.sleep(slot)
	case lt.Drop:
		a.retry = m.now + m.rules().retry
		m.sleep(slot)
	default:
		m.finish(slot, refusedAs[look])
	}
}

var refusedAs = [...]lt.Outcome{lt.Refuse: lt.Refused, lt.ResetDial: lt.Reset, lt.Again: lt.WouldBlock}

// evict ends a pending connection.
func (m *machine) evict(i int32) {
	m.unqueue(i)
	m.giveBack(i)
	m.tell(i, lt.Reset)
}
