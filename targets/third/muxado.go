package third

import (
	"context"
	"net"
	"time"

	"github.com/listentest/listentest"
	"golang.ngrok.com/muxado/v2"
)

// muxadoPromise: AcceptBacklog is "the maximum number of new streams that may
// be in the accept backlog" (config.go); OpenStream sends nothing until the
// first write, so that nothing is admitted by a dial alone, and a stream beyond
// the backlog is reset (session.go, handleSyn).
var muxadoPromise = listentest.Contract{
	Backlog:    listentest.Backlog{Zero: 1, Negative: 1},
	Guaranteed: listentest.Exactly(0),
	Max:        listentest.Exactly(0),
	Admit:      listentest.AdmitLater,
	Must:       listentest.Completed,
	May:        listentest.Completed | listentest.Aborted,
	Order:      listentest.FIFO,
	Overflow:   listentest.EndLater,
	Anomalies:  listentest.Severs,
}

// muxadoTarget is ngrok's muxado: streams of a session whose AcceptBacklog is
// the backlog, all else being its default.
func muxadoTarget(wire wire) listentest.Target {
	// the reader sleeps for a millisecond before it turns a stream away
	// (session.go, handleSyn), one after the other, and each may be one of a dial
	const lag = (listentest.MaxOps + 1) * time.Millisecond
	return muxTarget("muxado", lag, muxadoPromise, func(backlog int) (*mux, error) {
		a, b := wire()
		server := muxado.Server(a, &muxado.Config{AcceptBacklog: uint32(max(backlog, 1))})
		client := muxado.Client(b, nil)
		return &mux{
			accept: server.Accept,
			open:   func(context.Context) (net.Conn, error) { return client.Open() },
			close:  server.Close,
			end:    client.Close,
		}, nil
	})
}
