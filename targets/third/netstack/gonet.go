package netstack

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"

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
	}, nil
}

// A users counts who needs a stack, which is destroyed when nobody does.
type users struct {
	*stack.Stack
	n atomic.Int32
}

// leave says that one of them does not any more.
func (u *users) leave() {
	if u.n.Add(-1) == 0 {
		u.Destroy()
	}
}

// A netListener is one of gonet, on a stack of its own.
type netListener struct {
	*gonet.TCPListener
	users *users
	once  sync.Once
}

// A netConn is a connection of gonet.
type netConn struct {
	*gonet.TCPConn
	users *users
	once  sync.Once
}

// listen opens a listener, with backlog b if that is to be had.
func listen(backlog bool, b int) (net.Listener, error) {
	s, err := newStack(tcpip.NewStdClock(), loopback.New())
	if err != nil {
		return nil, err
	}
	l := &netListener{users: &users{Stack: s}}
	l.users.n.Store(1)
	at := tcpip.FullAddress{Addr: address, Port: listenPort}
	if backlog {
		l.TCPListener, err = listenWith(s, at, b)
	} else {
		l.TCPListener, err = gonet.ListenTCP(s, at, ipv4.ProtocolNumber)
	}
	if err != nil {
		l.users.leave()
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
	l.users.n.Add(1)
	c, err := gonet.DialContextTCP(ctx, l.users.Stack, tcpip.FullAddress{Addr: address, Port: listenPort}, ipv4.ProtocolNumber)
	if err != nil {
		l.users.leave()
		return nil, err
	}
	return &netConn{TCPConn: c, users: l.users}, nil
}

// Accept returns the next connection.
func (l *netListener) Accept() (net.Conn, error) {
	c, err := l.TCPListener.Accept()
	if err != nil {
		return nil, err
	}
	l.users.n.Add(1)
	return &netConn{TCPConn: c.(*gonet.TCPConn), users: l.users}, nil
}

// Close closes the listener.
func (l *netListener) Close() (err error) {
	l.once.Do(func() {
		err = l.TCPListener.Close()
		l.users.leave()
	})
	return err
}

// Close closes the connection.
func (c *netConn) Close() (err error) {
	c.once.Do(func() {
		err = c.TCPConn.Close()
		c.users.leave()
	})
	return err
}
