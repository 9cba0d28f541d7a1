package osnet

import (
	"fmt"

	lt "github.com/listentest/listentest"
	"golang.org/x/sys/unix"
)

// An end is one end of a connection, and the bytes that crossed it.
type end struct {
	fd        int // -1 once closed
	sent, got int32
	greeted   bool // a byte that is no data comes first
}

// of returns the end that op addresses, the dial of its connection, and whether
// it is the accepted one.
func (s *session) of(op lt.Op) (e *end, dial int32, server bool) {
	if op.Actor.Role() == lt.ClientRole {
		c := s.client(op.Conn)
		return &c.end, c.op, false
	}
	v := s.server(op.Conn)
	return &v.end, v.dial, true
}

// data is send, recv and half-close.
func (s *session) data(op lt.Op) {
	s.mu.Lock()
	e, dial, server := s.of(op)
	how, n := lt.OK, int32(0)
	var err error
	switch op.Kind {
	case lt.Send:
		how, err = e.send(int32(op.N), dial, server)
	case lt.Recv:
		if s.buffer == nil {
			s.buffer = make([]byte, 1<<15) // a message of seqpacket that is longer than the buffer would be cut
		}
		e.ungreet()
		how, err = e.recv(s.buffer, dial, !server)
		n = e.got
	default:
		how, err = outcomeOf(unix.Shutdown(e.fd, unix.SHUT_WR))
	}
	s.mu.Unlock()
	if err != nil {
		s.fail(fmt.Errorf("%v: %w", op.Kind, err))
		return
	}
	s.report(lt.Event{Verb: lt.Return, Op: op.ID, Outcome: how, N: n})
}

// outcomeOf returns how the other side's doing looks to a call; an error is
// another one.
func outcomeOf(err error) (lt.Outcome, error) {
	switch err {
	case nil:
		return lt.OK, nil
	case unix.EPIPE, unix.ECONNRESET, unix.ENOTCONN:
		return lt.Reset, nil
	case unix.EAGAIN:
		return lt.WouldBlock, nil
	}
	return lt.Failed, err
}

// send sends n bytes; what does not fit into the socket's buffer is told
// would-block.
func (e *end) send(n, dial int32, server bool) (lt.Outcome, error) {
	b := make([]byte, n)
	for i := range b {
		b[i] = lt.Pattern(dial, server, e.sent+int32(i))
	}
	for len(b) > 0 {
		n, err := unix.Write(e.fd, b)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return outcomeOf(err)
		}
		e.sent += int32(n)
		b = b[n:]
	}
	return lt.OK, nil
}

// recv takes what has arrived, which one side sent.
func (e *end) recv(b []byte, dial int32, server bool) (lt.Outcome, error) {
	for {
		n, err := unix.Read(e.fd, b)
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.EAGAIN:
			return lt.OK, nil
		case err != nil:
			return outcomeOf(err)
		case n == 0:
			return lt.EOF, nil
		}
		for _, got := range b[:n] {
			if dial != lt.Nobody && got != lt.Pattern(dial, server, e.got) {
				return lt.Corrupt, nil
			}
			e.got++
		}
	}
}
