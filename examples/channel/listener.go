// Package channel is an in-memory listener whose accept queue is a buffered
// channel, and whose dials wait when it is full.
package channel

import (
	"context"
	"net"
	"sync"
)

// A Listener holds at most its backlog of pending connections.
type Listener struct {
	pending chan net.Conn
	once    sync.Once
	closed  chan struct{}
}

// Listen returns a listener with a backlog of at least 1.
func Listen(backlog int) *Listener {
	return &Listener{pending: make(chan net.Conn, max(backlog, 1)), closed: make(chan struct{})}
}

// Dial connects once there is room.
func (l *Listener) Dial(ctx context.Context) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case <-l.closed: // first, for select takes any of those that are ready
		return nil, net.ErrClosed
	default:
	}
	select {
	case l.pending <- server:
		return client, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept returns the oldest pending connection.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case <-l.closed:
		return nil, net.ErrClosed
	default:
	}
	select {
	case c := <-l.pending:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close ends whoever waits. What is pending is left to its client.
func (l *Listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr returns an address that says what this is.
func (l *Listener) Addr() net.Addr { return addr{} }

type addr struct{}

func (addr) Network() string { return "memory" }
func (addr) String() string  { return "channel" }
