package third

import (
	"github.com/listentest/listentest"
	"github.com/listentest/listentest/sched"
	"github.com/listentest/listentest/targets/third/netstack"
)

// gvisorTarget is gVisor's TCP through its endpoints, which needs no bubble: its
// time is the stack's own.
func gvisorTarget(settings ...netstack.Setting) func(wire) listentest.Target {
	return func(wire) listentest.Target {
		t, err := netstack.New("gvisor", settings...)
		if err != nil {
			panic(err)
		}
		return t
	}
}

// gonetTarget is the listener of gVisor's package gonet, whose backlog is what is
// asked for or its own, so many that a case of it is too much for a bubble. The
// stack's goroutines park where no bubble sees it, but under schedule control.
func gonetTarget(name string, backlog bool) func(wire) listentest.Target {
	return func(wire) listentest.Target {
		t, err := netstack.Gonet(name, backlog)
		if err != nil {
			panic(err)
		}
		if backlog && !sched.Controlled() {
			// a dial returns before the stack has seen its ACK, and a FIN or bytes
			// right behind, of one whose ACK met a full queue or that were taken for
			// an ACK, are answered by a RST (netstack/defects_test.go): whom that
			// may hit in real time is not known
			t.Promise.Guaranteed, t.Promise.Overflow = listentest.Bound{}, 0
		}
		return t
	}
}
