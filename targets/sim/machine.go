package sim

import (
	"slices"

	lt "github.com/listentest/listentest"
)

// A machine is a state and the rules by which it moves.
type machine struct {
	state
	rules  *Target
	report func(lt.Event)
	slots  [256]uint8 // slot of an actor, plus one; an index over actors
}

func (m *machine) reset(backlog int32) {
	m.state.clear()
	clear(m.slots[:])
	m.open = true
	m.limit = m.limitFor(backlog)
}

// limitFor returns how many units a backlog gives.
func (m *machine) limitFor(backlog int32) int32 {
	c := &m.rules.contract
	n := c.Max.Of(c.Backlog.Effective(backlog))
	if m.has(offByOneLow) {
		n--
	}
	if m.has(offByOneHigh) {
		n++
	}
	return n
}

func (m *machine) has(f faults) bool { return m.rules.faults&f != 0 }

// slot returns the slot of an actor, and makes one at its first operation.
func (m *machine) slot(id lt.Actor) uint8 {
	if m.slots[id] == 0 {
		m.actors = append(m.actors, actor{id: id, armed: unarmed})
		m.slots[id] = uint8(len(m.actors))
	}
	return m.slots[id] - 1
}

// enter gives the first step of the operations that take steps; idle for
// those that the simulator does not have.
var enter = [256]pc{
	lt.Dial: dialEnter, lt.Accept: acceptEnter, lt.Hangup: hangupEnter,
	lt.Abort: abortEnter, lt.Listen: listenEnter, lt.Shut: shutEnter,
}

// start begins op. Preempt, resume, cancel and tick are over at once; the
// others make their actor runnable.
func (m *machine) start(op lt.Op) {
	switch op.Kind {
	case lt.Preempt:
		m.actors[m.slot(op.Actor)].armed = op.N
		m.done(op.ID, lt.OK, 0)
	case lt.Resume:
		m.done(op.ID, lt.OK, 0)
		m.resume(m.slot(op.Actor))
	case lt.Cancel:
		m.done(op.ID, lt.OK, 0)
		m.cancel(m.slot(op.Actor))
	case lt.Tick:
		m.done(op.ID, lt.OK, 0)
		m.tick(int32(op.N))
	default:
		step := enter[op.Kind]
		sibling := op.Actor.Role() == lt.AcceptorRole && op.Actor.Num() >= 8 || op.Actor.Role() == lt.ListenerRole && op.Actor.Num() > 0
		if step == idle || sibling || op.Kind == lt.Shut && op.N != 0 {
			m.done(op.ID, lt.Unsupported, 0)
			return
		}
		slot := m.slot(op.Actor)
		a := &m.actors[slot]
		if a.owes { // its next point is here
			m.pay(a)
		}
		a.op, a.pc, a.conn = op, step, op.Conn
		m.wake(slot)
	}
}

func (m *machine) done(op int32, o lt.Outcome, conn int32) {
	m.report(lt.Event{Verb: lt.Return, Op: op, Outcome: o, Conn: conn})
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

func (m *machine) unready(slot uint8) {
	if i := slices.Index(m.ready, slot); i >= 0 {
		m.ready = slices.Delete(m.ready, i, i+1)
	}
}

// run lets ready[i] take one step and puts it first.
func (m *machine) run(i int) {
	slot := m.ready[i]
	copy(m.ready[1:i+1], m.ready[:i])
	m.ready[0] = slot
	m.step(slot)
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

// finish reports the end of an actor's operation; what it was armed for and
// did not reach lapses, but for the exit, which is here.
func (m *machine) finish(slot uint8, o lt.Outcome, conn int32) {
	a := &m.actors[slot]
	a.pc, a.asleep, a.retry = idle, false, 0
	m.done(a.op.ID, o, conn)
	exit := a.armed == atExit
	a.armed = unarmed
	switch {
	case exit:
		m.hold(slot, "exit")
	case a.owes: // one more step, to its next point
	default:
		m.unready(slot)
	}
}

// tick lets time pass; dropped dials whose time has come try again.
func (m *machine) tick(ms int32) {
	m.now += ms
	m.report(lt.Event{Verb: lt.Clock, N: m.now})
	for slot := range m.actors {
		if a := &m.actors[slot]; a.asleep && a.retry > 0 && a.retry <= m.now {
			a.retry = 0
			m.wake(uint8(slot))
		}
	}
}

// cancel gives up an operation that waits; one that is past waiting ends by
// itself.
func (m *machine) cancel(slot uint8) {
	if !m.actors[slot].asleep {
		return
	}
	m.parked = without(m.parked, slot)
	m.blocked = without(m.blocked, slot)
	m.finish(slot, lt.Cancelled, 0)
}

func without(list []uint8, slot uint8) []uint8 {
	if i := slices.Index(list, slot); i >= 0 {
		return slices.Delete(list, i, i+1)
	}
	return list
}
