package third

import (
	"context"
	"net"

	"github.com/listentest/listentest"
	"github.com/valyala/fasthttp/fasthttputil"
)

// fasthttputilTarget is the in-memory listener of fasthttp: a rendezvous.
func fasthttputilTarget(wire) listentest.Target {
	return listentest.Net{
		Title:  "fasthttputil",
		Listen: func(int) (net.Listener, error) { return fasthttputil.NewInmemoryListener(), nil },
		Dial: func(_ context.Context, l net.Listener) (net.Conn, error) {
			return l.(*fasthttputil.InmemoryListener).Dial()
		},
		Promise: promise("fasthttputil"),
	}
}
