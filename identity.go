package listentest

import (
	"encoding/binary"
	"io"
	"net"
	"slices"

	"github.com/listentest/listentest/sched"
)

// A netConn is one end of a connection. Its fields are guarded by the
// session's lock, but for those that never change.
type netConn struct {
	op     int32 // that obtained it
	client bool
	conn   net.Conn
	peer   int32 // of an accepted end: the dial, once known; of a client: the accept
	gone   bool  // closed by a step, or its end was reported
	ended  bool  // the other side is gone, by outcome
	how    Outcome
	named  chan struct{} // of an accepted end: closed once its first bytes were read, or cannot be
	turn   chan struct{} // full while somebody writes, and of a client until its token is written: a lock would not count as waiting in a bubble
	sent   int32         // bytes of data that a send has taken on
	got    int32         // bytes of data that have arrived,
	wrong  bool          // not all of them the other side's
}

// Read, Write and end run the listener's code, in which there are points.

func (c *netConn) Read(b []byte) (int, error) {
	defer sched.Apart(sched.Apart(false))
	return c.conn.Read(b)
}

func (c *netConn) Write(b []byte) (int, error) {
	defer sched.Apart(sched.Apart(false))
	return c.conn.Write(b)
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

func (s *netSession) add(c *netConn) {
	c.turn = make(chan struct{}, 1)
	if c.client { // before anybody knows of it: the token comes before what a send sends
		c.turn <- struct{}{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !c.client { // from here on, for who settles must know that there is somebody to come
		s.naming++
	}
	if s.ending { // too late: nobody else will close it
		_ = c.end(Abort)
	}
	s.conns = append(s.conns, c)
}

// end returns the end that an operation obtained; it must have.
func (s *netSession) end(op int32) *netConn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conns[slices.IndexFunc(s.conns, func(c *netConn) bool { return c.op == op })]
}

// introduce sends the dial's ID, by which the accepting end knows whose it
// is, and then reads until the end of the connection.
func (s *netSession) introduce(op int32) {
	c := s.end(op)
	var token [4]byte
	binary.BigEndian.PutUint32(token[:], uint32(op))
	_, err := c.Write(token[:])
	<-c.turn
	if err == nil {
		err = s.read(c)
	}
	s.over(c, err)
}

// ends reports the clients whose connection ended before any accept. Which
// those are is known once every accepted connection is known, for an accepted
// one ends with its acceptor.
func (s *netSession) ends() {
	var events []Event
	s.mu.Lock()
	unsure := s.naming > 0 || slices.ContainsFunc(s.conns, (*netConn).anonymous)
	for _, c := range s.conns {
		if !unsure && c.client && c.ended && !c.gone && c.peer == 0 {
			c.gone = true
			events = append(events, Event{Verb: End, Conn: c.op, Outcome: c.how})
		}
	}
	s.mu.Unlock()
	for _, e := range events {
		s.report(e)
	}
}

// identify reads whose connection an accept returned, and then until its end.
func (s *netSession) identify(op int32) {
	c := s.end(op)
	var token [4]byte
	_, err := io.ReadFull(c, token[:])
	dial := int32(binary.BigEndian.Uint32(token[:]))
	s.mu.Lock()
	s.naming--
	i := slices.IndexFunc(s.conns, func(c *netConn) bool { return err == nil && c.client && c.op == dial })
	if i >= 0 {
		c.peer, s.conns[i].peer = dial, op
	}
	close(c.named)
	s.mu.Unlock()
	if i >= 0 {
		s.report(Event{Verb: Named, Op: op, Conn: dial})
	}
	s.change()
	if err == nil {
		err = s.read(c)
	}
	s.over(c, err)
}
