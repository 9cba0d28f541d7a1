package mutex_test

import (
	"context"
	"net"
	"testing"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/examples/mutex"
)

func TestListener(t *testing.T) {
	listentest.Test(t, listentest.Net{
		Listen:  func(backlog int) (net.Listener, error) { return mutex.Listen(backlog), nil },
		Dial:    func(ctx context.Context, l net.Listener) (net.Conn, error) { return l.(*mutex.Listener).Dial(ctx) },
		Pending: func(l net.Listener) int { return l.(*mutex.Listener).Pending() },
		Promise: listentest.Contract{
			Backlog:    listentest.Backlog{Zero: 1, Negative: 1}, // how Listen's argument is read
			Guaranteed: listentest.Exactly(0),                    // backlog + 0 are admitted for sure,
			Max:        listentest.Exactly(0),                    // and never more
			Admit:      listentest.AdmitReturn,
			Must:       listentest.Completed | listentest.Aborted, // a client that went away keeps its place
			May:        listentest.Completed | listentest.Aborted,
			Order:      listentest.FIFO,
			Overflow:   listentest.Refuse,
			Close:      listentest.CloseEnds,
		},
	})
}
