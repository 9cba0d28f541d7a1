package sim

import (
	"slices"

	lt "github.com/listentest/listentest"
)

// This file is about several listeners at the address: a dial goes to one of
// those that are open, by the number of its client.

// on makes listener n the one that the machine works at.
func (m *machine) on(n uint8) {
	if n == m.here {
		return
	}
	for int(max(n, m.here)) >= len(m.others) {
		m.others = slices.Grow(m.others, 1)
		m.others = m.others[:len(m.others)+1]
		m.others[len(m.others)-1].clear()
	}
	m.others[m.here], m.listener, m.here = m.listener, m.others[n], n
}

// concerns returns the listener at which an actor takes its next step, and has
// the actor keep it.
func (m *machine) concerns(slot uint8) uint8 {
	a := &m.actors[slot]
	switch {
	case len(m.others) == 0 && a.id < lt.Acceptor(8): // the one that there is
	case a.id.Role() == lt.TaskRole && len(m.inbox) > 0:
		a.home = m.conns[m.inbox[0].conn].home
	case a.conn >= 0:
		a.home = m.conns[a.conn].home
	case a.id.Role() == lt.AcceptorRole:
		a.home = uint8(a.id.Num() / 8)
	case a.id.Role() == lt.ListenerRole:
		a.home = uint8(a.id.Num())
	case a.pc == dialEnter || a.pc == synEnter:
		a.home = m.pick(a.id.Num())
	}
	return a.home
}

// pick returns the open listener to which a dial of client n goes, or l0 if
// none is open.
func (m *machine) pick(n int) uint8 {
	var open [8]uint8
	count := 0
	for i := range max(len(m.others), 1) {
		if m.member(i) {
			open[count] = uint8(i)
			count++
		}
	}
	if count == 0 {
		return 0
	}
	return open[n%count]
}

// member reports whether listener i is one of those that dials go to.
func (m *machine) member(i int) bool {
	if i == int(m.here) {
		return m.open || m.has(closedMember) && m.limit > 0
	}
	l := &m.others[i]
	return l.open || m.has(closedMember) && l.limit > 0
}

// another returns an open listener that is not the one that the machine works
// at, if there is one.
func (m *machine) another() (n uint8, ok bool) {
	for i := range m.others {
		if i != int(m.here) && m.member(i) {
			return uint8(i), true
		}
	}
	return 0, false
}

// endAll ends what waits at listener n.
func (m *machine) endAll(n uint8) {
	from := m.here
	m.on(n)
	for len(m.queue) > 0 {
		m.evict(m.queue[0])
	}
	m.on(from)
}

// move gives what waits at the listener, half-open or completed, to listener
// n, whatever room that has.
func (m *machine) move(n uint8) {
	from := m.here
	pending := m.queue
	m.queue = nil
	m.on(n)
	for i := range m.conns {
		c := &m.conns[i]
		if c.home != from || c.stage != queued && c.stage != halfOpen && c.stage != coming {
			continue
		}
		c.home, c.era = n, m.era
		if c.unit != noUnit {
			m.take(int32(i))
		}
	}
	for _, i := range pending {
		m.conns[i].first = len(m.queue) == 0
		m.queue = append(m.queue, i)
		m.wakeAcceptor(i)
	}
	m.on(from)
}
