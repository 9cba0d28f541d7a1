package sim

import (
	"slices"

	"github.com/listentest/listentest"
)

// A state is everything that the future of a simulation depends on. It holds
// no pointers but its slices, so that it can be copied into another.
type state struct {
	now int32 // milliseconds

	listener            // the one that the machine works at, between steps l0,
	here     uint8      // its number,
	others   []listener // and the others by theirs; its own place is out of date

	conns  []conn  // in the order in which they came
	ready  []uint8 // slots of actors that can run; the first ran last
	actors []actor // in the order of their first operation
	inbox  []job   // what b0 has to do, oldest first
}

// A listener is a queue and its units.
type listener struct {
	open  bool
	limit int32  // how many units there are, by the backlog in force
	units int32  // how many are taken; see unit for by whom
	era   uint16 // counts reopenings: a unit of an earlier era is worth nothing
	plan  int16  // what the next admission meets: N of its fail, or noPlan

	queue   []int32 // the accept queue, head first: indices into conns
	parked  []uint8 // slots of acceptors that wait for a connection, oldest first
	blocked []uint8 // slots of clients that wait for room, oldest first

	memory // what only faults remember
}

// memory is what some faults need to remember.
type memory struct {
	ever    int32 // connections that were ever admitted
	accepts int32 // accepts that were ever called
	deaf    bool  // the next wake-up of an acceptor is lost
}

// A conn is a connection that has come to the listener.
type conn struct {
	id       int32            // of the dial or syn that it came from; Nobody for a phantom
	from     listentest.Actor // whose that is
	accepted int32            // ID of the accept that returned it, 0 before
	due      int32            // the time at which it expires, half-open, or its late release is done; 0 never
	unit     uint16           // the era of the unit that it holds, or noUnit
	era      uint16           // the listener's, when it came
	home     uint8            // the number of that
	stage    stage
	dead     bool // its client reset it, or gave it up, before accept
	first    bool // the queue was empty when it came there
	// What either end sent.
	client, server end
}

// An end is what one end of a connection did.
type end struct {
	sent int32 // bytes
	got  int32 // of them, what the other end has received
	lost int32 // of them, what will not arrive; by faults only
	fin  bool  // it has ended its stream
	gone bool  // it has hung up or aborted
	rst  bool  // it has aborted, or the listener has ended it
}

const noUnit = 0xFFFF

// stage is how far a connection has come.
type stage uint8

const (
	halfOpen stage = iota
	coming         // between the dial's look for room and its place in the queue
	queued
	taken // by an accept
	over  // refused, ended, forgotten
)

// A job is something that b0 has to do.
type job struct {
	step pc
	conn int32 // index into conns
}

// An actor is what is known of one of the schedule's actors.
type actor struct {
	id     listentest.Actor
	pc     pc
	held   bool
	looked bool   // its accept has found the queue empty before
	asleep bool   // in parked or blocked, or dropped and waiting for retry
	owes   bool   // deferred-credit: the unit of conn comes back at the next point
	armed  int16  // points until it is held; atExit, or unarmed
	plan   int16  // what its next dial or accept meets: N of its fail, or noPlan
	home   uint8  // number of the listener at which its operation is
	conn   int32  // index of the connection that its operation is about; -1 none
	era    uint16 // the listener's, when its operation began
	op     listentest.Op
	retry  int32 // asleep in dial after a drop: the time of the next try, else 0
}

const (
	unarmed int16 = -1
	atExit  int16 = 0
	noPlan  int16 = -1
)

// pc is the step that an actor takes next. Each begins after the point that
// it is named for in points.
type pc uint8

const (
	idle pc = iota
	dialEnter
	dialInsert // there is room; take a place
	dialAck    // the client has been answered; its ack comes
	dialWake   // the connection is in the queue; wake an acceptor
	synEnter
	ackEnter
	acceptEnter
	acceptPark   // the queue was empty
	acceptCredit // the connection has left the queue; give its unit back
	leaveEnter   // hangup and abort
	dataEnter    // send, recv and half-close
	failEnter
	listenEnter
	shutEnter
	shutDrain // closed; end what is pending
	taskEnter // b0: take the next job
	taskAdmit
	taskRelease // the place of a connection that died
	taskCredit  // the place of a connection that was accepted
)

// points names the point before a step, for those that have one.
var points = [...]string{
	dialInsert:   "check|enqueue",
	dialAck:      "syn|ack",
	dialWake:     "enqueue|wake",
	acceptPark:   "check|park",
	acceptCredit: "dequeue|credit",
	shutDrain:    "close|drain",
	taskAdmit:    "connect|admit",
	taskRelease:  "abort|release",
	taskCredit:   "accept|credit",
}

// copyFrom makes s equal to t, without sharing.
func (s *state) copyFrom(t *state) {
	old := *s
	*s = *t
	s.listener.copyFrom(&old.listener, &t.listener)
	s.others = old.others[:0]
	for i := range t.others {
		s.others = append(s.others, listener{})
		s.others[i].copyFrom(&listener{}, &t.others[i])
	}
	s.conns = append(old.conns[:0], t.conns...)
	s.ready = append(old.ready[:0], t.ready...)
	s.actors = append(old.actors[:0], t.actors...)
	s.inbox = append(old.inbox[:0], t.inbox...)
}

// copyFrom makes l equal to t, in the memory of old.
func (l *listener) copyFrom(old, t *listener) {
	queue, parked, blocked := old.queue[:0], old.parked[:0], old.blocked[:0]
	*l = *t
	l.queue = append(queue, t.queue...)
	l.parked = append(parked, t.parked...)
	l.blocked = append(blocked, t.blocked...)
}

// clear makes s the empty state.
func (s *state) clear() { s.copyFrom(&state{listener: listener{plan: noPlan}}) }

// equal reports whether s and t are the same, and so have the same future.
func (s *state) equal(t *state) bool {
	return s.now == t.now && s.here == t.here && s.listener.equal(&t.listener) &&
		s.othersEqual(t) &&
		slices.Equal(s.conns, t.conns) && slices.Equal(s.ready, t.ready) &&
		slices.Equal(s.actors, t.actors) && slices.Equal(s.inbox, t.inbox)
}

func (s *state) othersEqual(t *state) bool {
	for i := range s.others {
		if len(s.others) != len(t.others) || i != int(s.here) && !s.others[i].equal(&t.others[i]) {
			return false
		}
	}
	return len(s.others) == len(t.others)
}

// clear makes l one that was never opened, in the memory that it has.
func (l *listener) clear() { l.copyFrom(l, &listener{plan: noPlan}) }

func (l *listener) equal(t *listener) bool {
	return l.open == t.open && l.limit == t.limit && l.units == t.units && l.era == t.era &&
		l.plan == t.plan && l.memory == t.memory && slices.Equal(l.queue, t.queue) &&
		slices.Equal(l.parked, t.parked) && slices.Equal(l.blocked, t.blocked)
}
