package third

import (
	"context"
	"net"

	"github.com/listentest/listentest"
	"github.com/xtaci/smux"
)

// smuxTarget is xtaci/smux: streams of a session with its defaults; the
// backlog is a constant of the library.
func smuxTarget(wire wire) listentest.Target {
	return muxTarget("smux", 0, promise("smux"), func(int) (*mux, error) {
		a, b := wire()
		server, err := smux.Server(a, nil)
		if err != nil {
			return nil, err
		}
		client, err := smux.Client(b, nil)
		if err != nil {
			return nil, err
		}
		return &mux{
			accept: func() (net.Conn, error) { return server.AcceptStream() },
			open:   func(context.Context) (net.Conn, error) { return client.OpenStream() },
			close:  server.Close,
			end:    client.Close,
		}, nil
	})
}
