package sim

import (
	"slices"

	lt "github.com/listentest/listentest"
)

// step lets an actor take one step: what stands between two points.
func (m *machine) step(slot uint8) {
	switch a := &m.actors[slot]; a.pc {
	case idle: // only one that owes is runnable here
		m.pay(a)
		m.unready(slot)
	case dialEnter:
		m.dial(slot)
	case dialWake:
		m.wakeOne(&m.parked, acceptEnter)
		m.finish(slot, lt.OK, a.conn)
	case acceptEnter:
		m.accept(slot)
	case acceptPark:
		m.park(slot)
	case acceptCredit:
		m.credit(slot)
	case abortEnter, hangupEnter:
		m.leave(slot)
	case listenEnter:
		m.listen(slot)
	case shutEnter:
		m.open = false
		m.at(slot, shutDrain)
	case shutDrain:
		m.drain(slot)
	case taskEnter:
		m.at(slot, taskRelease)
	case taskRelease:
		m.release(slot)
	}
}

// dial takes a unit and a place in the queue, in one step as under a lock.
func (m *machine) dial(slot uint8) {
	a := &m.actors[slot]
	switch {
	case !m.open:
		m.finish(slot, lt.Refused, 0)
	case m.units < m.limit:
		m.units++
		a.conn = a.op.ID
		m.conns = append(m.conns, conn{id: a.conn, unit: m.era})
		m.queue = append(m.queue, a.conn)
		m.at(slot, dialWake)
	default:
		m.overflow(slot)
	}
}

func (m *machine) overflow(slot uint8) {
	a := &m.actors[slot]
	switch m.rules.contract.Overflow {
	case lt.Block:
		m.blocked = append(m.blocked, slot)
		m.sleep(slot)
	case lt.Drop:
		a.retry = m.now + m.rules.contract.Retry
		m.sleep(slot)
	default:
		m.finish(slot, lt.Refused, 0)
	}
}

// wakeOne wakes the oldest of a list, which looks again from step next on.
func (m *machine) wakeOne(list *[]uint8, next pc) {
	if len(*list) == 0 {
		return
	}
	slot := (*list)[0]
	*list = slices.Delete(*list, 0, 1)
	m.actors[slot].pc = next
	m.wake(slot)
}

// accept takes the head of the queue, or gets ready to wait. To be seen by
// those who wake, it stands in parked before it sleeps; the lost wake-up is
// to enter the list only then.
func (m *machine) accept(slot uint8) {
	a := &m.actors[slot]
	if !m.open {
		m.finish(slot, lt.Closed, 0)
		return
	}
	if len(m.queue) == 0 {
		if !m.has(lostWakeup) {
			m.parked = append(m.parked, slot)
		}
		m.at(slot, acceptPark)
		return
	}
	head := 0
	if m.has(lifoOrder) {
		head = len(m.queue) - 1
	}
	a.conn = m.queue[head]
	if !m.has(duplicateAccept) {
		m.queue = slices.Delete(m.queue, head, head+1)
	}
	m.at(slot, acceptCredit)
}

func (m *machine) park(slot uint8) {
	if m.has(lostWakeup) {
		if !m.open {
			m.finish(slot, lt.Closed, 0)
			return
		}
		m.parked = append(m.parked, slot)
	}
	m.sleep(slot)
}

// credit gives the unit back, if it is for accept to do so, and returns.
func (m *machine) credit(slot uint8) {
	a := &m.actors[slot]
	if m.has(duplicateAccept) {
		m.unqueue(a.conn)
	}
	c := m.connOf(a.conn)
	c.accepted = a.op.ID
	switch {
	case m.rules.contract.Credit == lt.CreditClose:
	case m.has(creditLeakOnAbort) && c.dead:
		c.unit = noUnit
	case m.has(deferredCredit):
		a.owes = true
	default:
		m.giveBack(c)
	}
	m.finish(slot, lt.OK, a.conn)
}

// pay gives back the unit that an accept kept past its return.
func (m *machine) pay(a *actor) {
	a.owes = false
	m.giveBack(m.connOf(a.conn))
}

// giveBack returns the unit of c, once, and lets a blocked dial look again.
func (m *machine) giveBack(c *conn) {
	if c.unit != m.era {
		c.unit = noUnit
		return
	}
	c.unit = noUnit
	m.units--
	m.wakeOne(&m.blocked, dialEnter)
}

// connOf returns the connection of a dial. It must have been admitted.
func (m *machine) connOf(id int32) *conn {
	i := slices.IndexFunc(m.conns, func(c conn) bool { return c.id == id })
	return &m.conns[i]
}

// unqueue takes a connection out of the queue, and reports whether it was
// there.
func (m *machine) unqueue(id int32) bool {
	i := slices.Index(m.queue, id)
	if i < 0 {
		return false
	}
	m.queue = slices.Delete(m.queue, i, i+1)
	return true
}

// leave is hangup and abort. Only what an abort does to a pending connection,
// and what closing does to an accepted one, is seen by the listener.
func (m *machine) leave(slot uint8) {
	a := &m.actors[slot]
	rules := &m.rules.contract
	if a.id.Role() == lt.AcceptorRole {
		i := slices.IndexFunc(m.conns, func(c conn) bool { return c.accepted == a.conn })
		if i >= 0 && rules.Credit == lt.CreditClose {
			m.giveBack(&m.conns[i])
		}
	} else if c := m.connOf(a.conn); a.pc == abortEnter && c.accepted == 0 {
		c.dead = true
		if rules.Must&lt.Aborted == 0 {
			m.inbox = append(m.inbox, c.id)
			task := m.slot(lt.Task(0)) // may move the actors: a is stale from here
			if b := &m.actors[task]; b.pc == idle {
				b.pc = taskEnter
				m.wake(task)
			}
		}
	}
	m.finish(slot, lt.OK, 0)
}

// release is b0: it takes a dead connection out of the queue and gives its
// unit back.
func (m *machine) release(slot uint8) {
	id := m.inbox[0]
	m.inbox = slices.Delete(m.inbox, 0, 1)
	if c := m.connOf(id); m.unqueue(id) {
		if m.has(creditLeakOnAbort) {
			c.unit = noUnit
		}
		m.giveBack(c)
	}
	a := &m.actors[slot]
	a.pc = idle
	if len(m.inbox) > 0 {
		a.pc = taskEnter
	}
	exit := a.armed == atExit
	a.armed = unarmed
	switch {
	case exit:
		m.hold(slot, "exit")
	case a.pc == idle:
		m.unready(slot)
	}
}

// listen sets a new backlog, or opens the listener again: then with an empty
// queue, and all units there.
func (m *machine) listen(slot uint8) {
	m.limit = m.limitFor(int32(m.actors[slot].op.N))
	if !m.open {
		m.open = true
		m.era = (m.era + 1) % noUnit
		m.units = 0
	}
	for range max(m.limit-m.units, 0) {
		m.wakeOne(&m.blocked, dialEnter)
	}
	m.finish(slot, lt.OK, 0)
}

// drain is the second half of shut: it ends what is pending and lets all who
// wait look again.
func (m *machine) drain(slot uint8) {
	for _, id := range m.queue {
		c := m.connOf(id)
		m.giveBack(c)
		if !c.dead && !m.has(closeLeavesPending) {
			m.report(lt.Event{Verb: lt.End, Conn: id, Outcome: lt.Reset})
		}
	}
	m.queue = m.queue[:0]
	for len(m.parked) > 0 {
		m.wakeOne(&m.parked, acceptEnter)
	}
	for len(m.blocked) > 0 {
		m.wakeOne(&m.blocked, dialEnter)
	}
	m.finish(slot, lt.OK, 0)
}
