package sim

import (
	lt "github.com/listentest/listentest"
	"github.com/listentest/listentest/sched"
)

// steps are those that actors take, in the numbers of sched.Task.Step; 0 is
// that of an actor without an operation.
var steps = [...]struct {
	kind lt.Kind
	pc   pc
}{
	{lt.Settle, idle},
	{lt.Dial, dialEnter}, {lt.Dial, dialInsert}, {lt.Dial, dialAck}, {lt.Dial, dialWake},
	{lt.Syn, synEnter}, {lt.Ack, ackEnter}, {lt.Ack, dialWake},
	{lt.Accept, acceptEnter}, {lt.Accept, acceptPark}, {lt.Accept, acceptCredit},
	{lt.Hangup, leaveEnter}, {lt.Abort, leaveEnter},
	{lt.Send, dataEnter}, {lt.Recv, dataEnter}, {lt.HalfClose, dataEnter},
	{lt.Fail, failEnter}, {lt.Listen, listenEnter}, {lt.Shut, shutEnter}, {lt.Shut, shutDrain},
	{lt.Settle, taskEnter}, {lt.Settle, taskAdmit}, {lt.Settle, taskRelease}, {lt.Settle, taskCredit},
}

// stepOf is where a step stands in steps.
var stepOf = func() (of [lt.Ack + 1][taskCredit + 1]uint8) {
	for i, s := range steps {
		of[s.kind][s.pc] = uint8(i)
	}
	return of
}()

// task is a's next step, as policies and coverage see it.
func (a *actor) task() sched.Task {
	return sched.Task{ID: uint8(a.id), Touches: touches(a.pc), Step: stepOf[a.op.Kind][a.pc]}
}

// Steps returns the names of the steps: an operation by its kind, and behind
// its first step the point that it went on from.
func (t *Target) Steps() []string {
	var names []string
	for _, s := range steps {
		name := s.kind.String()
		switch {
		case s.pc == idle:
			name = "idle"
		case s.kind == lt.Settle:
			name = lt.Task(0).String()
		}
		if s.pc < pc(len(points)) && points[s.pc] != "" {
			name += " " + points[s.pc]
		}
		names = append(names, name)
	}
	return names
}

// Resources returns the names of what steps share.
func (t *Target) Resources() []string { return []string{"places", "queue", "waiters"} }
