//go:build linux && (amd64 || arm64)

package osnet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A gate is where calls of others stop: those of the thread that made it, and
// of every process which that thread starts, whatever program it runs. A seccomp
// filter has the kernel ask us what each call shall return
// (kernel/seccomp.c, seccomp_do_user_notification), so a call stops at its entry
// until it is answered. An accept that we make in the place of the one who
// called stops at its exit: the connection has left the queue, and the call has
// not returned. No privilege is needed.
type gate struct {
	fd int

	mu     sync.Mutex     // guards the rest: a dial on its own goroutine asks as well whether the queue is full
	pidfds map[uint32]int // of processes, by the thread that called
}

// A stopped call, as the kernel hands it out (struct seccomp_notif).
type stopped struct {
	id     uint64
	thread uint32
	_      uint32
	nr     int32
	_      uint32
	_      uint64
	args   [6]uint64
}

// newGate puts the calls with the numbers nrs of the calling thread behind a
// gate, for ever: the thread is locked to a goroutine that never unlocks it.
// What it starts cannot gain privileges by what it executes.
func newGate(nrs ...uint32) (*gate, error) {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return nil, fmt.Errorf("no new privileges: %w", err)
	}
	filter := gateFilter(nrs)
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	// Killable: no signal but a deadly one ends a call that we have been told
	// of, so a connection that was taken for it is not lost. The runtime of Go
	// sends its threads signals all the time.
	const flags = unix.SECCOMP_FILTER_FLAG_NEW_LISTENER | unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
	fd, _, errno := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags, uintptr(unsafe.Pointer(&prog)))
	runtime.KeepAlive(filter)
	if errno != 0 {
		return nil, fmt.Errorf("seccomp, with notification: %w", errno)
	}
	return &gate{fd: int(fd), pidfds: map[uint32]int{}}, nil
}

// gateFilter asks about the calls nrs and allows all others.
func gateFilter(nrs []uint32) []unix.SockFilter {
	const load, equal, ret = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, unix.BPF_RET | unix.BPF_K
	n := uint8(len(nrs))
	f := []unix.SockFilter{
		{Code: load, K: 4}, // the architecture, of struct seccomp_data
		{Code: equal, K: auditArch, Jf: n + 1},
		{Code: load, K: 0}, // the number
	}
	for i, nr := range nrs {
		f = append(f, unix.SockFilter{Code: equal, K: nr, Jt: n - uint8(i)})
	}
	return append(f, unix.SockFilter{Code: ret, K: unix.SECCOMP_RET_ALLOW}, unix.SockFilter{Code: ret, K: unix.SECCOMP_RET_USER_NOTIF})
}

// auditArch is the architecture that we and the filter are of.
var auditArch = map[string]uint32{"amd64": unix.AUDIT_ARCH_X86_64, "arm64": unix.AUDIT_ARCH_AARCH64}[runtime.GOARCH]

// startGated starts a command whose calls nrs stop at the gate, and which dies
// with us. Its end comes over the channel.
func startGated(cmd *exec.Cmd, nrs ...uint32) (g *gate, end <-chan error, err error) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL // goes by the thread that started it, which stays
	started, ended := make(chan error), make(chan error, 1)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends here, with its filter
		var err error
		if g, err = newGate(nrs...); err == nil {
			if err = cmd.Start(); err != nil {
				err = errors.Join(err, g.close())
			}
		}
		started <- err
		if err == nil {
			ended <- cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return nil, nil, err
	}
	return g, ended, nil
}

// next returns a call that has stopped, waiting for it for timeout milliseconds,
// -1 for ever; ok is false if there is none.
func (g *gate) next(timeout int) (c stopped, ok bool, err error) {
	p := [1]unix.PollFd{{Fd: int32(g.fd), Events: unix.POLLIN}}
	if n, err := poll(p[:], timeout); err != nil || n == 0 || p[0].Revents&unix.POLLIN == 0 {
		return c, false, err
	}
	err = g.ioctl(unix.SECCOMP_IOCTL_NOTIF_RECV, unsafe.Pointer(&c))
	if err == unix.ENOENT || err == unix.EINTR { // a signal came first, and the call will be made again
		return c, false, nil
	}
	return c, err == nil, err
}

// holds reports whether c has not returned.
func (g *gate) holds(c stopped) bool {
	return g.ioctl(unix.SECCOMP_IOCTL_NOTIF_ID_VALID, unsafe.Pointer(&c.id)) == nil
}

// socket returns a descriptor of our own for the socket that c is called with.
// While it is open, a close by the one who called does not close the socket.
func (g *gate) socket(c stopped) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	pidfd, known := g.pidfds[c.thread]
	if known {
		if fd, err := unix.PidfdGetfd(pidfd, int(int32(c.args[0])), 0); err != unix.ESRCH {
			return fd, err
		}
		_ = unix.Close(pidfd) // of a process that has ended, whose number has another
		delete(g.pidfds, c.thread)
	}
	pid, err := processOf(c.thread)
	if err != nil {
		return -1, err
	}
	if pidfd, err = unix.PidfdOpen(pid, 0); err != nil {
		return -1, err
	}
	if g.pidfds[c.thread] = pidfd; !g.holds(c) {
		return -1, unix.ESRCH
	}
	return unix.PidfdGetfd(pidfd, int(int32(c.args[0])), 0)
}

// processOf returns the process that a thread is of.
func processOf(thread uint32) (int, error) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(int(thread)) + "/status")
	if err != nil {
		return 0, err
	}
	_, rest, _ := bytes.Cut(b, []byte("\nTgid:\t"))
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	return strconv.Atoi(string(line))
}

// take makes the accept call c in its place, on the listener that socket
// returned: c is then held at its exit.
func (c stopped) take(listener int) (fd int, peer unix.Sockaddr, err error) {
	return unix.Accept4(listener, c.flags()&unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
}

// flags are those of accept4; accept has none.
func (c stopped) flags() int {
	if c.nr == unix.SYS_ACCEPT4 {
		return int(c.args[3])
	}
	return 0
}

// give lets c return with what take took, and closes that here.
func (g *gate) give(c stopped, fd int, peer unix.Sockaddr) error {
	err := c.tell(peer)
	if err == nil {
		add := struct {
			id                        uint64
			flags, src, dst, dstFlags uint32
		}{id: c.id, flags: unix.SECCOMP_ADDFD_FLAG_SEND, src: uint32(fd)}
		if c.flags()&unix.SOCK_CLOEXEC != 0 {
			add.dstFlags = unix.O_CLOEXEC
		}
		err = undisturbed(func() error { return g.ioctl(unix.SECCOMP_IOCTL_NOTIF_ADDFD, unsafe.Pointer(&add)) })
	}
	return errors.Join(err, unix.Close(fd))
}

// undisturbed runs f with all signals blocked. One that comes while the kernel
// hands a descriptor over would have it say that there is no such call, or let
// that call return descriptor 0.
func undisturbed(f func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var all, before unix.Sigset_t
	for i := range all.Val {
		all.Val[i] = ^all.Val[i]
	}
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, &all, &before); err != nil {
		return err
	}
	err := f()
	return errors.Join(err, unix.PthreadSigmask(unix.SIG_SETMASK, &before, nil))
}

// tell writes the peer's address where c wants it.
func (c stopped) tell(peer unix.Sockaddr) error {
	addr, size := uintptr(c.args[1]), uintptr(c.args[2])
	if addr == 0 {
		return nil
	}
	var room [4]byte
	if err := copyFrom(c.thread, size, room[:]); err != nil {
		return err
	}
	b := encode(peer)
	cut := b[:min(len(b), int(binary.NativeEndian.Uint32(room[:])))]
	binary.NativeEndian.PutUint32(room[:], uint32(len(b)))
	return errors.Join(copyTo(c.thread, addr, cut), copyTo(c.thread, size, room[:]))
}

func copyFrom(thread uint32, at uintptr, b []byte) error {
	_, err := unix.ProcessVMReadv(int(thread), []unix.Iovec{iovec(b)}, []unix.RemoteIovec{{Base: at, Len: len(b)}}, 0)
	return err
}

func copyTo(thread uint32, at uintptr, b []byte) error {
	if len(b) == 0 {
		return nil
	}
	_, err := unix.ProcessVMWritev(int(thread), []unix.Iovec{iovec(b)}, []unix.RemoteIovec{{Base: at, Len: len(b)}}, 0)
	return err
}

func iovec(b []byte) unix.Iovec {
	v := unix.Iovec{Base: &b[0]}
	v.SetLen(len(b))
	return v
}

// answer lets c return value, without its having done anything here.
func (g *gate) answer(c stopped, value int64, errno unix.Errno) error {
	return g.send(c, value, errno, 0)
}

// pass lets c do what it was called for.
func (g *gate) pass(c stopped) error {
	return g.send(c, 0, 0, unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE)
}

func (g *gate) send(c stopped, value int64, errno unix.Errno, flags uint32) error {
	resp := struct {
		id, value uint64
		errno     int32
		flags     uint32
	}{c.id, uint64(value), -int32(errno), flags}
	return g.ioctl(unix.SECCOMP_IOCTL_NOTIF_SEND, unsafe.Pointer(&resp))
}

func (g *gate) ioctl(request uintptr, arg unsafe.Pointer) error {
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(g.fd), request, uintptr(arg)); errno != 0 {
		return errno
	}
	return nil
}

// close gives the gate up: calls that are stopped there fail with ENOSYS.
func (g *gate) close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	err := unix.Close(g.fd)
	for _, fd := range g.pidfds {
		err = errors.Join(err, unix.Close(fd))
	}
	return err
}
