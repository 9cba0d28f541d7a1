//go:build linux && (amd64 || arm64)

package osnet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// held is a listener with a queue of one place, at which somebody else accepts
// behind a gate, and the session that dials it.
type held struct {
	*session
	*gate
	listener int
	first    int // the dialing end of the connection that is pending
}

// somebody has the ways to be somebody else: to start acceptLoop behind a gate.
// The function that they return ends it.
var somebody = map[string]func(listener int) (*gate, func() error, error){
	"thread": func(listener int) (*gate, func() error, error) {
		made, ended := make(chan error), make(chan error, 1)
		var g *gate
		go func() {
			runtime.LockOSThread() // and never unlocked
			var err error
			g, err = newGate(unix.SYS_ACCEPT, unix.SYS_ACCEPT4)
			made <- err
			if err == nil {
				ended <- acceptLoop(listener)
			}
		}()
		if err := <-made; err != nil {
			return nil, nil, err
		}
		return g, func() error {
			c, ok, err := g.next(10_000)
			if !ok {
				return errors.Join(err, errors.New("the acceptor is not back in accept"))
			}
			if err := g.answer(c, -1, unix.EBADF); err != nil {
				return err
			}
			if err := <-ended; err != unix.EBADF {
				return fmt.Errorf("accept: %w", err)
			}
			return g.close()
		}, nil
	},
	"process": func(listener int) (*gate, func() error, error) {
		fd, err := unix.Dup(listener)
		if err != nil {
			return nil, nil, err
		}
		f := os.NewFile(uintptr(fd), "listener")
		defer f.Close()
		cmd := exec.Command("/proc/self/exe")
		cmd.Env, cmd.ExtraFiles = append(os.Environ(), serverEnv+"=inherits"), []*os.File{f}
		g, ended, err := startGated(cmd, unix.SYS_ACCEPT, unix.SYS_ACCEPT4)
		if err != nil {
			return nil, nil, err
		}
		return g, func() error {
			err := cmd.Process.Kill()
			<-ended // by that
			return errors.Join(err, g.close())
		}, nil
	},
}

// hold starts somebody else at a full queue of one place.
func hold(tb testing.TB, familyName, who string) *held {
	tb.Helper()
	target, err := New(familyName, familyName)
	if err != nil {
		tb.Fatal(err)
	}
	s := &session{t: target, family: target.family}
	h := &held{session: s}
	if h.listener, err = s.bound(target.family.listenAddr(target)); err == nil {
		if s.addr, err = unix.Getsockname(h.listener); err == nil {
			err = unix.Listen(h.listener, 0)
		}
	}
	var end func() error
	if err == nil {
		h.gate, end, err = somebody[who](h.listener)
	}
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM) {
		tb.Skipf("skipped: this kernel lets us hold nobody: %v", err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	if h.first, err = h.connect(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := errors.Join(end(), h.reset(&h.first), unix.Close(h.listener)); err != nil {
			tb.Error(err)
		}
	})
	return h
}

// connect dials.
func (h *held) connect() (int, error) {
	fd, err := h.session.socket()
	if err != nil {
		return -1, err
	}
	if _, err := h.bindClient(fd); err != nil {
		return -1, err
	}
	err = unix.Connect(fd, fresh(h.addr))
	if err == unix.EINPROGRESS {
		err = connecting(fd)
	}
	return fd, err
}

// both holds the acceptor at the entry of one accept, and then at its exit, and
// returns what was not as it must be. With early it resumes the acceptor first,
// which is a fault.
func (h *held) both(early bool) error {
	c, ok, err := h.next(10_000)
	if err != nil || !ok {
		return fmt.Errorf("nobody came to the gate: %w", err)
	}
	// At the entry the connection holds its place: there is no room.
	fd, err := h.connect()
	if err == nil {
		return errors.Join(errors.New("a second connection got into a queue of one"), h.reset(&fd))
	}
	if err := errors.Join(h.reset(&fd), unexpected(err)); err != nil {
		return err
	}
	listener, err := h.gate.socket(c)
	if err != nil {
		return err
	}
	got, peer, err := c.take(listener)
	if err := errors.Join(err, unix.Close(listener)); err != nil {
		return err
	}
	if early {
		if err := h.give(c, got, peer); err != nil {
			return err
		}
	}
	// At the exit it has given its place back, and accept has not returned.
	second, err := h.connect()
	switch {
	case err != nil:
		return fmt.Errorf("with the acceptor held at the exit: %w", err)
	case !h.holds(c):
		return errors.Join(errNotHeld, h.reset(&second))
	}
	if err := h.give(c, got, peer); err != nil {
		return err
	}
	var b [1]byte
	p := [1]unix.PollFd{{Fd: int32(h.first), Events: unix.POLLIN}}
	if n, err := poll(p[:], 10_000); n != 1 {
		return fmt.Errorf("the connection was not handed out: %w", err)
	}
	if n, err := unix.Read(h.first, b[:]); n != 1 {
		return fmt.Errorf("the connection was not handed out: %w", err)
	}
	if err := h.reset(&h.first); err != nil {
		return err
	}
	h.first = second
	return nil
}

var errNotHeld = errors.New("accept returned before it was resumed")

// unexpected returns err if it is not how a full queue looks.
func unexpected(err error) error {
	if err == unix.EINPROGRESS || err == unix.EAGAIN {
		return nil
	}
	return err
}

func eachForeign(t *testing.T, f func(t *testing.T, h *held)) {
	for _, family := range []string{"tcp", "unix"} {
		for who := range somebody {
			t.Run(family+" "+who, func(t *testing.T) { f(t, hold(t, family, who)) })
		}
	}
}

// TestForeignHold: the tight loop of KB 295079 with an acceptor that is not
// ours, held at the entry and at the exit of each accept.
func TestForeignHold(t *testing.T) {
	holds := 3000
	if testing.Short() {
		holds = 300
	}
	eachForeign(t, func(t *testing.T, h *held) {
		for n := range holds {
			if err := h.both(false); err != nil {
				t.Fatalf("hold %d: %v", n, err)
			}
		}
		t.Logf("%d holds at the entry and %d at the exit, all exact; nobody was refused while there was room", holds, holds)
	})
}

// TestForeignHoldMissed: an acceptor that is not held is noticed.
func TestForeignHoldMissed(t *testing.T) {
	eachForeign(t, func(t *testing.T, h *held) {
		if err := h.both(true); !errors.Is(err, errNotHeld) {
			t.Errorf("got %v, want %v", err, errNotHeld)
		}
	})
}

// TestEncode: an address that we write for the kernel is the one that it
// writes.
func TestEncode(t *testing.T) {
	for _, sa := range []unix.Sockaddr{
		&unix.SockaddrInet4{Port: 0x4142, Addr: [4]byte{127, 1, 2, 3}},
		&unix.SockaddrInet6{Port: 0x4142, Addr: loopback6},
		&unix.SockaddrUnix{Name: "@listentest-encode"},
		&unix.SockaddrUnix{Name: t.TempDir() + "/socket"},
	} {
		domain := int(binary.NativeEndian.Uint16(encode(sa)))
		fd, err := unix.Socket(domain, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Skipf("skipped: this machine has no such sockets: %v", err)
		}
		if err := unix.Bind(fd, fresh(sa)); err != nil {
			t.Fatal(err)
		}
		want, err := rawName(fd)
		if got := encode(sa); err != nil || string(got) != string(want) {
			t.Errorf("%v: got % x, the kernel has % x, %v", sa, got, want, err)
		}
		if err := unix.Close(fd); err != nil {
			t.Error(err)
		}
	}
}

// rawName returns the address of a socket as the kernel writes it.
func rawName(fd int) ([]byte, error) {
	var b [128]byte
	size := uint32(len(b))
	if _, _, errno := unix.Syscall(unix.SYS_GETSOCKNAME, uintptr(fd), uintptr(unsafe.Pointer(&b)), uintptr(unsafe.Pointer(&size))); errno != 0 {
		return nil, errno
	}
	return b[:size], nil
}
