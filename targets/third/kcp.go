package third

import (
	"context"
	"errors"
	"net"
	"sync/atomic"

	"github.com/listentest/listentest"
	"github.com/xtaci/kcp-go/v5"
)

// kcpTarget is xtaci/kcp-go over datagrams in memory. Its backlog is a
// constant of the library.
func kcpTarget(wire) listentest.Target {
	return listentest.Net{
		Title: "kcp-go",
		Listen: func(int) (net.Listener, error) {
			n := newNetwork()
			l := &kcpListener{network: n, conn: n.listen()}
			var err error
			l.Listener, err = kcp.ServeConn(nil, 0, 0, l.conn)
			return l, err
		},
		Dial:    func(_ context.Context, l net.Listener) (net.Conn, error) { return l.(*kcpListener).dial() },
		End:     func(l net.Listener) { _ = l.(*kcpListener).conn.Close() }, // the library leaves it to who made it
		Promise: promise("kcp-go"),
	}
}

type kcpListener struct {
	*kcp.Listener
	network *network
	conn    *packetEnd
	dialed  atomic.Uint32
}

func (l *kcpListener) Accept() (net.Conn, error) {
	s, err := l.AcceptKCP()
	return kcpConn{s, nil}, err
}

func (l *kcpListener) dial() (net.Conn, error) {
	end := l.network.listen()
	s, err := kcp.NewConn3(l.dialed.Add(1), l.conn.LocalAddr(), nil, 0, 0, end)
	return kcpConn{s, end}, err
}

// A kcpConn is a session, and at the client what it runs over.
type kcpConn struct {
	*kcp.UDPSession
	end *packetEnd
}

// Close does nothing: the close of a session says nothing to the other side,
// and may leave unsent what was written, so that there is no hangup of one.
func (c kcpConn) Close() error { return errors.ErrUnsupported }

// Abort closes the session.
func (c kcpConn) Abort() error {
	err := c.UDPSession.Close()
	if c.end != nil {
		err = errors.Join(err, c.end.Close())
	}
	return err
}
