package netstack

import (
	"bytes"
	"fmt"

	lt "github.com/listentest/listentest"
	"gvisor.dev/gvisor/pkg/tcpip"
)

// An end is one end of a connection, and the bytes that crossed it.
type end struct {
	ep        tcpip.Endpoint // nil once closed
	sent, got int32
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
	e, dial, server := s.of(op)
	r := lt.Event{Verb: lt.Return, Op: op.ID}
	var err tcpip.Error
	switch op.Kind {
	case lt.Send:
		err = e.send(int32(op.N), dial, server)
	case lt.Recv:
		var corrupt bool
		if corrupt, err = e.recv(dial, !server); corrupt {
			r.Outcome = lt.Corrupt
		}
		r.N = e.got
	default:
		err = e.ep.Shutdown(tcpip.ShutdownWrite)
	}
	if r.Outcome == lt.OK {
		var known bool
		if r.Outcome, known = outcomeOf(err); !known {
			s.fail(fmt.Errorf("%v: %v", op.Kind, err))
			return
		}
	}
	s.report(r)
}

// outcomeOf returns how the other side's doing looks to a call; known is false
// for another error.
func outcomeOf(err tcpip.Error) (o lt.Outcome, known bool) {
	switch err.(type) {
	case nil:
		return lt.OK, true
	case *tcpip.ErrClosedForReceive:
		return lt.EOF, true
	case *tcpip.ErrConnectionReset, *tcpip.ErrConnectionAborted, *tcpip.ErrAborted, *tcpip.ErrClosedForSend, *tcpip.ErrNotConnected:
		return lt.Reset, true
	case *tcpip.ErrTimeout:
		return lt.Timeout, true
	case *tcpip.ErrWouldBlock:
		return lt.WouldBlock, true
	}
	return lt.Failed, false
}

// send sends n bytes; what does not fit into the endpoint's buffer is told
// would-block.
func (e *end) send(n, dial int32, server bool) tcpip.Error {
	b := make([]byte, n)
	for i := range b {
		b[i] = lt.Pattern(dial, server, e.sent+int32(i))
	}
	r := bytes.NewReader(b)
	for r.Len() > 0 {
		n, err := e.ep.Write(r, tcpip.WriteOptions{})
		if err != nil {
			return err
		}
		e.sent += int32(n)
	}
	return nil
}

// recv takes what has arrived, which one side of the connection sent; corrupt
// says that it is something else.
func (e *end) recv(dial int32, server bool) (corrupt bool, err tcpip.Error) {
	for {
		var b bytes.Buffer
		r, err := e.ep.Read(&b, tcpip.ReadOptions{})
		if _, empty := err.(*tcpip.ErrWouldBlock); empty {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		e.ep.ModerateRecvBuf(r.Count)
		for _, got := range b.Bytes() {
			if dial != lt.Nobody && got != lt.Pattern(dial, server, e.got) {
				return true, nil
			}
			e.got++
		}
	}
}
