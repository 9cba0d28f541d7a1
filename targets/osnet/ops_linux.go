package osnet

import (
	"errors"
	"fmt"
	"runtime"
	"slices"

	lt "github.com/listentest/listentest"
	"golang.org/x/sys/unix"
)

// dial makes the one connect call of op. On loopback the handshake is over
// when it returns; what is not connected then was dropped, or is on its way
// on another processor.
func (s *session) dial(op lt.Op) {
	if _, planned := s.plannedFor(op); planned {
		s.dialNowhere(op)
		return
	}
	fd, err := s.socket()
	if err != nil {
		s.fail(err)
		return
	}
	from, err := s.bindClient(fd)
	if err != nil {
		s.fail(errors.Join(err, unix.Close(fd)))
		return
	}
	s.mu.Lock()
	s.clients = append(s.clients, client{end: end{fd: fd}, op: op.ID, actor: op.Actor, key: s.family.keyOf(from)})
	s.mu.Unlock()
	err = s.connect(fd)
	if err == unix.EINPROGRESS {
		err = connecting(fd)
	}
	s.dialed(op.ID, err)
}

// bindClient binds fd to an address to dial from, and returns that. Where a
// port is left to the kernel it is chosen by connect: one that bind chose would
// have to be free of all other connections.
func (s *session) bindClient(fd int) (from unix.Sockaddr, err error) {
	switch {
	case s.family.domain == unix.AF_INET6:
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1) // a connection there may be in TIME_WAIT
	case s.family.addressed:
		err = unix.SetsockoptInt(fd, unix.SOL_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
	}
	if err != nil {
		return nil, fmt.Errorf("bind a client: %w", err)
	}
	for range 100 { // ports in a row that are somebody else's
		from = s.family.dialAddr()
		if err = unix.Bind(fd, from); err != unix.EADDRINUSE {
			break
		}
	}
	if err != nil {
		return nil, fmt.Errorf("bind a client: %w", err)
	}
	return from, nil
}

// connecting returns nil once fd is connected, EINPROGRESS before, and
// otherwise why it will not be.
func connecting(fd int) error {
	p := [1]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
	n, err := poll(p[:], 0)
	if err != nil {
		return err
	}
	if n == 0 {
		return unix.EINPROGRESS
	}
	errno, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && errno != 0 {
		err = unix.Errno(errno)
	}
	return err
}

// dialed takes how far a dial has come, and reports it if that is its end.
func (s *session) dialed(op int32, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.client(op)
	first := c.phase == trying
	c.phase = dialing
	if err == unix.EINPROGRESS {
		c.dropped = c.dropped || first && s.full()
		return
	}
	outcome, known := outcomes[err]
	if !known {
		s.trouble = errors.Join(s.trouble, fmt.Errorf("connect: %w", err))
		return
	}
	if outcome == lt.WouldBlock && s.observed() {
		outcome = lt.Cancelled // see giveUp
	}
	e := lt.Event{Verb: lt.Return, Op: op, Outcome: outcome}
	c.phase = over
	if outcome == lt.OK {
		c.phase, e.Conn = connected, op
	}
	s.report(e)
}

// outcomes are the answers of the listener to connect. Every other error is
// of our own side (no port, no descriptor, no memory) and trouble.
var outcomes = map[error]lt.Outcome{
	nil:               lt.OK,
	unix.ECONNREFUSED: lt.Refused,
	unix.ECONNRESET:   lt.Reset,
	unix.EAGAIN:       lt.WouldBlock,
	unix.ETIMEDOUT:    lt.Timeout,
}

// accept makes op's first accept call. One that is to be held at its exit
// runs on a thread of its own, which stays there.
func (s *session) accept(op lt.Op) {
	if s.acceptOn(op) {
		return
	}
	if n, planned := s.plannedFor(op); planned && n == deadlinePast {
		s.done(op, lt.Timeout, 0)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accepts = append(s.accepts, op)
}

// acceptOn tries op once, on a thread of its own if it is armed.
func (s *session) acceptOn(op lt.Op) (returned bool) {
	s.mu.Lock()
	armed := s.armed[op.Actor.Num()]
	s.mu.Unlock()
	if s.process != nil {
		return s.process.accept(s, op)
	}
	if !armed {
		return s.tryAccept(op)
	}
	tried := make(chan bool)
	s.parked.Add(1)
	go func() {
		defer s.parked.Done()
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		returned := s.tryAccept(op)
		s.mu.Lock()
		gate := s.held[op.Actor]
		s.mu.Unlock()
		tried <- returned
		if gate != nil {
			<-gate
		}
	}()
	return <-tried
}

// tryAccept makes one accept call for op and reports what it gave; false if
// there was nothing to accept.
func (s *session) tryAccept(op lt.Op) bool {
	listener := s.listeners[op.Actor.Num()/8]
	if listener < 0 {
		s.done(op, lt.Closed, 0)
		return true
	}
	fd, sa, err := unix.Accept4(listener, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
	switch {
	case err == nil:
	case err == unix.EINVAL, err == unix.EAGAIN && s.down: // see shutDown
		s.done(op, lt.Closed, 0)
		return true
	case err == unix.EAGAIN, err == unix.EINTR:
		return false
	default:
		s.fail(fmt.Errorf("accept: %w", err))
		return false
	}
	s.mu.Lock()
	dial := s.whose(s.family.keyOf(sa))
	v := server{end: end{fd: fd, greeted: s.t.fastopen > 0}, op: op.ID, dial: dial}
	v.ungreet()
	s.servers = append(s.servers, v)
	s.mu.Unlock()
	s.done(op, lt.OK, dial)
	return true
}

// client returns the dialing end that a dial made; it must have.
func (s *session) client(op int32) *client {
	for i := len(s.clients) - 1; ; i-- { // the newest are asked for most
		if s.clients[i].op == op {
			return &s.clients[i]
		}
	}
}

// server returns the accepted end that an accept made; it must have.
func (s *session) server(op int32) *server {
	for i := len(s.servers) - 1; ; i-- {
		if s.servers[i].op == op {
			return &s.servers[i]
		}
	}
}

// whose returns the dial of a key, Nobody if there is none. Where other
// programs can reach the listener that is trouble, for they may have dialed it.
func (s *session) whose(key string) int32 {
	for i := len(s.clients) - 1; i >= 0; i-- {
		c := &s.clients[i]
		switch {
		case c.key != key:
			continue
		case c.taken, c.half != nil && c.phase == over: // a late segment of it has shown its cookie again
			return lt.Nobody
		}
		c.taken = true
		return c.op
	}
	if !isolated && !s.observed() {
		s.trouble = errors.Join(s.trouble, errors.New("somebody else dialed the listener"))
	}
	return lt.Nobody
}

// leave is hangup and abort, at either end.
func (s *session) leave(op lt.Op) {
	s.mu.Lock()
	var fd *int
	if op.Actor.Role() == lt.ClientRole {
		c := s.client(op.Conn)
		fd, c.quit = &c.fd, true
		if c.half != nil {
			s.leaveHalf(c, op.Kind)
		}
	} else {
		fd = &s.server(op.Conn).fd
	}
	var err error
	switch {
	case *fd < 0:
	case op.Kind == lt.Abort:
		err = s.reset(fd)
	default:
		err = unix.Close(*fd)
		*fd = -1
	}
	s.mu.Unlock()
	if err != nil {
		s.fail(fmt.Errorf("%v: %w", op.Kind, err))
		return
	}
	s.done(op, lt.OK, 0)
}

// cancel gives up what the actor has open.
func (s *session) cancel(op lt.Op) {
	s.flight.Wait()
	s.mu.Lock()
	var victim *lt.Op
	if i := slices.IndexFunc(s.accepts, func(o lt.Op) bool { return o.Actor == op.Actor }); i >= 0 {
		o := s.accepts[i]
		victim = &o
		s.accepts = slices.Delete(s.accepts, i, i+1)
	}
	dial := int32(0)
	for i := range s.clients {
		if c := &s.clients[i]; c.phase == dialing && c.actor == op.Actor {
			c.phase, dial = over, c.op
			if err := s.reset(&c.fd); err != nil {
				s.trouble = errors.Join(s.trouble, fmt.Errorf("cancel: %w", err))
			}
		}
	}
	s.mu.Unlock()
	s.done(op, lt.OK, 0)
	switch {
	case victim != nil:
		s.done(*victim, lt.Cancelled, 0)
	case dial != 0:
		s.report(lt.Event{Verb: lt.Return, Op: dial, Outcome: lt.Cancelled})
	}
}
