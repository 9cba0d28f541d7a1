package netstack

import (
	"context"
	"slices"
	"time"

	lt "github.com/listentest/listentest"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

// Settle lets the stack go on until it stands still: packets arrive one after the
// other, who is woken looks again, and the timers fire that a tick has reached.
// It does not wait for anything else, so the rest is quiet. Only a stack that
// never comes to an end, as two ends that answer each other for ever, is left
// when the context is done.
func (s *session) Settle(ctx context.Context) (lt.Rest, error) {
	const storm = 1 << 16 // packets; a run has at most lt.MaxOps operations
	s.flight.Wait()
	first := s.wire.count()
	for {
		s.stand()
		switch {
		case s.trouble != nil:
			return lt.Calm, s.trouble
		case s.wire.count()-first > storm && ctx.Err() != nil:
			return lt.Calm, nil
		case s.acceptWoken(), s.wire.deliver():
			continue
		}
		s.hear()
		s.look()
		if !s.passTime() {
			return lt.Quiet, nil
		}
	}
}

// stand returns once the stack's goroutines have nothing to do but for what is
// on the wire.
//
// Pause returns when each of them has found its queue of endpoints empty, one
// after the other. One may have given another something to do after that one was
// asked, either by a packet, which is counted, or without: a segment of an
// endpoint that is closed is given to the listener (tcp/connect.go,
// tryDeliverSegmentFromClosedEndpoint), and the listener gives one to the
// connection that it is of (tcp/accept.go, handleListenSegment). That is twice at
// most, so after two rounds without a packet nobody has anything.
func (s *session) stand() {
	for still, sent := 0, s.wire.count(); still < 2; {
		s.stack.Pause()
		now := s.wire.count()
		s.stack.Resume()
		if still++; now != sent && s.wire.direct {
			still, sent = 0, now
		}
	}
}

// acceptWoken has the accepts that were woken look again, oldest first; false if
// none returned.
func (s *session) acceptWoken() (returned bool) {
	if len(s.accepts) == 0 {
		return false
	}
	for _, w := range slices.Clone(s.accepts) {
		select {
		case <-w.woken:
		default:
			continue
		}
		if !s.tryAccept(w.listener, w.Op) {
			continue
		}
		w.listener.queue.EventUnregister(&w.entry)
		s.accepts = slices.DeleteFunc(s.accepts, func(o *waiting) bool { return o == w })
		returned = true
	}
	return returned
}

// look reports what has become of the dials, and which connections ended before
// an accept.
func (s *session) look() {
	s.dials = slices.DeleteFunc(s.dials, func(c *client) bool { return c.phase == over || c.phase == connected && !c.pending() })
	for _, c := range s.dials {
		if c.half != nil {
			if c.pending() && !s.admitted(c) {
				c.phase = halfOpen // its ack found the queue full
			}
			continue
		}
		select {
		case <-c.woken:
			c.awake = true
		default:
		}
		if c.awake && c.ep != nil {
			s.news(c)
		}
	}
}

// news reports what has become of c since it was looked at.
func (s *session) news(c *client) {
	state := tcp.EndpointState(c.ep.State())
	if c.phase == dialing {
		switch state {
		case tcp.StateConnecting, tcp.StateSynSent, tcp.StateSynRecv:
			return
		case tcp.StateError:
			c.phase = over
			s.report(lt.Event{Verb: lt.Return, Op: c.op, Outcome: refusal(c.ep.LastError())})
			return
		case tcp.StateEstablished:
			if !c.taken && !s.admitted(c) {
				return
			}
		}
		c.phase = connected
		s.report(lt.Event{Verb: lt.Return, Op: c.op, Outcome: lt.OK, Conn: c.op})
	}
	if !c.pending() {
		return
	}
	ended := lt.Event{Verb: lt.End, Conn: c.op, Outcome: lt.EOF}
	switch state {
	case tcp.StateError:
		if ended.Outcome = lt.Reset; refusal(c.ep.LastError()) == lt.Timeout {
			ended.Outcome = lt.Timeout
		}
	case tcp.StateCloseWait, tcp.StateLastAck, tcp.StateClosing, tcp.StateTimeWait, tcp.StateClose:
	default:
		return
	}
	c.phase = over
	s.report(ended)
}

// admitted reports whether the listener's end of c is there. Where the last ACK of
// a handshake found the queue full it is dropped, and the client is a ghost, which
// takes itself for connected: with a cookie nobody sends that ACK again
// (tcp/accept.go, ListenOverflowAckDrop), else the listener's end stays in SYN-RCVD
// and asks for it with time (tcp/connect.go, synRcvdState).
func (s *session) admitted(c *client) bool {
	id := stack.TransportEndpointID{LocalAddress: address, LocalPort: listenPort, RemoteAddress: address, RemotePort: c.port()}
	ep, ok := s.stack.FindTransportEndpoint(ipv4.ProtocolNumber, tcp.ProtocolNumber, id, nic).(*tcp.Endpoint)
	if !ok {
		return false
	}
	switch tcp.EndpointState(ep.State()) {
	case tcp.StateListen, tcp.StateConnecting, tcp.StateSynSent, tcp.StateSynRecv:
		return false
	}
	return true
}

// refusal reads the error of a dial.
func refusal(err tcpip.Error) lt.Outcome {
	switch err.(type) {
	case *tcpip.ErrTimeout:
		return lt.Timeout
	case *tcpip.ErrConnectionRefused:
		return lt.Refused
	}
	return lt.Reset
}

// passTime fires the next timer that a tick reaches, or ends the tick; false if
// there is none.
func (s *session) passTime() bool {
	if len(s.ticks) == 0 {
		return false
	}
	op := s.ticks[0]
	if s.until == 0 {
		s.until = s.clock.since() + time.Duration(op.N)*time.Millisecond
	}
	if s.clock.fire(s.until) {
		return true
	}
	s.report(lt.Event{Verb: lt.Clock, N: int32(s.until.Milliseconds())})
	s.done(op, lt.OK, 0)
	s.ticks, s.until = s.ticks[1:], 0
	return true
}
