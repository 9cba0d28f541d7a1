package netstack

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"slices"

	"github.com/listentest/listentest"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/link/loopback"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"
)

// Gonet returns the listener of gVisor's package gonet as a target: that of
// ListenTCP, whose backlog is 4096 whatever is asked for, or, with backlog, one
// that listens with what is asked for (NewTCPListener).
//
// It has goroutines, and a clock that is the program's. In a synctest bubble it can
// run under schedule control only, for the stack's goroutines park where synctest
// does not see it; elsewhere rests are calm.
func Gonet(name string, backlog bool) (listentest.Net, error) {
	title := "gonet"
	if backlog {
		title = "gvisor-netstack"
	}
	c, err := promise(title)
	if err != nil {
		return listentest.Net{}, fmt.Errorf("open %s: %w", name, err)
	}
	return listentest.Net{
		Title:   name,
		Promise: c,
		Listen: func(b int) (net.Listener, error) {
			if !backlog {
				b = 0
			}
			return listen(backlog, b)
		},
		Dial: func(ctx context.Context, l net.Listener) (net.Conn, error) { return l.(*netListener).dial(ctx) },
		End:  func(l net.Listener) { destroy(l.(*netListener).stack) },
	}, nil
}

// A netListener is one of gonet, on a stack of its own.
type netListener struct {
	*gonet.TCPListener
	stack *stack.Stack
}

// listen opens a listener, with backlog b if that is to be had.
func listen(backlog bool, b int) (net.Listener, error) {
	s, err := newStack(tcpip.NewStdClock(), loopback.New())
	if err != nil {
		return nil, err
	}
	l := &netListener{stack: s}
	at := tcpip.FullAddress{Addr: address, Port: listenPort}
	if backlog {
		l.TCPListener, err = listenWith(s, at, b)
	} else {
		l.TCPListener, err = gonet.ListenTCP(s, at, ipv4.ProtocolNumber)
	}
	if err != nil {
		s.Destroy()
		return nil, err
	}
	return l, nil
}

// listenWith does what gonet.ListenTCP does, with another backlog.
func listenWith(s *stack.Stack, at tcpip.FullAddress, b int) (*gonet.TCPListener, error) {
	var q waiter.Queue
	ep, err := s.NewEndpoint(tcp.ProtocolNumber, ipv4.ProtocolNumber, &q)
	if err != nil {
		return nil, fmt.Errorf("new endpoint: %v", err)
	}
	err = ep.Bind(at)
	if err == nil {
		err = ep.Listen(b)
	}
	if err != nil {
		ep.Close()
		return nil, fmt.Errorf("listen: %v", err)
	}
	return gonet.NewTCPListener(s, &q, ep), nil
}

// dial connects to the listener.
func (l *netListener) dial(ctx context.Context) (net.Conn, error) {
	return gonet.DialContextTCP(ctx, l.stack, tcpip.FullAddress{Addr: address, Port: listenPort}, ipv4.ProtocolNumber)
}

// destroy ends a stack. What is left at it is aborted in the order of its ports
// first: the stack itself has it in a map by addresses, and a run under schedule
// control would not be the same again.
func destroy(s *stack.Stack) {
	type endpoint struct {
		stack.TransportEndpoint
		ports uint32 // one's own among those of a stack
	}
	var left []endpoint
	for _, e := range s.RegisteredEndpoints() {
		id := e.(*tcp.Endpoint).Info().(*stack.TransportEndpointInfo).ID
		left = append(left, endpoint{e, uint32(id.LocalPort)<<16 | uint32(id.RemotePort)})
	}
	slices.SortFunc(left, func(a, b endpoint) int { return cmp.Compare(a.ports, b.ports) })
	for _, e := range left {
		e.Abort()
	}
	s.Destroy()
}
