package third

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"reflect"
	"sync"
	"time"

	"github.com/listentest/listentest"
	"github.com/soypat/seqs"
	tcp "github.com/soypat/seqs/stacks"
)

// seqsTarget is soypat/seqs: a TCP stack without goroutines and without locks,
// made for one program that moves its frames by hand and never runs two things at
// once. So here one lock is held by whoever calls it, and nobody calls what would
// wait, for it waits by asking again and again.
func seqsTarget(wire) listentest.Target {
	c := promise("seqs")
	c.Backlog.Zero, c.Backlog.Negative, c.Backlog.High = 1, 1, 64 // 0 is an error, and each place has its buffers
	// a place comes back when both sides have closed (tcplistener.go:146-149), and
	// the other side is of this stack as well, which closes when it is told the end
	c.Guaranteed = listentest.Exactly(0)
	return listentest.Net{
		Title: "seqs",
		Listen: func(backlog int) (net.Listener, error) {
			return listenSeqs(uint16(c.Backlog.Effective(int32(backlog))))
		},
		Dial:    func(ctx context.Context, l net.Listener) (net.Conn, error) { return l.(*seqsListener).dial(ctx) },
		End:     func(l net.Listener) { l.(*seqsListener).finish() },
		Promise: c,
	}
}

const (
	seqsPort  = 80
	seqsMTU   = 1514
	seqsBytes = 1 << 13 // of each buffer
)

// A seqsListener is a listener, the stacks of all who dial it, and the cable
// between them.
type seqsListener struct {
	over chan struct{}

	mu       sync.Mutex
	moved    sync.Cond // frames, or what a waiter waits for was done
	listener *tcp.TCPListener
	ends     []*seqsEnd // the listener's is the first; the others have one connection each
}

// A seqsEnd is one end of the cable, and what was seen there.
type seqsEnd struct {
	*tcp.PortStack
	conn  *tcp.TCPConn // of one who dials
	got   []byte       // what came for it
	ended bool         // a FIN came
	said  time.Time    // when its last frame left
}

func listenSeqs(most uint16) (net.Listener, error) {
	l := &seqsListener{over: make(chan struct{})}
	l.moved.L = &l.mu
	var err error
	l.listener, err = tcp.NewTCPListener(l.end().PortStack, tcp.TCPListenerConfig{MaxConnections: most, ConnTxBufSize: seqsBytes, ConnRxBufSize: seqsBytes})
	if err != nil {
		return nil, err
	}
	if err := l.listener.StartListening(seqsPort); err != nil {
		return nil, err
	}
	go l.tick()
	return l, nil
}

// end adds a stack to the cable.
func (l *seqsListener) end() *seqsEnd {
	n := len(l.ends) + 1
	at := [4]byte{10, 0, byte(n >> 8), byte(n)}
	s := tcp.NewPortStack(tcp.PortStackConfig{MAC: [6]byte{2, 0, at[0], at[1], at[2], at[3]}, MaxOpenPortsTCP: 1, MTU: seqsMTU})
	s.SetAddr(netip.AddrFrom4(at))
	e := &seqsEnd{PortStack: s}
	l.ends = append(l.ends, e)
	return e
}

// tick asks every stack for what time alone has it do, as a program's loop does.
func (l *seqsListener) tick() {
	for {
		select {
		case <-l.over:
			return
		case <-time.After(time.Second):
		}
		l.mu.Lock()
		for _, e := range l.ends {
			_ = e.FlagPendingTCP(seqsPort) // it may have nobody at the port any more
		}
		l.move()
		l.mu.Unlock()
	}
}

// move moves frames until there are none. A frame that a stack drops is gone.
func (l *seqsListener) move() {
	var frame [seqsMTU]byte
	for moves := true; moves; {
		moves = false
		for _, e := range l.ends {
			n, err := e.HandleEth(frame[:])
			if err != nil || n == 0 {
				continue
			}
			moves, e.said = true, time.Now()
			to := l.ends[binary.BigEndian.Uint16(frame[32:34])-1] // the end of its IPv4 destination
			to.ended = to.ended || seqs.Flags(frame[47])&seqs.FlagFIN != 0
			_ = to.RecvEth(frame[:n])
			to.take()
		}
	}
	l.moved.Broadcast()
}

// take has the program of one who dials read what has come, before an end comes:
// then the library gives it no more.
func (e *seqsEnd) take() {
	var b [seqsMTU]byte
	for e.conn != nil && e.conn.BufferedInput() > 0 {
		n, err := e.conn.Read(b[:])
		if err != nil {
			return
		}
		e.got = append(e.got, b[:n]...)
	}
}

func (l *seqsListener) dial(ctx context.Context) (net.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer context.AfterFunc(ctx, l.wake)()
	e, at := l.end(), l.ends[0]
	c, err := tcp.NewTCPConn(e.PortStack, tcp.TCPConnConfig{TxBufSize: seqsBytes, RxBufSize: seqsBytes})
	if err != nil {
		return nil, err
	}
	e.conn = c
	if err := c.OpenDialTCP(seqsPort, at.HardwareAddr6(), netip.AddrPortFrom(at.Addr(), seqsPort), seqs.Value(len(l.ends)*1000)); err != nil {
		return nil, err
	}
	l.move()
	for c.State() != seqs.StateEstablished {
		switch {
		case ctx.Err() != nil:
			_ = e.CloseTCP(seqsPort) // it may be closed already
			return nil, ctx.Err()
		case c.State() != seqs.StateSynSent:
			return nil, errors.New("seqs: the connection was refused")
		}
		l.moved.Wait()
	}
	return seqsClient{&seqsConn{TCPConn: c, on: l}, e}, nil
}

// wake has everybody who waits look again.
func (l *seqsListener) wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.moved.Broadcast()
}

func (l *seqsListener) Accept() (net.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for !l.ready() {
		l.moved.Wait()
	}
	c, err := l.listener.Accept()
	if err != nil {
		return nil, err
	}
	return &seqsConn{TCPConn: c.(*tcp.TCPConn), on: l}, nil
}

// ready reports whether Accept would return.
func (l *seqsListener) ready() bool {
	v := reflect.ValueOf(l.listener).Elem()
	used, conns := v.FieldByName("used"), v.FieldByName("conns")
	for i := range used.Len() {
		c := conns.Index(i)
		if !used.Index(i).Bool() && !c.FieldByName("closing").Bool() && c.FieldByName("scb").FieldByName("state").Uint() == uint64(seqs.StateEstablished) {
			return true
		}
	}
	return !v.FieldByName("open").Bool()
}

// finish closes all ports, so that nobody waits at one.
func (l *seqsListener) finish() {
	close(l.over)
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.ends {
		_ = e.CloseTCP(seqsPort) // it may be closed already
	}
	l.moved.Broadcast()
}

func (l *seqsListener) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.listener.Close()
	l.move()
	return err
}

func (l *seqsListener) Addr() net.Addr { return l.listener.Addr() }
