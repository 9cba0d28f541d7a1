package osnet

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"sync"

	lt "github.com/listentest/listentest"
	"golang.org/x/sys/unix"
)

// A foreign listener is somebody else's. We dial it, and see what becomes of
// that; whether we see its accepts goes by how we have it.
type foreign struct {
	addr    unix.Sockaddr // where it is, if it is just there
	fd      int           // it was inherited as this; else -1
	command []string      // it is opened by this, which we start for each session
	one     sync.Mutex    // locked while the command runs: its address is one
}

// Observe returns the target of a listener that another program has opened:
// where is an address (127.0.0.1:80, [::1]:80, unix:/path, unix:@abstract), or
// fd=N for descriptor N, at least 3, that this process has inherited, as with
// socket activation. Its accepts are not seen, but for those that we make
// at the descriptor ourselves. The error is a [*listentest.MisuseError] for an
// address that has no sense or is not loopback.
func Observe(name, where string) (*Target, error) {
	t := &Target{name: name, group: 1, foreign: &foreign{fd: -1}}
	f := t.foreign
	misuse := func(reason string) error {
		return &lt.MisuseError{Reason: fmt.Sprintf("%s: %q %s", name, where, reason)}
	}
	number, isFD := strings.CutPrefix(where, "fd=")
	path, isUnix := strings.CutPrefix(where, "unix:")
	var err error
	switch {
	case isFD:
		if f.fd, err = strconv.Atoi(number); err != nil || f.fd < 3 {
			return nil, misuse("is no inherited descriptor, expected fd=N with N at least 3")
		}
		if f.addr, err = unix.Getsockname(f.fd); err == nil {
			err = unix.SetNonblock(f.fd, true)
		}
		if err == nil {
			t.family, err = familyOf(f.fd)
		}
	case isUnix && path != "":
		f.addr, t.family = &unix.SockaddrUnix{Name: path}, familyNamed("unix")
	default:
		at, err := netip.ParseAddrPort(where)
		if err != nil || at.Port() == 0 {
			return nil, misuse("is no address, expected one such as 127.0.0.1:80, [::1]:80, unix:/path, unix:@name or fd=N")
		}
		f.addr, t.family = &unix.SockaddrInet4{}, familyNamed("tcp")
		if at.Addr().Is4() {
			f.addr = &unix.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()}
		} else {
			f.addr, t.family = &unix.SockaddrInet6{Port: int(at.Port()), Addr: at.Addr().As16()}, familyNamed("tcp6")
		}
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	if f.addr, err = dialable(f.addr); err != nil {
		return nil, misuse(err.Error())
	}
	if t.contract, err = f.contract(t.family); err == nil && f.fd < 0 {
		err = f.reach(t.family)
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	return t, nil
}

// reach returns an error if nobody listens at f. That is no finding: what was
// never there refuses everybody.
func (f *foreign) reach(of *family) error {
	fd, err := unix.Socket(of.domain, of.kind|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, of.proto)
	if err != nil {
		return fmt.Errorf("socket: %w", err)
	}
	defer unix.Close(fd)
	if err = unix.Connect(fd, fresh(f.addr)); err == unix.EINPROGRESS {
		err = connecting(fd)
	}
	if err == unix.ECONNREFUSED || err == unix.ENOENT {
		return fmt.Errorf("nobody listens there: %w", err)
	}
	return nil
}

// contract is what can be judged without its accepts, and with others who may
// dial it too: a listener that is open refuses nobody, and resets nobody who has
// sent nothing. A connection may hold its place to the end, for nobody saw its
// accept, and surely holds none. That it is turned away by a full queue is not
// told (session.dialed, giveUp): others may have filled it.
func (f *foreign) contract(of *family) (lt.Contract, error) {
	c := lt.Contract{May: lt.Completed | lt.Aborted | lt.HalfOpen, Anomalies: lt.Phantom}
	abort, err := sysctl("net/ipv4/tcp_abort_on_overflow")
	if err != nil || abort != 0 && of.addressed { // then a full queue resets
		return c, err
	}
	limit, err := f.backlog(of)
	if err != nil {
		return c, err
	}
	c.Guaranteed = lt.Bound{Stated: true, Div: 1, Plus: min(limit, mostObserved-1) + 1}
	return c, nil
}

// mostObserved is how many connections are guaranteed at most: so many can be
// dialed to fill the queue, whatever number of descriptors we may have.
const mostObserved = 64

// dialable returns the address to dial for a listener at sa, or an error if that
// is not ours alone.
func dialable(sa unix.Sockaddr) (unix.Sockaddr, error) {
	var at netip.Addr
	switch a := sa.(type) {
	case *unix.SockaddrUnix:
		return sa, nil
	case *unix.SockaddrInet4:
		if at = netip.AddrFrom4(a.Addr); at.IsUnspecified() && isolated {
			return &unix.SockaddrInet4{Port: a.Port, Addr: [4]byte{127, 0, 0, 1}}, nil
		}
	case *unix.SockaddrInet6:
		if at = netip.AddrFrom16(a.Addr); at.IsUnspecified() && isolated {
			return &unix.SockaddrInet6{Port: a.Port, Addr: loopback6}, nil
		}
	}
	if !at.IsLoopback() && !isolated {
		return nil, errors.New("is not a loopback address, and only those are tested")
	}
	return sa, nil
}

// familyOf returns the family of a socket.
func familyOf(fd int) (*family, error) {
	domain, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
	if err != nil {
		return nil, err
	}
	kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil {
		return nil, err
	}
	for i := range families { // a multipath listener comes here as TCP, which it takes too
		if f := &families[i]; f.domain == domain && f.kind == kind {
			return f, nil
		}
	}
	return nil, unix.EAFNOSUPPORT
}

func familyNamed(name string) *family {
	for i := range families {
		if families[i].name == name {
			return &families[i]
		}
	}
	return nil
}

// accepts reports whether an accept step means something: we make it, or the
// command does when we let it.
func (f *foreign) accepts() bool { return f.fd >= 0 || f.command != nil }

// has reports whether op is one that the target has. What comes from the other
// end is nobody's pattern, so it is not received.
func (f *foreign) has(op lt.Op) bool {
	switch op.Kind {
	case lt.Dial, lt.Cancel, lt.Resume:
		return true
	case lt.Accept:
		return f.accepts() && op.Actor.Num() < 8
	case lt.Preempt:
		return f.accepts() && op.N == 0 && op.Actor.Role() == lt.AcceptorRole
	case lt.Send, lt.HalfClose, lt.Hangup, lt.Abort:
		return f.fd >= 0 || op.Actor.Role() == lt.ClientRole
	case lt.Recv:
		return f.fd >= 0 && op.Actor.Role() == lt.AcceptorRole
	}
	return false
}

// openForeign begins a session at somebody else's listener.
func (s *session) openForeign(backlog int32) (err error) {
	f := s.t.foreign
	if f.command != nil {
		return s.startServer(backlog)
	}
	if s.addr = f.addr; f.fd >= 0 {
		if s.listeners[0], err = unix.FcntlInt(uintptr(f.fd), unix.F_DUPFD_CLOEXEC, 3); err != nil {
			s.listeners[0] = -1
			return fmt.Errorf("descriptor %d: %w", f.fd, err)
		}
	}
	return nil
}

// drain takes what this session left in the queue of an inherited listener, so
// that the next finds room.
func (s *session) drain() {
	if !s.observed() || s.listeners[0] < 0 {
		return
	}
	for i := range s.clients {
		if c := &s.clients[i]; c.phase < connected || c.taken {
			continue
		}
		fd, _, err := unix.Accept4(s.listeners[0], unix.SOCK_CLOEXEC)
		if err != nil { // somebody else took it
			return
		}
		s.servers = append(s.servers, server{end: end{fd: fd}})
	}
}

// observed reports whether others may dial the listener, so that what a full
// queue does says nothing.
func (s *session) observed() bool { return s.t.foreign != nil && s.t.foreign.command == nil }

// giveUp ends, at a rest, what waits at a foreign listener and may do so for ever
// without being wrong: a dial for which others may have left no room, and an accept for
// which the command does not come, as one that serves its clients in turn.
func (s *session) giveUp() {
	var ended []int32
	s.mu.Lock()
	for i := range s.clients {
		if c := &s.clients[i]; s.observed() && c.phase == dialing {
			c.phase = over
			ended = append(ended, c.op)
			if err := s.reset(&c.fd); err != nil && s.trouble == nil {
				s.trouble = fmt.Errorf("give up: %w", err)
			}
		}
	}
	if s.absent() {
		for _, op := range s.accepts {
			ended = append(ended, op.ID)
		}
		s.accepts = s.accepts[:0]
	}
	s.mu.Unlock()
	for _, op := range ended {
		s.report(lt.Event{Verb: lt.Return, Op: op, Outcome: lt.Cancelled})
	}
}
