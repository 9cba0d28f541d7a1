// Package mutex is an in-memory listener with an exact backlog, made of a
// mutex and a condition: the reference for what a correct one looks like.
package mutex

import (
	"context"
	"errors"
	"net"
	"sync"
)

// ErrFull is what a dial at a full queue gets.
var ErrFull = errors.New("the accept queue is full")

// A Listener holds at most its backlog of pending connections.
type Listener struct {
	mu      sync.Mutex
	changed sync.Cond
	backlog int
	pending []net.Conn // the accept queue; len(pending) <= backlog
	closed  bool
}

// Listen returns a listener with a backlog of at least 1.
func Listen(backlog int) *Listener {
	l := &Listener{backlog: max(backlog, 1)}
	l.changed.L = &l.mu
	return l
}

// Dial connects, or fails at once.
func (l *Listener) Dial(context.Context) (net.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		return nil, net.ErrClosed
	case len(l.pending) == l.backlog:
		return nil, ErrFull
	}
	client, server := net.Pipe()
	l.pending = append(l.pending, server)
	l.changed.Signal()
	return client, nil
}

// Accept returns the oldest pending connection.
func (l *Listener) Accept() (net.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.pending) == 0 && !l.closed {
		l.changed.Wait()
	}
	if l.closed {
		return nil, net.ErrClosed
	}
	c := l.pending[0]
	l.pending = l.pending[1:]
	return c, nil
}

// Close ends what is pending and whoever waits in Accept.
func (l *Listener) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for _, c := range l.pending {
		c.Close()
	}
	l.pending = nil
	l.changed.Broadcast()
	return nil
}

// Pending returns the length of the accept queue.
func (l *Listener) Pending() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.pending)
}

// Addr returns an address that says what this is.
func (l *Listener) Addr() net.Addr { return addr{} }

type addr struct{}

func (addr) Network() string { return "memory" }
func (addr) String() string  { return "mutex" }
