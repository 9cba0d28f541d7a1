package osnet

import (
	"errors"
	"fmt"

	lt "github.com/listentest/listentest"
	"golang.org/x/sys/unix"
)

// A half is the dialing end of a connection that is made by hand, segment by
// segment. It has no data: to send some it would have to send again what the
// listener drops.
type half struct {
	from     endpoint
	seq, ack uint32 // the next that it sends, and expects
}

// say sends a segment of h.
func (s *session) say(h *half, flags byte) error {
	to := s.addr.(*unix.SockaddrInet4)
	g := segment{from: h.from, to: endpoint{to.Addr, uint16(to.Port)}, seq: h.seq, flags: flags}
	if flags != flagSYN {
		g.flags, g.ack = g.flags|flagACK, h.ack
	}
	if flags&(flagSYN|flagFIN) != 0 {
		h.seq++
	}
	return s.wire.send(g)
}

// syn asks for a connection, and leaves it half-open when the answer comes.
// One that the listener drops stays open: nobody sends it again.
func (s *session) syn(op lt.Op) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wire == nil {
		w, err := s.t.takeWire()
		if err != nil {
			s.trouble = errors.Join(s.trouble, err)
			return
		}
		s.wire = w
	}
	h := &half{from: s.wire.endpoint()}
	h.seq = uint32(h.from.port)<<16 ^ s.wire.last*0x9E3779B1 // another one each time, so that no cookie of one is another's
	s.clients = append(s.clients, client{end: end{fd: -1}, half: h, op: op.ID, actor: op.Actor, key: string(h.from.addr[:]), phase: dialing})
	s.hear(s.say(h, flagSYN))
}

// ack sends the last segment of a handshake, perhaps once more.
func (s *session) ack(op lt.Op) {
	s.mu.Lock()
	c := s.client(op.Conn)
	if c.phase == halfOpen {
		c.phase = connected
	}
	s.hear(s.say(c.half, flagACK))
	s.mu.Unlock()
	s.done(op, lt.OK, 0)
}

// askHalves lets those that are half-open find out that nobody listens any
// more: the kernel answers their next segment with RST, and is silent until then.
func (s *session) askHalves() {
	if s.listening() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.clients {
		if c := &s.clients[i]; c.phase == halfOpen && !c.quit {
			s.hear(s.say(c.half, flagACK))
		}
	}
}

// leaveHalf ends a connection that is made by hand: with RST, but for a hangup
// of one that is no longer half-open, which has something to finish.
func (s *session) leaveHalf(c *client, k lt.Kind) {
	flags := byte(flagRST)
	if k == lt.Hangup && c.phase == connected {
		flags = flagFIN
	}
	s.hear(s.say(c.half, flags))
}

// byHand reports whether the connection of a dial or syn is.
func (s *session) byHand(op int32) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.client(op).half != nil
}

// hear takes what has come over the wire, if err is nil, and else keeps that
// as trouble. The session is locked.
func (s *session) hear(err error) {
	for err == nil && s.wire != nil {
		g, ok, e := s.wire.receive()
		if err = e; err != nil || !ok {
			break
		}
		for i := range s.clients {
			if c := &s.clients[i]; c.half != nil && c.half.from == g.to {
				s.heard(c, g)
			}
		}
	}
	if err != nil {
		s.trouble = errors.Join(s.trouble, fmt.Errorf("half-open connections: %w", err))
	}
}

// heard takes an answer to c. A second SYN-ACK is one that the kernel sends
// again, for want of the ACK or because it dropped that.
func (s *session) heard(c *client, g segment) {
	switch {
	case c.phase == dialing && g.flags&flagRST != 0:
		c.phase = over
		s.report(lt.Event{Verb: lt.Return, Op: c.op, Outcome: lt.Refused})
	case c.phase == dialing && g.flags == flagSYN|flagACK:
		c.phase, c.half.ack = halfOpen, g.seq+1
		s.report(lt.Event{Verb: lt.Return, Op: c.op, Outcome: lt.OK, Conn: c.op})
	case (c.phase == halfOpen && !c.quit || c.pending()) && g.flags&flagRST != 0:
		c.phase = over
		s.report(lt.Event{Verb: lt.End, Conn: c.op, Outcome: lt.Reset})
	case c.pending() && g.flags&flagFIN != 0:
		c.phase = over
		s.report(lt.Event{Verb: lt.End, Conn: c.op, Outcome: lt.EOF})
	}
}

// dropHalves resets whatever was made by hand, so that the kernel keeps none of
// it for a minute, and gives the wire back.
func (s *session) dropHalves() (err error) {
	if s.wire == nil {
		return nil
	}
	for i := range s.clients {
		if c := &s.clients[i]; c.half != nil {
			err = errors.Join(err, s.say(c.half, flagRST))
		}
	}
	s.t.giveWire(s.wire)
	s.wire = nil
	return err
}
