package third

import (
	"context"
	"net"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/examples/mutex"
	"github.com/pires/go-proxyproto"
	"github.com/soheilhy/cmux"
	"golang.org/x/net/netutil"
)

// An around is a listener around a correct one: what is dialed is that one.
type around struct {
	net.Listener
	inner *mutex.Listener
}

// aroundTarget returns the target of listeners around others, with what is
// changed of their promises.
func aroundTarget(name string, change func(*listentest.Contract), wrap func(net.Listener) net.Listener) listentest.Net {
	c := mutexPromise
	change(&c)
	return listentest.Net{
		Title: name,
		Listen: func(backlog int) (net.Listener, error) {
			inner := mutex.Listen(backlog)
			return &around{wrap(inner), inner}, nil
		},
		Dial:    func(ctx context.Context, l net.Listener) (net.Conn, error) { return l.(*around).inner.Dial(ctx) },
		Promise: c,
	}
}

// limitTarget is netutil.LimitListener. Accept waits while two accepted
// connections are open, though some are pending: that is what it is for, and no
// contract can say it, so that neither who waits for what is judged nor the order:
// who waits inside has been admitted, and the oracle takes it for one that was not.
func limitTarget(wire) listentest.Target {
	const most = 2
	waits := func(c *listentest.Contract) {
		ends := c.Close
		*c = promise("limit-listener")
		c.Close = ends
	}
	return aroundTarget("limit-listener", waits, func(l net.Listener) net.Listener { return netutil.LimitListener(l, most) })
}

// proxyprotoTarget is a listener of go-proxyproto, whose clients send a header
// before all else.
func proxyprotoTarget(wire) listentest.Target {
	as := func(*listentest.Contract) {}
	t := aroundTarget("proxyproto", as, func(l net.Listener) net.Listener { return &proxyproto.Listener{Listener: l} })
	dial := t.Dial
	t.Dial = func(ctx context.Context, l net.Listener) (net.Conn, error) {
		c, err := dial(ctx, l)
		return &introduced{Conn: c}, err
	}
	return t
}

// An introduced connection begins with a header of the PROXY protocol.
type introduced struct {
	net.Conn
	sent bool
}

// Write is called by one at a time, at least until it has returned once.
func (c *introduced) Write(b []byte) (int, error) {
	if c.sent {
		return c.Conn.Write(b)
	}
	c.sent = true
	const header = "PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n"
	n, err := c.Conn.Write(append([]byte(header), b...))
	return max(n-len(header), 0), err
}

// cmuxTarget is the one matcher of a cmux, which takes every connection. It
// accepts by itself, and keeps up to 1024 connections for whoever accepts at
// the matcher, in no order, for each is handed over by a goroutine of its own
// (cmux.go, serve): so no bound is stated, but that what was guaranteed stays.
func cmuxTarget(wire) listentest.Target {
	queue := func(c *listentest.Contract) {
		c.Max, c.Order, c.Close, c.Overflow = listentest.Bound{}, listentest.AnyOrder, listentest.AnyClose, 0
	}
	return aroundTarget("cmux", queue, func(l net.Listener) net.Listener {
		m := cmux.New(l)
		matched := m.Match(cmux.Any())
		go m.Serve() // it returns what Accept did when the listener was closed
		return &closing{matched, m.Close}
	})
}

// A closing listener has one more thing to close.
type closing struct {
	net.Listener
	also func()
}

func (c *closing) Close() error {
	err := c.Listener.Close()
	c.also()
	return err
}
