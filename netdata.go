package listentest

import (
	"context"
	"errors"
	"io"
	"net"
	"time"

	"github.com/listentest/listentest/sched"
)

// Pattern returns byte i of what one side of the connection of a dial sends:
// every connection has bytes of its own in each direction.
func Pattern(dial int32, server bool, i int32) byte {
	x := uint32(dial)<<1 ^ uint32(i)*0x01000193
	if server {
		x ^= 1
	}
	x *= 0x9E3779B1 // so that neighbours share nothing
	x ^= x >> 15
	x *= 0x85EBCA6B
	return byte(x >> 24)
}

// dial returns the dial of c's connection; 0 is not known.
func (c *netConn) dial() int32 {
	if c.client {
		return c.op
	}
	return c.peer
}

// end closes c for good, by a hangup or by an abort.
func (c *netConn) end(how Kind) error {
	defer sched.Apart(sched.Apart(false))
	if how == Abort {
		switch conn := c.conn.(type) {
		case interface{ Abort() error }:
			return conn.Abort()
		case *net.TCPConn:
			_ = conn.SetLinger(0) // it fails only where the connection is gone already
		}
	}
	return c.conn.Close()
}

// read takes what arrives until the end of the connection, which it returns.
func (s *netSession) read(c *netConn) error {
	var b [256]byte
	for {
		n, err := c.Read(b[:])
		s.mu.Lock()
		dial := c.dial()
		for _, x := range b[:n] {
			c.wrong = c.wrong || x != Pattern(dial, c.client, c.got)
			if !c.wrong {
				c.got++
			}
		}
		s.mu.Unlock()
		if err != nil {
			return err
		}
	}
}

// over enters that the other side of c is gone.
func (s *netSession) over(c *netConn, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.ended, c.how = true, Reset; errors.Is(err, io.EOF) {
		c.how = EOF
	}
	s.change()
}

// recv tells what has arrived. In a bubble whoever reads for us has taken all of
// it first: what waits in a connection that was just accepted has arrived as well.
func (s *netSession) recv(_ context.Context, op Op) Event {
	if s.o.Rest != nil {
		time.Sleep(1) // passes only when everybody waits
	}
	c := s.end(op.Conn)
	s.mu.Lock()
	defer s.mu.Unlock()
	e := Event{N: c.got}
	switch {
	case c.wrong:
		e.Outcome = Corrupt
	case c.ended:
		e.Outcome = c.how
	}
	return e
}

// send sends bytes of the connection's pattern. Who accepted a connection and
// does not know yet whose it is cannot say its bytes, and waits till it does.
func (s *netSession) send(_ context.Context, op Op) Event {
	c := s.end(op.Conn)
	if c.named != nil {
		<-c.named
	}
	c.turn <- struct{}{}
	defer func() { <-c.turn }()
	s.mu.Lock()
	b := make([]byte, op.N)
	for i := range b {
		b[i] = Pattern(c.dial(), !c.client, c.sent+int32(i))
	}
	c.sent += int32(len(b))
	s.mu.Unlock()
	switch _, err := c.Write(b); {
	case errors.Is(err, errors.ErrUnsupported):
		return Event{Outcome: Unsupported}
	case err != nil:
		return Event{Outcome: Reset}
	}
	return Event{}
}

// halfClose ends what one side sends.
func (s *netSession) halfClose(_ context.Context, op Op) Event {
	c := s.end(op.Conn)
	half, ok := c.conn.(interface{ CloseWrite() error })
	if !ok {
		return Event{Outcome: Unsupported}
	}
	c.turn <- struct{}{}
	defer func() { <-c.turn }()
	sched.Apart(false)
	err := half.CloseWrite()
	sched.Apart(true)
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return Event{Outcome: Unsupported}
	case err != nil:
		return Event{Outcome: Reset}
	}
	return Event{}
}

// leave is hangup and abort, at either end. An accepted end is closed once it
// is known whose it is, if that can be known.
func (s *netSession) leave(_ context.Context, op Op) Event {
	c := s.end(op.Conn)
	s.mu.Lock()
	gone := c.gone
	c.gone = true
	s.mu.Unlock()
	if c.named != nil {
		patience := s.o.Pace
		if s.o.Rest != nil {
			patience = 1 // in a bubble time passes when nobody can move
		}
		select {
		case <-c.named:
		case <-time.After(patience):
		}
	}
	if err := c.end(op.Kind); errors.Is(err, errors.ErrUnsupported) { // another error is of one that is gone already
		s.mu.Lock()
		c.gone = gone
		s.mu.Unlock()
		return Event{Outcome: Unsupported}
	}
	return Event{}
}

// fail arms what the next dial, accept or admission meets.
func (s *netSession) fail(op Op) Event {
	const deadline = 3
	e := Event{Verb: Return, Op: op.ID}
	switch {
	case s.Fail != nil && s.Fail(s.current(), op.Actor, int(op.N)) == nil:
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.plans == nil {
			s.plans = map[Actor]bool{}
		}
		s.plans[op.Actor] = true
	case s.Fail == nil && op.Actor.Role() == ClientRole && op.N == deadline && s.Net.Dial != nil:
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.late == nil {
			s.late = map[Actor]bool{}
		}
		s.late[op.Actor] = true
	default:
		e.Outcome = Unsupported
	}
	return e
}
