package sim

import (
	"slices"

	lt "github.com/listentest/listentest"
)

// accept takes the head of the queue, or gets ready to wait. To be seen by
// those who wake, it stands in parked before it sleeps; the lost wake-up is
// to enter the list only then.
func (m *machine) accept(slot uint8) {
	a := &m.actors[slot]
	m.accepts++
	k, ok := m.head(a)
	switch {
	case a.plan != noPlan:
		m.planned(slot)
	case !m.open && !(m.has(closeAcceptsPending) && ok):
		m.finish(slot, lt.Closed)
	case !ok:
		a.looked = true
		if !m.has(lostWakeup) {
			m.parked = append(m.parked, slot)
		}
		m.at(slot, acceptPark)
	default:
		a.conn = m.queue[k]
		if !m.has(duplicateAccept) {
			m.queue = slices.Delete(m.queue, k, k+1)
		}
		if m.rules().edge && len(m.queue) > 0 && !m.has(edgeAcceptOne) {
			m.wakeOne(&m.parked)
			a = &m.actors[slot]
		}
		m.at(slot, acceptCredit)
	}
}

// head returns the place in the queue of what accept takes; ok is false if it
// has to wait.
func (m *machine) head(a *actor) (k int, ok bool) {
	n := len(m.queue)
	if n == 0 {
		return 0, false
	}
	c := &m.conns[m.queue[0]]
	switch {
	case m.has(lateSubscriber) && !a.looked:
		return 0, false
	case m.has(silentBlocksHead) && c.client.sent == 0 && !c.client.gone,
		m.has(halfBlocksHead) && c.stage == halfOpen,
		m.has(deadBlocksHead) && c.dead && n > 1:
		return 0, false
	case m.has(lifoOrder):
		return n - 1, true
	case m.has(orderByClient):
		return m.lowest(), true
	}
	return 0, true
}

// lowest returns the place in the queue of the connection whose client has the
// lowest number, as in a table that is keyed by clients.
func (m *machine) lowest() int {
	best := 0
	for k, i := range m.queue {
		if m.conns[i].from < m.conns[m.queue[best]].from {
			best = k
		}
	}
	return best
}

func (m *machine) park(slot uint8) {
	if m.has(lostWakeup) {
		if !m.open {
			m.finish(slot, lt.Closed)
			return
		}
		m.parked = append(m.parked, slot)
	}
	m.sleep(slot)
	if m.has(needsAcceptor) {
		m.wakeOne(&m.blocked)
	}
}

// accepted gives the unit back, if it is for accept to do so, and returns.
func (m *machine) accepted(slot uint8) {
	a := &m.actors[slot]
	i := a.conn
	if m.has(duplicateAccept) {
		m.unqueue(i)
	}
	c := &m.conns[i]
	if c.dead && m.deadAccepted(slot) {
		return
	}
	c.accepted, c.stage = a.op.ID, taken
	m.creditAccepted(slot)
	if m.has(backlogOneAnchor) && m.limit == 1 {
		m.open = false
	}
	m.finishWith(slot, lt.OK, c.id, 0)
}

// creditAccepted gives back the unit of what slot has accepted, when it is
// time.
func (m *machine) creditAccepted(slot uint8) {
	a := &m.actors[slot]
	i := a.conn
	c := &m.conns[i]
	r := m.rules()
	switch {
	case m.has(countsLive), r.accepted && !m.has(creditAtAccept):
	case m.has(leakOnAbort) && c.dead, m.has(leakOnHangup) && c.client.gone && !c.dead:
		m.leak(i)
	case m.has(deferredCredit):
		a.owes = true
	case m.has(creditByProducer), r.slow:
		m.post(taskCredit, i)
	default:
		m.giveBack(i)
	}
}

// deadAccepted is what accept does with one whose client is gone, where that
// is a defect; it reports whether it returned.
func (m *machine) deadAccepted(slot uint8) bool {
	a := &m.actors[slot]
	how := lt.Failed
	switch {
	case m.has(deadPanics):
		how = lt.Panicked
	case m.has(deadReusesNext) && len(m.queue) > 0:
		m.giveBack(a.conn)
		m.conns[a.conn].stage = over
		next := &m.conns[m.queue[0]]
		a.conn = m.queue[0] // and it stays in the queue
		next.accepted = a.op.ID
		m.finishWith(slot, lt.OK, next.id, 0)
		return true
	case !m.has(deadFailsAccept):
		return false
	}
	m.giveBack(a.conn)
	m.conns[a.conn].stage = over
	m.finish(slot, how)
	return true
}

// pay gives back the unit that an accept kept past its return.
func (m *machine) pay(a *actor) {
	a.owes = false
	m.giveBack(a.conn)
}
