package third

import (
	"context"
	"errors"
	"net"
	"os"

	"github.com/listentest/listentest"
	udp3 "github.com/pion/transport/v3/udp"
	udp4 "github.com/pion/transport/v4/udp"
)

// pionTarget returns the UDP listener of pion/transport, over sockets of this
// machine: a version of it that listen opens.
func pionTarget(listen func(backlog int, at *net.UDPAddr) (net.Listener, error)) func(wire) listentest.Target {
	return func(wire) listentest.Target {
		return listentest.Net{
			Title: "pion-udp",
			Listen: func(backlog int) (net.Listener, error) {
				return listen(backlog, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
			},
			Dial: func(ctx context.Context, l net.Listener) (net.Conn, error) {
				c, err := new(net.Dialer).DialContext(ctx, "udp", l.Addr().String())
				return &datagrams{Conn: c}, err
			},
			Promise: promise("pion-udp"),
		}
	}
}

func listenPion3(backlog int, at *net.UDPAddr) (net.Listener, error) {
	return (&udp3.ListenConfig{Backlog: backlog}).Listen("udp", at)
}

func listenPion4(backlog int, at *net.UDPAddr) (net.Listener, error) {
	return (&udp4.ListenConfig{Backlog: backlog}).Listen("udp", at)
}

// A datagrams connection sends once, to say who it is: what is sent over UDP
// may be lost, and is no stream.
type datagrams struct {
	net.Conn
	said bool
}

// Write is called by one at a time.
func (d *datagrams) Write(b []byte) (int, error) {
	if d.said {
		return 0, errors.ErrUnsupported
	}
	d.said = true
	return d.Conn.Write(b)
}

// Read waits on when the network says that a datagram found nobody (ICMP): that
// ends no connection.
func (d *datagrams) Read(b []byte) (int, error) {
	for {
		n, err := d.Conn.Read(b)
		if err == nil || errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
	}
}
