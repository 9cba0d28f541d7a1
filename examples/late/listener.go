// Package late is an in-memory listener with the defect of Microsoft KB
// 295079: the place of an accepted connection comes back from a goroutine of
// its own, a moment after Accept returned.
package late

import (
	"context"
	"errors"
	"net"
)

// ErrFull is what a dial at a full queue gets.
var ErrFull = errors.New("the accept queue is full")

// A Listener has a place for each connection of its backlog.
type Listener struct {
	places  chan struct{} // one for each place that is free
	pending chan net.Conn
	closed  chan struct{}
}

// Listen returns a listener with a backlog of at least 1.
func Listen(backlog int) *Listener {
	backlog = max(backlog, 1)
	l := &Listener{places: make(chan struct{}, backlog), pending: make(chan net.Conn, backlog), closed: make(chan struct{})}
	for range backlog {
		l.places <- struct{}{}
	}
	return l
}

// Dial takes a place, or fails at once.
func (l *Listener) Dial(context.Context) (net.Conn, error) {
	select {
	case <-l.places:
	default:
		return nil, ErrFull
	}
	client, server := net.Pipe()
	l.pending <- server
	return client, nil
}

// Accept returns the oldest pending connection.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.pending:
		go func() { l.places <- struct{}{} }() // the defect: it should be here, not later
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close ends whoever waits in Accept.
func (l *Listener) Close() error {
	close(l.closed)
	return nil
}

// Addr returns an address that says what this is.
func (l *Listener) Addr() net.Addr { return addr{} }

type addr struct{}

func (addr) Network() string { return "memory" }
func (addr) String() string  { return "late" }
