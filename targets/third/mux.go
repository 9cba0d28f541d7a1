package third

import (
	"context"
	"net"

	"github.com/listentest/listentest"
)

// A mux is a multiplexer as a listener: streams are opened at one session, and
// accepted at the one across the connection.
type mux struct {
	accept func() (net.Conn, error)
	open   func(context.Context) (net.Conn, error)
	close  func() error // of the accepting session
}

func (m *mux) Accept() (net.Conn, error) { return m.accept() }
func (m *mux) Close() error              { return m.close() }
func (*mux) Addr() net.Addr              { return address{} }

// muxTarget returns the target of a multiplexer, whose sessions with a backlog
// listen makes.
func muxTarget(name string, listen func(backlog int) (*mux, error)) listentest.Net {
	return listentest.Net{
		Title:   name,
		Listen:  func(backlog int) (net.Listener, error) { return listen(backlog) },
		Dial:    func(ctx context.Context, l net.Listener) (net.Conn, error) { return l.(*mux).open(ctx) },
		Promise: promise(name),
	}
}
