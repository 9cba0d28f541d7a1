package sim

import (
	"slices"

	lt "github.com/listentest/listentest"
)

// A machine is a state and the rules by which it moves.
type machine struct {
	state
	target *Target
	report func(lt.Event)
	slots  [256]uint8 // slot of an actor, plus one; an index over actors
}

func (m *machine) reset(backlog int32) {
	m.state.clear()
	clear(m.slots[:])
	m.others = m.others[:0]
	m.open = true
	m.limit = m.limitFor(backlog)
}

func (m *machine) has(f fault) bool { return m.target.faults[f] }

func (m *machine) rules() *rules { return &m.target.rules }

// slot returns the slot of an actor, and makes one at its first operation.
func (m *machine) slot(id lt.Actor) uint8 {
	if m.slots[id] == 0 {
		m.actors = append(m.actors, actor{id: id, armed: unarmed, plan: noPlan})
		m.slots[id] = uint8(len(m.actors))
	}
	return m.slots[id] - 1
}

// enter gives the first step of the operations that take steps; idle for
// those that the simulator does not have.
var enter = [256]pc{
	lt.Dial: dialEnter, lt.Accept: acceptEnter, lt.Hangup: leaveEnter, lt.Abort: leaveEnter,
	lt.Send: dataEnter, lt.Recv: dataEnter, lt.HalfClose: dataEnter, lt.Fail: failEnter,
	lt.Listen: listenEnter, lt.Shut: shutEnter, lt.Syn: synEnter, lt.Ack: ackEnter,
}

// start begins op. Preempt, resume, cancel and tick are over at once; the
// others make their actor runnable.
func (m *machine) start(op lt.Op) {
	switch op.Kind {
	case lt.Preempt:
		m.actors[m.slot(op.Actor)].armed = op.N
		m.done(op.ID, lt.OK)
	case lt.Resume:
		m.done(op.ID, lt.OK)
		m.resume(m.slot(op.Actor))
	case lt.Cancel:
		m.done(op.ID, lt.OK)
		m.cancel(m.slot(op.Actor))
	case lt.Tick:
		m.done(op.ID, lt.OK)
		m.tick(int32(op.N))
	default:
		if !m.knows(op) {
			m.done(op.ID, lt.Unsupported)
			return
		}
		slot := m.slot(op.Actor)
		a := &m.actors[slot]
		if a.owes { // its next point is here
			m.on(a.home)
			m.pay(a)
		}
		a.op, a.pc, a.conn, a.looked = op, enter[op.Kind], m.indexOf(op), false
		m.on(m.concerns(slot))
		a.era = m.era
		m.wake(slot)
		m.on(0)
	}
}

// knows reports whether the simulator has op: a listener can be closed in one
// way.
func (m *machine) knows(op lt.Op) bool {
	half := op.Kind == lt.Syn || op.Kind == lt.Ack
	return enter[op.Kind] != idle && (op.Kind != lt.Shut || op.N == 0) && (!half || m.rules().half != noHalf)
}

// indexOf returns the index of the connection that op addresses, or -1.
func (m *machine) indexOf(op lt.Op) int32 {
	if op.Conn == 0 {
		return -1
	}
	for i := len(m.conns) - 1; i >= 0; i-- {
		c := &m.conns[i]
		if op.Actor.Role() == lt.AcceptorRole && c.accepted == op.Conn || op.Actor.Role() != lt.AcceptorRole && c.id == op.Conn {
			return int32(i)
		}
	}
	return -1
}

func (m *machine) done(op int32, o lt.Outcome) {
	m.report(lt.Event{Verb: lt.Return, Op: op, Outcome: o})
}

// wake makes an actor runnable, unless it is held; resume does it then.
func (m *machine) wake(slot uint8) {
	a := &m.actors[slot]
	a.asleep = false
	if !a.held && !slices.Contains(m.ready, slot) {
		m.ready = append(m.ready, slot)
	}
}

// sleep takes an actor out of the runnable ones.
func (m *machine) sleep(slot uint8) {
	m.actors[slot].asleep = true
	m.unready(slot)
}

func (m *machine) unready(slot uint8) { m.ready = without(m.ready, slot) }

// run lets ready[i] take one step and puts it first.
func (m *machine) run(i int) {
	slot := m.ready[i]
	copy(m.ready[1:i+1], m.ready[:i])
	m.ready[0] = slot
	m.step(slot)
}

// step lets an actor take one step: what stands between two points, at the
// listener that it concerns.
func (m *machine) step(slot uint8) {
	m.on(m.concerns(slot))
	m.act(slot)
	m.on(0)
}

func (m *machine) act(slot uint8) {
	switch a := &m.actors[slot]; a.pc {
	case idle: // only one that owes is runnable here
		m.pay(a)
		m.unready(slot)
	case dialEnter:
		m.dial(slot)
	case dialInsert:
		m.insert(slot)
	case dialAck:
		m.acked(slot)
	case dialWake:
		m.dialed(slot)
	case synEnter:
		m.syn(slot)
	case ackEnter:
		m.ack(slot)
	case acceptEnter:
		m.accept(slot)
	case acceptPark:
		m.park(slot)
	case acceptCredit:
		m.accepted(slot)
	case leaveEnter:
		m.leave(slot)
	case dataEnter:
		m.data(slot)
	case failEnter:
		m.fail(slot)
	case listenEnter:
		m.listen(slot)
	case shutEnter:
		m.shut(slot)
	case shutDrain:
		m.drain(slot)
	case taskEnter:
		m.at(slot, m.inbox[0].step)
	case taskAdmit, taskRelease, taskCredit:
		m.job(slot)
	}
}

// at moves an actor on to a step with a point before it, and holds it there
// if that is the point that it is armed for.
func (m *machine) at(slot uint8, next pc) {
	a := &m.actors[slot]
	a.pc = next
	if a.armed > 0 {
		if a.armed--; a.armed == 0 {
			m.hold(slot, points[next])
		}
	}
}

func (m *machine) hold(slot uint8, point string) {
	a := &m.actors[slot]
	a.armed, a.held = unarmed, true
	m.unready(slot)
	m.report(lt.Event{Verb: lt.Hold, Step: lt.Step{Actor: a.id}, Point: point})
}

func (m *machine) resume(slot uint8) {
	a := &m.actors[slot]
	if !a.held {
		return
	}
	a.held = false
	if !a.asleep && (a.pc != idle || a.owes) {
		m.wake(slot)
	}
}

// finish reports the end of an actor's operation.
func (m *machine) finish(slot uint8, o lt.Outcome) { m.finishWith(slot, o, 0, 0) }

// finishWith is finish with the connection or the number that is returned.
// What the actor was armed for and did not reach lapses, but for the exit,
// which is here.
func (m *machine) finishWith(slot uint8, o lt.Outcome, conn, n int32) {
	a := &m.actors[slot]
	a.pc, a.asleep, a.retry = idle, false, 0
	m.report(lt.Event{Verb: lt.Return, Op: a.op.ID, Outcome: o, Conn: conn, N: n})
	m.rest(slot, a.owes)
}

// rest ends what an actor did, for now: it is held if it was armed for that.
func (m *machine) rest(slot uint8, more bool) {
	a := &m.actors[slot]
	exit := a.armed == atExit
	a.armed = unarmed
	switch {
	case exit:
		m.hold(slot, "exit")
	case !more:
		m.unready(slot)
	}
}

// tick lets time pass: dropped dials whose time has come try again, and
// half-open connections expire.
func (m *machine) tick(ms int32) {
	m.now += ms
	m.report(lt.Event{Verb: lt.Clock, N: m.now})
	for slot := range m.actors {
		if a := &m.actors[slot]; a.asleep && a.retry > 0 && a.retry <= m.now {
			a.retry = 0
			m.wake(uint8(slot))
		}
	}
	for i := range m.conns {
		if c := &m.conns[i]; c.due > 0 && c.due <= m.now {
			c.due = 0
			m.on(c.home)
			m.expire(int32(i))
		}
	}
	m.on(0)
}

// cancel gives up an operation that waits; one that is past waiting ends by
// itself.
func (m *machine) cancel(slot uint8) {
	a := &m.actors[slot]
	if !a.asleep {
		return
	}
	m.on(a.home)
	if !m.has(cancelledAcceptSwallows) {
		m.parked = without(m.parked, slot)
	}
	if !m.has(cancelledDialSwallows) {
		m.blocked = without(m.blocked, slot)
	}
	if m.has(leakOnCancelledAccept) && a.op.Kind == lt.Accept {
		m.units++
	}
	m.finish(slot, lt.Cancelled)
	m.on(0)
}

func without(list []uint8, slot uint8) []uint8 {
	if i := slices.Index(list, slot); i >= 0 {
		return slices.Delete(list, i, i+1)
	}
	return list
}

// wakeOne wakes the oldest of a list, which begins its operation again. One
// that waits no more, which only faults leave there, swallows it.
func (m *machine) wakeOne(list *[]uint8) {
	if len(*list) == 0 {
		return
	}
	slot := (*list)[0]
	*list = slices.Delete(*list, 0, 1)
	if a := &m.actors[slot]; a.asleep || a.pc == acceptPark {
		a.pc = enter[a.op.Kind]
		m.wake(slot)
	}
}

// post gives b0 something to do.
func (m *machine) post(step pc, conn int32) {
	m.inbox = append(m.inbox, job{step, conn})
	slot := m.slot(lt.Task(0)) // may move the actors
	if b := &m.actors[slot]; b.pc == idle {
		b.pc = taskEnter
		m.wake(slot)
	}
}

// job does what b0 took.
func (m *machine) job(slot uint8) {
	j := m.inbox[0]
	m.inbox = slices.Delete(m.inbox, 0, 1)
	switch j.step {
	case taskAdmit:
		m.admitLater(j.conn)
	case taskRelease:
		m.release(j.conn)
	case taskCredit:
		m.giveBack(j.conn)
	}
	a := &m.actors[slot] // not before: a job may move the actors
	a.pc = idle
	if len(m.inbox) > 0 {
		a.pc = taskEnter
	}
	m.rest(slot, a.pc != idle)
}
