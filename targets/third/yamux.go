package third

import (
	"context"
	"io"
	"net"

	"github.com/hashicorp/yamux"
	"github.com/listentest/listentest"
)

// yamuxTarget is hashicorp/yamux: streams of a session whose AcceptBacklog is
// the backlog, on both sides, all else being its default, but that a stream may
// wait for its accept as long as it likes: by default the session ends, with
// all its streams, when one has waited for 75 s (StreamOpenTimeout, mux.go:33).
func yamuxTarget(wire wire) listentest.Target {
	return muxTarget("yamux", 0, atLeastOne(promise("yamux")), func(backlog int) (*mux, error) {
		config := yamux.DefaultConfig()
		config.AcceptBacklog = max(backlog, 1)
		config.StreamOpenTimeout = 0
		config.LogOutput = io.Discard
		a, b := wire()
		server, err := yamux.Server(a, config)
		if err != nil {
			return nil, err
		}
		client, err := yamux.Client(b, config)
		if err != nil {
			return nil, err
		}
		return &mux{
			accept: server.Accept,
			open:   func(context.Context) (net.Conn, error) { return client.Open() },
			close:  server.Close,
			end:    client.Close,
		}, nil
	})
}
