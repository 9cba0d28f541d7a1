package osnet

import (
	"errors"

	"golang.org/x/sys/unix"
)

// connect begins the handshake of fd. With TCP Fast Open its SYN carries a
// byte: only then does the kernel open without a cookie (tcp_try_fastopen,
// net/ipv4/tcp_fastopen.c). The acceptor takes it out again, see ungreet.
func (s *session) connect(fd int) error {
	if s.t.fastopen == 0 {
		return unix.Connect(fd, fresh(s.addr))
	}
	switch err := unix.Sendto(fd, []byte{0}, unix.MSG_FASTOPEN|unix.MSG_NOSIGNAL, fresh(s.addr)); err {
	case nil:
		return unix.EINPROGRESS // the byte is on its way
	case unix.EINPROGRESS:
		return errors.New("the SYN went without data")
	default:
		return err
	}
}

// ungreet takes the byte that came with the SYN out of what e has received, if
// that is still to be done and the byte is there. Where there is none, nothing
// is read, for that would use up the news of a reset.
func (e *end) ungreet() {
	if !e.greeted {
		return
	}
	if n, err := unix.IoctlGetInt(e.fd, unix.TIOCINQ); err != nil || n == 0 {
		return
	}
	var b [1]byte
	if n, err := unix.Read(e.fd, b[:]); err == nil && n == 1 {
		e.greeted = false
	}
}
