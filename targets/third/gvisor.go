package third

import (
	"github.com/listentest/listentest"
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

// gonetTarget is the listener of gVisor's package gonet, in real time.
func gonetTarget(wire) listentest.Target {
	t, err := netstack.Gonet("gonet", false)
	if err != nil {
		panic(err)
	}
	return t
}
