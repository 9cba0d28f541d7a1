package listentest

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"
)

// A netConn is one end of a connection.
type netConn struct {
	op     int32 // that obtained it
	client bool
	conn   net.Conn
	peer   int32 // of an accepted end: the dial, once known; of a client: the accept
	gone   bool  // closed by a step, or its end was reported
	ended  bool  // of a client: the other side is gone, by outcome
	how    Outcome
	named  chan struct{} // of an accepted end: closed once its first bytes were read, or cannot be
}

// anonymous reports whether c is an accepted end whose dial is not known, and
// will not be.
func (c *netConn) anonymous() bool {
	if c.client || c.peer != 0 {
		return false
	}
	select {
	case <-c.named:
		return true
	default:
		return false
	}
}

func (s *netSession) add(c netConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ending { // too late: nobody else will close it
		_ = c.conn.Close()
	}
	s.conns = append(s.conns, c)
}

// end returns the end that an operation obtained; it must have.
func (s *netSession) end(op int32) *netConn {
	return &s.conns[slices.IndexFunc(s.conns, func(c netConn) bool { return c.op == op })]
}

// introduce sends the dial's ID, by which the accepting end knows whose it
// is, and then waits for the end of the connection.
func (s *netSession) introduce(op int32) {
	s.mu.Lock()
	c := s.end(op).conn
	s.mu.Unlock()
	var token [4]byte
	binary.BigEndian.PutUint32(token[:], uint32(op))
	_, err := c.Write(token[:])
	if err == nil {
		_, err = c.Read(make([]byte, 1))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.end(op)
	if e.ended = true; !errors.Is(err, io.EOF) {
		e.how = Reset
	} else {
		e.how = EOF
	}
	s.change()
}

// ends reports the clients whose connection ended before any accept. Which
// those are is known once every accepted connection is known, for an accepted
// one ends with its acceptor.
func (s *netSession) ends() {
	var events []Event
	s.mu.Lock()
	unsure := s.naming > 0 || slices.ContainsFunc(s.conns, func(c netConn) bool { return c.anonymous() })
	for i := range s.conns {
		if c := &s.conns[i]; !unsure && c.ended && !c.gone && c.peer == 0 {
			c.gone = true
			events = append(events, Event{Verb: End, Conn: c.op, Outcome: c.how})
		}
	}
	s.mu.Unlock()
	for _, e := range events {
		s.report(e)
	}
}

// identify reads whose connection an accept returned.
func (s *netSession) identify(op int32) {
	s.mu.Lock()
	c := s.end(op).conn
	s.naming++
	s.mu.Unlock()
	var token [4]byte
	_, err := io.ReadFull(c, token[:])
	dial := int32(binary.BigEndian.Uint32(token[:]))
	s.mu.Lock()
	s.naming--
	close(s.end(op).named)
	known := err == nil && slices.ContainsFunc(s.conns, func(c netConn) bool { return c.client && c.op == dial })
	if known {
		s.end(op).peer, s.end(dial).peer = dial, op
	}
	s.mu.Unlock()
	if known {
		s.report(Event{Verb: Named, Op: op, Conn: dial})
	}
	s.change()
}
