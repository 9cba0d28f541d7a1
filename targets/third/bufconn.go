package third

import (
	"context"
	"net"

	"github.com/listentest/listentest"
	"google.golang.org/grpc/test/bufconn"
)

// bufconnTarget is the listener of grpc's tests: a rendezvous. What Listen
// takes is the size of the buffers.
func bufconnTarget(wire) listentest.Target {
	const size = 1 << 12
	return listentest.Net{
		Title:  "bufconn",
		Listen: func(int) (net.Listener, error) { return bufconn.Listen(size), nil },
		Dial: func(ctx context.Context, l net.Listener) (net.Conn, error) {
			return l.(*bufconn.Listener).DialContext(ctx)
		},
		Promise: promise("bufconn"),
	}
}
