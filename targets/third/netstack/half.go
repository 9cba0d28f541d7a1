package netstack

import (
	lt "github.com/listentest/listentest"
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A half is the dialing end of a connection that is made by hand, segment by
// segment. It has no data.
type half struct {
	seq, ack uint32 // the next that it sends, and expects
}

// say sends a segment of c.
func (s *session) say(c *client, flags header.TCPFlags) { s.wire.send(c.segment(flags)) }

// segment returns the next packet of a connection that is made by hand.
func (c *client) segment(flags header.TCPFlags) *stack.PacketBuffer {
	h := c.half
	g := segment{from: c.port(), to: listenPort, seq: h.seq, flags: flags}
	if flags != header.TCPFlagSyn {
		g.flags, g.ack = g.flags|header.TCPFlagAck, h.ack
	}
	if flags&(header.TCPFlagSyn|header.TCPFlagFin) != 0 {
		h.seq++
	}
	return stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(g.packet(address))})
}

// syn asks for a connection, and leaves it half-open when the answer comes. One
// that the listener drops stays open: nobody sends it again.
func (s *session) syn(op lt.Op) {
	c := &client{op: op.ID, actor: op.Actor, half: &half{seq: uint32(op.ID) * 0x9E3779B1}}
	s.mu.Lock()
	s.dials, s.clients[op.ID] = append(s.dials, c), c
	s.mu.Unlock()
	s.say(c, header.TCPFlagSyn)
}

// ack sends the last segment of a handshake, perhaps once more. Behind the end of
// its connection that may make another one of it.
func (s *session) ack(op lt.Op) {
	c := s.client(op.Conn)
	s.mu.Lock()
	if c.phase == halfOpen {
		c.phase = connected
	}
	c.late = c.late || c.quit
	s.mu.Unlock()
	s.say(c, header.TCPFlagAck)
	s.done(op, lt.OK, 0)
}

// askHalves lets those that are half-open find out that nobody listens any more:
// a handshake that is given up sends nothing. They ask at once, before whatever is
// under way, for behind another listen it would be too late.
func (s *session) askHalves() {
	s.hear()
	for _, c := range s.dials {
		if c.half != nil && c.phase == halfOpen {
			s.wire.inject(c.segment(header.TCPFlagAck))
			s.stand()
		}
	}
	s.hear()
}

// leaveHalf ends a connection that is made by hand: with RST, but for a hangup of
// one that is no longer half-open, which has something to finish.
func (s *session) leaveHalf(c *client, k lt.Kind) {
	flags := header.TCPFlags(header.TCPFlagRst)
	if k == lt.Hangup && c.phase == connected {
		flags = header.TCPFlagFin
	}
	if c.phase == halfOpen {
		c.phase = over
	}
	s.say(c, flags)
}

// hear takes the answers to what was made by hand.
func (s *session) hear() {
	for _, g := range s.wire.heard() {
		if c := s.clients[int32(g.to)-handPort]; c != nil {
			s.heard(c, g)
		}
	}
}

// heard takes an answer to c. A second SYN-ACK is one that the listener sends
// again, for want of the ACK.
func (s *session) heard(c *client, g segment) {
	switch {
	case c.phase == dialing && g.flags&header.TCPFlagRst != 0:
		c.phase = over
		s.report(lt.Event{Verb: lt.Return, Op: c.op, Outcome: lt.Refused})
	case c.phase == dialing && g.flags == header.TCPFlagSyn|header.TCPFlagAck:
		c.phase, c.half.ack = halfOpen, g.seq+1
		s.report(lt.Event{Verb: lt.Return, Op: c.op, Outcome: lt.OK, Conn: c.op})
	case (c.phase == halfOpen || c.pending()) && g.flags&header.TCPFlagRst != 0:
		c.phase = over
		s.report(lt.Event{Verb: lt.End, Conn: c.op, Outcome: lt.Reset})
	case c.pending() && g.flags&header.TCPFlagFin != 0:
		c.phase = over
		s.report(lt.Event{Verb: lt.End, Conn: c.op, Outcome: lt.EOF})
	}
}
