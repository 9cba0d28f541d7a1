package sim

import (
	"slices"

	lt "github.com/listentest/listentest"
)

// syn makes a half-open connection.
func (m *machine) syn(slot uint8) {
	a := &m.actors[slot]
	shared := m.rules().half == sharedHalf
	counted := shared && !m.has(halfNotCounted) || !shared && m.has(halfCounted)
	switch {
	case !m.open:
		m.finish(slot, lt.Refused)
		return
	case shared && counted && (m.full() || m.has(halfOffByOne) && m.units+1 >= m.limit):
		m.overflow(slot)
		return
	}
	a.conn = int32(len(m.conns))
	m.conns = append(m.conns, conn{id: a.op.ID, from: a.id, unit: noUnit, era: m.era, home: m.here, stage: halfOpen, due: m.now + 3*m.rules().retry})
	if counted {
		m.take(a.conn)
	}
	if m.has(acceptsHalfOpen) || m.has(halfBlocksHead) {
		m.queue = append(m.queue, a.conn)
		if m.has(acceptsHalfOpen) {
			m.wakeAcceptor(a.conn)
		}
	}
	m.finish(slot, lt.OK)
}

// ack finishes a half-open connection. A replayed one makes a phantom where
// that is declared.
func (m *machine) ack(slot uint8) {
	a := &m.actors[slot]
	if a.conn < 0 || m.conns[a.conn].stage != halfOpen {
		if m.strays(a) && m.open && !m.full() {
			a.conn = int32(len(m.conns))
			m.conns = append(m.conns, conn{id: lt.Nobody, from: a.id, unit: noUnit, era: m.era, home: m.here})
			m.take(a.conn)
			m.arrived(slot)
			return
		}
		m.finish(slot, lt.OK)
		return
	}
	if !m.open { // the other half of close ends it
		m.finish(slot, lt.OK)
		return
	}
	c := &m.conns[a.conn]
	c.due = 0
	if m.has(halfBlocksHead) || m.has(acceptsHalfOpen) { // it stands in the queue already
		c.stage = queued
		m.ever++
		m.at(slot, dialWake)
		return
	}
	m.complete(slot)
}

// strays reports whether a replayed ack meets nobody: neither its connection,
// which was ended by either side or the listener, nor a phantom that is pending.
func (m *machine) strays(a *actor) bool {
	if a.conn < 0 || !m.rules().replay {
		return false
	}
	c := &m.conns[a.conn]
	pending := slices.ContainsFunc(m.conns, func(p conn) bool {
		return p.id == lt.Nobody && p.from == a.id && p.stage == queued
	})
	return !pending && (c.stage == over || c.client.gone || c.server.gone)
}

// expire ends a half-open connection whose ack did not come.
func (m *machine) expire(i int32) {
	c := &m.conns[i]
	if c.stage != halfOpen { // a fault's late release
		m.giveBack(i)
		return
	}
	m.unqueue(i)
	if m.has(leakOnExpiry) {
		m.leak(i)
	}
	m.giveBack(i)
	m.tell(i, lt.Timeout)
}

// halfLeaves is what the end of its client does to a half-open connection.
func (m *machine) halfLeaves(i int32) {
	c := &m.conns[i]
	c.due, c.dead = 0, true
	switch {
	case m.has(abortMakesPhantom):
		if c.unit == noUnit {
			m.take(i)
		}
		m.enqueue(i)
		m.wakeAcceptor(i)
		return
	case m.has(abortClosesListener):
		m.open = false
	case m.has(halfLeak):
		m.leak(i)
	}
	if m.has(halfBlocksHead) {
		return // the dead one stands where it stood
	}
	m.unqueue(i)
	c.stage = over
	m.giveBack(i)
}
