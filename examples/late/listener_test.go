//go:build faulty

// This test fails, as it should: go test -tags faulty ./examples/late
package late_test

import (
	"context"
	"net"
	"testing"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/examples/late"
)

func TestListener(t *testing.T) {
	listentest.Test(t, listentest.Net{
		Listen:  func(backlog int) (net.Listener, error) { return late.Listen(backlog), nil },
		Dial:    func(ctx context.Context, l net.Listener) (net.Conn, error) { return l.(*late.Listener).Dial(ctx) },
		Promise: listentest.Contract{Backlog: listentest.Backlog{Zero: 1, Negative: 1}, Guaranteed: listentest.Exactly(0)},
	})
}
