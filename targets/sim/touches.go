package sim

import "github.com/listentest/listentest/sched"

// What steps of different actors share.
const (
	thePlaces sched.Resources = 1 << iota // units, conns, blocked and inbox
	theQueue
	theParked // acceptors that wait
)

// touches says what an actor's next step reads or writes of that, where no
// fault is injected. Steps that share nothing give the same state in both
// orders. Only listen and shut write the rest, and they touch everything.
func touches(next pc) sched.Resources {
	switch next {
	case taskEnter:
		return 0
	case dialWake, acceptPark:
		return theParked
	case acceptEnter:
		return theQueue | theParked
	case idle, leaveEnter, dataEnter, taskCredit:
		return thePlaces
	case dialEnter, dialInsert, dialAck, synEnter, ackEnter, acceptCredit, taskRelease:
		return thePlaces | theQueue
	case taskAdmit:
		return thePlaces | theQueue | theParked
	}
	return sched.Everything
}
