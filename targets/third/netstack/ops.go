package netstack

import (
	"fmt"
	"slices"

	lt "github.com/listentest/listentest"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/waiter"
)

// What a dial or accept can be planned to meet (kind fail, design.md row 12).
const (
	badAddress   = 2
	deadlinePast = 3
)

// fails reports whether a plan can be kept by what the stack itself does: a dial
// to an address that no route leads to, and an accept that takes what is there
// and waits for nothing.
func fails(op lt.Op) bool {
	return op.Actor.Role() == lt.ClientRole && op.N == badAddress ||
		op.Actor.Role() == lt.AcceptorRole && op.Actor.Num() < 8 && op.N == deadlinePast
}

// dial sends a SYN. What becomes of it is seen when the stack stands still.
func (s *session) dial(op lt.Op, plan int16) {
	c := &client{op: op.ID, actor: op.Actor}
	ep, q, err := s.bound(c.port())
	if err != nil {
		s.fail(fmt.Errorf("dial: %w", err))
		return
	}
	to := tcpip.FullAddress{Addr: address, Port: listenPort}
	if plan == badAddress {
		to.Addr = nowhere
	}
	c.ep = ep
	c.entry, c.woken = waiter.NewChannelEntry(waiter.AllEvents)
	q.EventRegister(&c.entry)
	s.mu.Lock()
	s.dials, s.clients[op.ID] = append(s.dials, c), c
	s.mu.Unlock()
	switch err := ep.Connect(to); err.(type) {
	case *tcpip.ErrConnectStarted:
	case *tcpip.ErrHostUnreachable, *tcpip.ErrNetworkUnreachable:
		c.phase = over
		s.done(op, lt.Failed, 0)
	default:
		s.fail(fmt.Errorf("connect: %v", err))
	}
}

// A waiting is an accept that found nothing, and waits to be woken by the listener
// at which it was called.
type waiting struct {
	lt.Op
	listener *listener
	woken    chan struct{}
	entry    waiter.Entry
}

// accept makes op's accept call. If there is nothing it waits as a caller does:
// it asks to be woken, and looks once more, for who came in between wakes nobody.
func (s *session) accept(op lt.Op, plan int16) {
	l := s.listener
	if l == nil {
		s.returned(op, lt.Closed, 0)
		return
	}
	if s.tryAccept(l, op) {
		return
	}
	if plan == deadlinePast {
		s.returned(op, lt.Timeout, 0)
		return
	}
	w := &waiting{Op: op, listener: l}
	w.entry, w.woken = waiter.NewChannelEntry(waiter.ReadableEvents)
	l.queue.EventRegister(&w.entry)
	if s.tryAccept(l, op) {
		l.queue.EventUnregister(&w.entry)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accepts = append(s.accepts, w)
}

// tryAccept makes one accept call for op, and reports what it gave; false if
// there was nothing to accept.
func (s *session) tryAccept(l *listener, op lt.Op) bool {
	var from tcpip.FullAddress
	ep, _, err := l.ep.Accept(&from)
	switch err.(type) {
	case nil:
		s.mu.Lock()
		dial := s.whose(from.Port)
		s.servers[op.ID] = &server{end: end{ep: ep}, dial: dial}
		s.mu.Unlock()
		s.returned(op, lt.OK, dial)
	case *tcpip.ErrWouldBlock:
		return false
	case *tcpip.ErrInvalidEndpointState: // it is shut down
		s.returned(op, lt.Closed, 0)
	default:
		s.fail(fmt.Errorf("accept: %v", err))
	}
	return true
}

// whose returns the dial or syn of a port: Nobody if the connection was returned
// before, or never came to be, and 0 if another one may have been made of it. The
// session is locked.
func (s *session) whose(port uint16) int32 {
	op := int32(port) - dialPort
	if port >= handPort {
		op = int32(port) - handPort
	}
	c := s.clients[op]
	switch {
	case c == nil, c.taken, c.half != nil && c.phase == over:
		return lt.Nobody
	case c.late:
		return 0
	}
	c.taken = true
	return op
}

// returned is done for an accept, and holds its actor if that is due.
func (s *session) returned(op lt.Op, o lt.Outcome, conn int32) {
	s.done(op, o, conn)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := op.Actor.Num(); s.armed[n] {
		s.armed[n] = false
		s.report(lt.Event{Verb: lt.Hold, Step: lt.Step{Actor: op.Actor}, Point: "exit"})
	}
}

// leave is hangup and abort, at either end.
func (s *session) leave(op lt.Op) {
	var e *end
	if op.Actor.Role() == lt.ClientRole {
		c := s.client(op.Conn)
		if c.quit = true; c.half != nil {
			s.leaveHalf(c, op.Kind)
		}
		e = &c.end
	} else {
		e = &s.server(op.Conn).end
	}
	switch {
	case e.ep == nil:
	case op.Kind == lt.Abort:
		e.reset()
	default:
		e.ep.Close()
		e.ep = nil
	}
	s.done(op, lt.OK, 0)
}

// reset closes the end with RST, if it is open.
func (e *end) reset() {
	if e.ep == nil {
		return
	}
	e.ep.SocketOptions().SetLinger(tcpip.LingerOption{Enabled: true})
	e.ep.Close()
	e.ep = nil
}

// cancel gives up what the actor has open.
func (s *session) cancel(op lt.Op) {
	s.flight.Wait()
	s.done(op, lt.OK, 0)
	if i := slices.IndexFunc(s.accepts, func(w *waiting) bool { return w.Actor == op.Actor }); i >= 0 {
		w := s.accepts[i]
		s.accepts = slices.Delete(s.accepts, i, i+1)
		w.listener.queue.EventUnregister(&w.entry)
		s.done(w.Op, lt.Cancelled, 0)
		return
	}
	for _, c := range s.dials {
		if c.phase == dialing && c.actor == op.Actor {
			c.phase = over
			c.reset()
			s.report(lt.Event{Verb: lt.Return, Op: c.op, Outcome: lt.Cancelled})
			return
		}
	}
}

// listen sets a new backlog, or opens the listener again after a shut.
func (s *session) listen(op lt.Op) {
	s.flight.Wait()
	if s.listener == nil {
		if err := s.open(int(op.N)); err != nil {
			s.fail(err)
			return
		}
	} else if err := s.listener.ep.Listen(int(op.N)); err != nil {
		s.done(op, lt.Failed, 0) // it listens as before
		return
	}
	s.done(op, lt.OK, 0)
}

// shut closes the listener, or shuts it down for reading and leaves it open. Who
// waits in accept is woken by the listener.
func (s *session) shut(op lt.Op) {
	s.flight.Wait()
	if s.wire.direct {
		s.stand() // so that those made by hand are half-open, or not
	}
	if op.N == 0 {
		s.listener.ep.Close()
		s.listener = nil
	} else if err := s.listener.ep.Shutdown(tcpip.ShutdownRead); err != nil {
		s.fail(fmt.Errorf("shut: %v", err))
		return
	}
	s.askHalves()
	s.done(op, lt.OK, 0)
}
