package osnet

import (
	"errors"
	"fmt"

	lt "github.com/listentest/listentest"
	"golang.org/x/sys/unix"
)

// What a dial or accept can be planned to meet (kind fail, design.md row 12).
const (
	noDescriptor = iota
	noMemory
	badAddress
	deadlinePast
)

// fails reports whether a plan can be kept by what the kernel itself does, so that the
// operation surely did nothing:
//
//   - A dial with a bad address: connect says EFAULT before it does anything.
//   - An accept whose deadline is past: it takes what is there, and waits for nothing.
//   - An accept of a command without descriptors or memory: it is told so in
//     the place of the kernel, which looks for both before it looks at the queue
//     (net/socket.c, do_accept), and what the command makes of that is judged.
//
// Not an accept of ours with a bad address: Linux has taken the connection off the
// queue then and closes it, so it is lost by design, which no contract can say. Nor
// one without descriptors: their limit is the process's, with all that runs in it.
// A dial without either never comes near the listener; one whose deadline is past may
// yet come through.
func (s *session) fails(op lt.Op) bool {
	switch op.Actor.Role() {
	case lt.ClientRole:
		return op.N == badAddress
	case lt.AcceptorRole:
		if s.t.foreign != nil && s.t.foreign.command != nil {
			return op.N == noDescriptor || op.N == noMemory
		}
		return op.N == deadlinePast && s.has(lt.Op{Step: lt.Step{Kind: lt.Accept, Actor: op.Actor}})
	}
	return false
}

// plan says what the next dial or accept of op's actor meets.
func (s *session) plan(op lt.Op) {
	s.mu.Lock()
	s.plans[op.Actor] = op.N
	s.mu.Unlock()
	s.done(op, lt.OK, 0)
}

// meets gives op the plan of its actor, if there is one.
func (s *session) meets(op lt.Op) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n, ok := s.plans[op.Actor]; ok {
		delete(s.plans, op.Actor)
		s.planned[op.ID] = n
	}
}

// plannedFor returns what op is to meet; ok is false if that is nothing.
func (s *session) plannedFor(op lt.Op) (n int16, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, ok = s.planned[op.ID]
	return n, ok
}

// dialNowhere connects to an address that cannot be read.
func (s *session) dialNowhere(op lt.Op) {
	fd, err := s.socket()
	if err != nil {
		s.fail(err)
		return
	}
	const nowhere, length = 1, unix.SizeofSockaddrInet4
	_, _, errno := unix.Syscall(unix.SYS_CONNECT, uintptr(fd), nowhere, length)
	if err := unix.Close(fd); err != nil || errno != unix.EFAULT {
		s.fail(errors.Join(fmt.Errorf("connect to a bad address: %w", errno), err))
		return
	}
	s.done(op, lt.Failed, 0)
}
