package channel_test

import (
	"context"
	"net"
	"testing"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/examples/channel"
)

func TestListener(t *testing.T) {
	listentest.Test(t, listentest.Net{
		Listen: func(backlog int) (net.Listener, error) { return channel.Listen(backlog), nil },
		Dial:   func(ctx context.Context, l net.Listener) (net.Conn, error) { return l.(*channel.Listener).Dial(ctx) },
		Promise: listentest.Contract{
			Backlog:    listentest.Backlog{Zero: 1, Negative: 1},
			Guaranteed: listentest.Exactly(0),
			Max:        listentest.Exactly(0),
			Admit:      listentest.AdmitReturn,
			Must:       listentest.Completed | listentest.Aborted,
			May:        listentest.Completed | listentest.Aborted,
			Order:      listentest.FIFO,
			Overflow:   listentest.Block,
			// Close is not stated: what is pending then is never told.
		},
	})
}
