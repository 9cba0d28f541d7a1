package osnet

import (
	"fmt"

	lt "github.com/listentest/listentest"
	"golang.org/x/sys/unix"
)

// shutDown shuts a listener down for reading and leaves it open. TCP stops
// listening then, as a close does, and resets who is pending (net/ipv4/af_inet.c,
// inet_shutdown); a UNIX socket refuses from then on, and who is pending can still be
// accepted (net/unix/af_unix.c, unix_accept). Who waits in accept is told EINVAL by
// both; that a UNIX socket says EAGAIN to a call that does not wait, for ever, is taken
// for the same.
func (s *session) shutDown(op lt.Op) {
	fd := s.listeners[0]
	err := unix.Shutdown(fd, unix.SHUT_RD)
	if err == nil && s.family.addressed {
		// A port that was not asked for by number is given back, and it would listen at
		// another one: it is asked for now. One that was is still bound.
		if err = unix.Bind(fd, fresh(s.addr)); err == unix.EINVAL {
			err = nil
		}
	}
	if err != nil {
		s.fail(fmt.Errorf("shut: %w", err))
		return
	}
	s.down = true
	s.askHalves()
	s.done(op, lt.OK, 0)
}

// up makes a listener that was shut down fit to listen again. For TCP it is. A
// UNIX socket stays shut down whatever follows, so it is closed, and another one
// takes its place.
func (s *session) up() (err error) {
	s.down = false
	if s.family.addressed {
		return nil
	}
	err = unix.Close(s.listeners[0])
	if s.listeners[0] = -1; err == nil {
		s.listeners[0], err = s.bound(s.addr)
	}
	return err
}
