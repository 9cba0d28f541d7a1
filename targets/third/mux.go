package third

import (
	"context"
	"net"
	"time"

	"github.com/listentest/listentest"
)

// A mux is a multiplexer as a listener: streams are opened at one session, and
// accepted at the one across the connection. Closing it closes that one.
type mux struct {
	accept func() (net.Conn, error)
	open   func(context.Context) (net.Conn, error)
	close  func() error
	end    func() error // of the opening session
	short  shortage
}

func (m *mux) Accept() (net.Conn, error) { return m.accept() }
func (m *mux) Close() error              { return m.close() }
func (*mux) Addr() net.Addr              { return address{} }

// muxTarget returns the target of a multiplexer with the contract of the preset
// of its name, whose sessions with a backlog listen makes.
func muxTarget(name string, lag time.Duration, c listentest.Contract, listen func(backlog int) (*mux, error)) listentest.Net {
	return listentest.Net{
		Title:   name,
		Listen:  func(backlog int) (net.Listener, error) { return listen(backlog) },
		Dial:    func(ctx context.Context, l net.Listener) (net.Conn, error) { return l.(*mux).open(ctx) },
		End:     func(l net.Listener) { _ = l.(*mux).end() }, // it may be over already
		Lag:     lag,
		Promise: c,
	}
}

// atLeastOne is c of a target that gives its library 1 for a backlog below 1,
// which would be an error there.
func atLeastOne(c listentest.Contract) listentest.Contract {
	c.Backlog.Zero, c.Backlog.Negative = 1, 1
	return c
}
