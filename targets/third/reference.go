package third

import (
	"context"
	"net"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/examples/channel"
	"github.com/listentest/listentest/examples/mutex"
)

// mutexPromise is what the listener of examples/mutex keeps.
var mutexPromise = listentest.Contract{
	Backlog:    listentest.Backlog{Zero: 1, Negative: 1},
	Guaranteed: listentest.Exactly(0),
	Max:        listentest.Exactly(0),
	Admit:      listentest.AdmitReturn,
	Must:       listentest.Completed | listentest.Aborted,
	May:        listentest.Completed | listentest.Aborted,
	Order:      listentest.FIFO,
	Overflow:   listentest.Refuse,
	Close:      listentest.CloseEnds,
}

// mutexTarget is the listener of examples/mutex: a reference, which has to pass.
func mutexTarget(wire) listentest.Target {
	return listentest.Net{
		Title:   "mutex",
		Listen:  func(backlog int) (net.Listener, error) { return mutex.Listen(backlog), nil },
		Dial:    func(ctx context.Context, l net.Listener) (net.Conn, error) { return l.(*mutex.Listener).Dial(ctx) },
		Pending: func(l net.Listener) int { return l.(*mutex.Listener).Pending() },
		Promise: mutexPromise,
	}
}

// channelTarget is the listener of examples/channel: a reference as well, whose
// dials wait for room. What is pending at its close is never told.
func channelTarget(wire) listentest.Target {
	c := mutexPromise
	c.Overflow, c.Close = listentest.Block, listentest.AnyClose
	return listentest.Net{
		Title:   "channel",
		Listen:  func(backlog int) (net.Listener, error) { return channel.Listen(backlog), nil },
		Dial:    func(ctx context.Context, l net.Listener) (net.Conn, error) { return l.(*channel.Listener).Dial(ctx) },
		Promise: c,
	}
}
