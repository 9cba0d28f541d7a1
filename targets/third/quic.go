package third

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"sync"
	"time"

	"github.com/listentest/listentest"
	"github.com/quic-go/quic-go"
)

// quicConfig is the default, but that connections may be idle for as long as a
// case has ticks: else one that waits for its accept is over after 30 s
// (MaxIdleTimeout; RFC 9000, 10.1).
func quicConfig() *quic.Config { return &quic.Config{MaxIdleTimeout: time.Hour} }

// quicTarget is a quic-go Listener over datagrams in memory. Its backlog is a
// constant of the library.
func quicTarget(wire) listentest.Target {
	return quicNet("quic-go", func(t *quic.Transport, c *tls.Config) (quicAcceptor, error) { return t.Listen(c, quicConfig()) })
}

// quicEarlyTarget is a quic-go EarlyListener, which accepts connections before
// their handshake is over.
func quicEarlyTarget(wire) listentest.Target {
	return quicNet("quic-go-early", func(t *quic.Transport, c *tls.Config) (quicAcceptor, error) { return t.ListenEarly(c, quicConfig()) })
}

type quicAcceptor interface {
	Accept(context.Context) (*quic.Conn, error)
	Close() error
}

func quicNet(name string, listen func(*quic.Transport, *tls.Config) (quicAcceptor, error)) listentest.Net {
	// acknowledgements come 25 ms later at most (max_ack_delay, RFC 9000,
	// 18.2), and all that waits for one is over then
	const lag = 100 * time.Millisecond
	return listentest.Net{
		Title: name,
		Listen: func(int) (net.Listener, error) {
			n := newNetwork()
			l := &quicListener{server: &quic.Transport{Conn: n.listen()}, client: &quic.Transport{Conn: n.listen()}}
			var err error
			l.quicAcceptor, err = listen(l.server, quicCertificate())
			return l, err
		},
		Dial: func(ctx context.Context, l net.Listener) (net.Conn, error) { return l.(*quicListener).dial(ctx) },
		Accept: func(ctx context.Context, l net.Listener) (net.Conn, error) {
			c, err := l.(*quicListener).quicAcceptor.Accept(ctx)
			return &quicConn{conn: c}, err
		},
		End: func(l net.Listener) {
			_ = l.(*quicListener).client.Close() // it ends what is still open, and has nobody to tell
			_ = l.(*quicListener).server.Close()
		},
		Lag:     lag,
		Promise: promise(name),
	}
}

// A quicListener is a listener and whoever dials it, each with an address.
type quicListener struct {
	quicAcceptor
	server, client *quic.Transport
}

// Accept is there for net.Listener; it is called with a context.
func (l *quicListener) Accept() (net.Conn, error) { return nil, errors.ErrUnsupported }
func (l *quicListener) Addr() net.Addr            { return l.server.Conn.LocalAddr() }

func (l *quicListener) dial(ctx context.Context) (net.Conn, error) {
	c, err := l.client.Dial(ctx, l.Addr(), &tls.Config{
		InsecureSkipVerify: true, NextProtos: quicProtocols,
		CurvePreferences: []tls.CurveID{tls.CurveP256}, // the cheapest: half of a case is cryptography
	}, quicConfig())
	if err != nil {
		return nil, err
	}
	s, err := c.OpenStream()
	return &quicConn{conn: c, stream: s}, err
}

var quicProtocols = []string{"listentest"}

// quicCertificate returns what a server needs. Its key is of a kind that is
// used without randomness.
var quicCertificate = sync.OnceValue(func() *tls.Config {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err) // the system has no randomness
	}
	now := time.Unix(0, 0)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: now, NotAfter: now.AddDate(1000, 0, 0)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		panic(err) // the template is a constant
	}
	return &tls.Config{NextProtos: quicProtocols, Certificates: []tls.Certificate{{Certificate: [][]byte{cert}, PrivateKey: private}}}
})

// A quicConn is a connection with the first stream of its client, which the
// server has when the client has sent something.
type quicConn struct {
	conn   *quic.Conn
	once   sync.Once
	stream *quic.Stream
	err    error
}

func (c *quicConn) first() (*quic.Stream, error) {
	c.once.Do(func() {
		if c.stream == nil {
			c.stream, c.err = c.conn.AcceptStream(context.Background())
		}
	})
	return c.stream, c.err
}

func (c *quicConn) Read(b []byte) (int, error) {
	s, err := c.first()
	if err != nil {
		return 0, err
	}
	return s.Read(b)
}

func (c *quicConn) Write(b []byte) (int, error) {
	s, err := c.first()
	if err != nil {
		return 0, err
	}
	return s.Write(b)
}

// CloseWrite ends the stream in one direction.
func (c *quicConn) CloseWrite() error {
	s, err := c.first()
	if err != nil {
		return err
	}
	return s.Close()
}

// Close does nothing: the close of a QUIC connection discards what is on its
// way (RFC 9000, 10.2), so that there is no hangup of one.
func (c *quicConn) Close() error { return errors.ErrUnsupported }

// Abort closes the connection.
func (c *quicConn) Abort() error { return c.conn.CloseWithError(1, "") }

func (c *quicConn) LocalAddr() net.Addr  { return c.conn.LocalAddr() }
func (c *quicConn) RemoteAddr() net.Addr { return c.conn.RemoteAddr() }

// SetDeadline does nothing: whoever reads or writes is ended by Abort.
func (*quicConn) SetDeadline(time.Time) error      { return nil }
func (*quicConn) SetReadDeadline(time.Time) error  { return nil }
func (*quicConn) SetWriteDeadline(time.Time) error { return nil }
