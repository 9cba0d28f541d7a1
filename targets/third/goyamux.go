package third

import (
	"context"
	"io"
	"math"
	"net"
	"time"

	"github.com/libp2p/go-yamux/v5"
	"github.com/listentest/listentest"
)

// goYamuxTarget is libp2p/go-yamux: streams of a session whose AcceptBacklog is
// the backlog, on both sides; MaxIncomingStreams is out of reach, all else
// being its default.
func goYamuxTarget(wire wire) listentest.Target {
	return muxTarget("go-yamux", time.Millisecond, atLeastOne(promise("go-yamux")), func(backlog int) (*mux, error) {
		config := yamux.DefaultConfig()
		config.AcceptBacklog = max(backlog, 1)
		config.MaxIncomingStreams = math.MaxUint32
		config.LogOutput = io.Discard
		a, b := wire()
		server, err := yamux.Server(a, config, nil)
		if err != nil {
			return nil, err
		}
		client, err := yamux.Client(b, config, nil)
		if err != nil {
			return nil, err
		}
		return &mux{
			accept: func() (net.Conn, error) {
				s, err := server.AcceptStream()
				return goYamuxStream{s}, err
			},
			open: func(ctx context.Context) (net.Conn, error) {
				s, err := client.OpenStream(ctx)
				return goYamuxStream{s}, err
			},
			close: server.Close,
			end:   client.Close,
		}, nil
	})
}

type goYamuxStream struct{ *yamux.Stream }

// Abort resets the stream.
func (s goYamuxStream) Abort() error { return s.Reset() }
