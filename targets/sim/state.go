package sim

import (
	"encoding/binary"
	"slices"

	"github.com/listentest/listentest"
)

// A state is everything that the future of a simulation depends on. It holds
// no pointers but its slices: it can be copied into another (copyFrom), and
// two states are equal if and only if their keys are.
type state struct {
	now   int32 // milliseconds
	open  bool
	limit int32  // how many units there are, by the backlog in force
	units int32  // how many are taken; see unit for by whom
	era   uint16 // counts reopenings: a unit of an earlier era is worth nothing

	queue   []int32 // the accept queue, head first: IDs of dials
	parked  []uint8 // slots of acceptors that wait for a connection, oldest first
	blocked []uint8 // slots of clients that wait for room, oldest first
	ready   []uint8 // slots of actors that can run; the first ran last
	actors  []actor // in the order of their first operation
	conns   []conn  // those admitted, in that order
	inbox   []int32 // connections that died before accept, for b0 to release
}

// A conn is an admitted connection.
type conn struct {
	id       int32  // of its dial
	accepted int32  // ID of the accept that returned it, 0 before
	unit     uint16 // the era of the unit that it holds, or noUnit
	dead     bool   // aborted by its client before accept
}

const noUnit = 0xFFFF

// An actor is what is known of one of the schedule's actors.
type actor struct {
	id     listentest.Actor
	pc     pc
	held   bool
	asleep bool  // in parked or blocked, or dropped and waiting for retry
	owes   bool  // deferred-credit: the unit of conn comes back at the next point
	armed  int16 // points until it is held; atExit, or unarmed
	conn   int32 // what the operation is about
	op     listentest.Op
	retry  int32 // asleep in dial after a drop: the time of the next try, else 0
}

const (
	unarmed int16 = -1
	atExit  int16 = 0
)

// pc is the step that an actor takes next. Each begins after the point that
// it is named for in points.
type pc uint8

const (
	idle pc = iota
	dialEnter
	dialWake // the connection is in the queue; wake an acceptor
	acceptEnter
	acceptPark   // the queue was empty
	acceptCredit // the connection has left the queue; give its unit back
	abortEnter
	hangupEnter
	listenEnter
	shutEnter
	shutDrain   // closed; end what is pending
	taskEnter   // b0: take the next release
	taskRelease // b0: do it
)

// points names the point before a step, for those that have one.
var points = [...]string{
	dialWake:     "enqueue|wake",
	acceptPark:   "check|park",
	acceptCredit: "dequeue|credit",
	shutDrain:    "close|drain",
	taskRelease:  "abort|release",
}

// copyFrom makes s equal to t, without sharing.
func (s *state) copyFrom(t *state) {
	old := *s
	*s = *t
	s.queue = append(old.queue[:0], t.queue...)
	s.parked = append(old.parked[:0], t.parked...)
	s.blocked = append(old.blocked[:0], t.blocked...)
	s.ready = append(old.ready[:0], t.ready...)
	s.actors = append(old.actors[:0], t.actors...)
	s.conns = append(old.conns[:0], t.conns...)
	s.inbox = append(old.inbox[:0], t.inbox...)
}

// clear makes s the empty state.
func (s *state) clear() { s.copyFrom(&state{}) }

// equal reports whether s and t have the same future.
func (s *state) equal(t *state) bool {
	return s.now == t.now && s.open == t.open && s.limit == t.limit && s.units == t.units && s.era == t.era &&
		slices.Equal(s.queue, t.queue) && slices.Equal(s.parked, t.parked) && slices.Equal(s.blocked, t.blocked) &&
		slices.Equal(s.ready, t.ready) && slices.Equal(s.actors, t.actors) && slices.Equal(s.conns, t.conns) &&
		slices.Equal(s.inbox, t.inbox)
}

// appendKey appends s's bytes for hashing: equal states, and only those, have
// the same.
func (s *state) appendKey(b []byte) []byte {
	num := func(n int32) { b = binary.AppendVarint(b, int64(n)) }
	flags := func(fs ...bool) {
		n := int32(0)
		for i, f := range fs {
			if f {
				n |= 1 << i
			}
		}
		num(n)
	}
	slots := func(list []uint8) {
		num(int32(len(list)))
		b = append(b, list...)
	}
	ids := func(list []int32) {
		num(int32(len(list)))
		for _, id := range list {
			num(id)
		}
	}
	num(s.now)
	flags(s.open)
	num(s.limit)
	num(s.units)
	num(int32(s.era))
	ids(s.queue)
	slots(s.parked)
	slots(s.blocked)
	slots(s.ready)
	num(int32(len(s.actors)))
	for _, a := range s.actors {
		b = append(b, byte(a.id), byte(a.pc))
		flags(a.held, a.asleep, a.owes, a.op.Along)
		for _, n := range [...]int32{int32(a.armed), a.conn, a.op.ID, a.op.Conn, int32(a.op.Kind), int32(a.op.Actor), int32(a.op.N), a.retry} {
			num(n)
		}
	}
	num(int32(len(s.conns)))
	for _, c := range s.conns {
		num(c.id)
		num(c.accepted)
		num(int32(c.unit))
		flags(c.dead)
	}
	ids(s.inbox)
	return b
}
