//go:build linux && (amd64 || arm64)

package osnet

import (
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"sync"
	"syscall"
	"time"

	lt "github.com/listentest/listentest"
	"golang.org/x/sys/unix"
)

// A process is a command that listens, and whose accepts are seen and held: its
// calls of accept stop at a gate, and each is let go by an accept step. An acceptor is so
// the leave to take one connection, whatever thread of it comes for that.
type process struct {
	*gate
	cmd     *exec.Cmd
	end     <-chan error
	backlog int32
	at      string        // where it listens, as the kernel writes it; "" until then
	addr    unix.Sockaddr // where that is dialed
	family  *family
	taken   map[lt.Actor]taken

	asked sync.Mutex // guards writes to calls, and what dials on goroutines of their own read
	calls []stopped  // accept calls held at their entry, oldest first; only the runner's goroutine writes
}

// taken is an accept call that is held at its exit, with what it will return.
type taken struct {
	stopped
	fd   int
	peer unix.Sockaddr
}

// starting is how long a command may take until it listens.
const starting = 10 * time.Second

// Serve returns the target of a command that opens a listener, of any family of
// ours, at a loopback address, or at any in a network namespace of our own. Each
// session starts it once, listens in its place with the backlog of the schedule,
// and has it accept when the schedule says so. It is any program that calls
// listen(2) and accept(2) itself; what it does on its connections is not
// judged. Its first listener is the one.
func Serve(name string, command ...string) (*Target, error) {
	if len(command) == 0 {
		return nil, &lt.MisuseError{Reason: fmt.Sprintf("%s: there is no command, expected serve:PROGRAM ARGUMENTS", name)}
	}
	t := &Target{name: name, group: 1, foreign: &foreign{fd: -1, command: command}}
	p, err := startProcess(command, 1)
	if err == nil {
		t.family = p.family
		t.contract, err = p.family.contract()
		err = errors.Join(err, p.stop())
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	return t, nil
}

// startProcess starts a command and returns when it listens.
func startProcess(command []string, backlog int32) (*process, error) {
	p := &process{cmd: exec.Command(command[0], command[1:]...), backlog: backlog, taken: map[lt.Actor]taken{}}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that it ends with what it starts
	var err error
	if p.gate, p.end, err = startGated(p.cmd, unix.SYS_LISTEN, unix.SYS_ACCEPT, unix.SYS_ACCEPT4); err != nil {
		return nil, err
	}
	for late := time.Now().Add(starting); p.at == ""; {
		err := p.receive(20)
		select {
		case <-p.end:
			err := fmt.Errorf("%s ended before it listened: %v", command[0], p.cmd.ProcessState)
			return nil, errors.Join(err, p.close())
		default:
		}
		if err == nil && time.Now().After(late) {
			err = fmt.Errorf("%s has not called listen in %v", command[0], starting)
		}
		if err != nil {
			return nil, errors.Join(err, p.stop())
		}
	}
	return p, nil
}

// change runs f, which writes calls, or reads them on a goroutine of its own.
func (p *process) change(f func()) {
	p.asked.Lock()
	defer p.asked.Unlock()
	f()
}

// receive takes a call that has stopped, waiting for it for timeout milliseconds.
func (p *process) receive(timeout int) error {
	for {
		c, ok, err := p.next(timeout)
		switch {
		case err != nil || !ok:
			return err
		case c.nr == unix.SYS_LISTEN:
			err = p.listen(c)
		default:
			p.change(func() { p.calls = append(p.calls, c) })
		}
		if err != nil || p.at != "" && timeout > 0 {
			return err
		}
	}
}

// listen listens in the place of c, if it is of the listener that is tested.
func (p *process) listen(c stopped) error {
	fd, err := p.socket(c)
	if err != nil {
		return p.gone(p.pass(c)) // it has no such socket, and will be told so
	}
	defer unix.Close(fd)
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return p.gone(p.pass(c))
	}
	at := string(encode(sa))
	f, err := familyOf(fd)
	if err != nil || p.at != "" && at != p.at {
		return p.gone(p.pass(c))
	}
	addr, err := dialable(sa)
	if err != nil {
		return fmt.Errorf("%s listens at what %w", p.cmd.Args[0], err)
	}
	if err := unix.Listen(fd, int(p.backlog)); err != nil {
		return p.gone(p.answer(c, 0, err.(unix.Errno)))
	}
	p.at, p.addr, p.family = at, addr, f
	return p.gone(p.answer(c, 0, 0))
}

// gone returns err unless it says that the one who called has ended, which shows
// in what becomes of the connections.
func (p *process) gone(err error) error {
	if err == unix.ENOENT || err == unix.ESRCH {
		return nil
	}
	return err
}

// stop ends the command, with all that it has started.
func (p *process) stop() error {
	err := syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	if err == syscall.ESRCH { // it has ended
		err = nil
	}
	<-p.end
	for _, held := range p.taken {
		err = errors.Join(err, unix.Close(held.fd))
	}
	return errors.Join(err, p.close())
}

// startServer is Open of a session with a command.
func (s *session) startServer(backlog int32) error {
	f := s.t.foreign
	f.one.Lock()
	p, err := startProcess(f.command, backlog)
	if err != nil {
		f.one.Unlock()
		return err
	}
	s.process, s.addr, s.family = p, p.addr, p.family
	return nil
}

// endServer ends the command of a session that has one.
func (s *session) endServer() error {
	if s.process == nil {
		return nil
	}
	err := s.process.stop()
	s.process = nil
	s.t.foreign.one.Unlock()
	return err
}

// meet takes the calls that have stopped since it did so last.
func (p *process) meet(s *session) {
	if p == nil {
		return
	}
	if err := p.receive(0); err != nil {
		s.fail(fmt.Errorf("the gate: %w", err))
	}
}

// accept lets the oldest accept call that can have a connection take it, for op;
// false if there is no such call or connection.
func (p *process) accept(s *session, op lt.Op) bool {
	p.meet(s)
	if n, planned := s.plannedFor(op); planned {
		return p.failed(s, op, map[int16]unix.Errno{noDescriptor: unix.EMFILE, noMemory: unix.ENOMEM}[n])
	}
	for i := 0; i < len(p.calls); {
		c := p.calls[i]
		t, ok, err := p.tryTake(c)
		if err != nil {
			s.fail(fmt.Errorf("accept: %w", err))
			return false
		}
		if !ok && t.thread != 0 { // it waits on
			i++
			continue
		}
		p.change(func() { p.calls = slices.Delete(p.calls, i, i+1) })
		if !ok {
			continue
		}
		s.mu.Lock()
		dial := s.whose(s.family.keyOf(t.peer))
		s.mu.Unlock()
		p.taken[op.Actor] = t
		s.done(op, lt.OK, dial)
		s.mu.Lock()
		if _, held := s.held[op.Actor]; !held {
			p.resume(s, op.Actor)
		}
		s.mu.Unlock()
		return true
	}
	return false
}

// failed lets the oldest accept call fail, for op; false if there is none.
func (p *process) failed(s *session, op lt.Op, errno unix.Errno) bool {
	if len(p.calls) == 0 {
		return false
	}
	c := p.calls[0]
	p.change(func() { p.calls = p.calls[1:] })
	if err := p.gone(p.answer(c, 0, errno)); err != nil {
		s.fail(fmt.Errorf("accept: %w", err))
		return false
	}
	s.done(op, lt.Failed, 0)
	return true
}

// tryTake makes the accept call c if that returns at once. Where it is not for the
// listener that is tested, or has ended, the thread that it returns is 0.
func (p *process) tryTake(c stopped) (t taken, ok bool, err error) {
	listener, err := p.socket(c)
	if err != nil {
		return t, false, p.gone(p.pass(c))
	}
	defer unix.Close(listener)
	if sa, err := unix.Getsockname(listener); err != nil || string(encode(sa)) != p.at {
		return t, false, p.gone(p.pass(c))
	}
	poller := [1]unix.PollFd{{Fd: int32(listener), Events: unix.POLLIN}}
	if n, err := poll(poller[:], 0); err != nil || n == 0 {
		return taken{stopped: c}, false, err
	}
	fd, peer, err := c.take(listener)
	switch {
	case err == unix.EAGAIN:
		return taken{stopped: c}, false, nil
	case err != nil: // it is shut down
		return t, false, p.gone(p.answer(c, 0, err.(unix.Errno)))
	}
	return taken{c, fd, peer}, true, nil
}

// resume lets the call of an actor return what it has taken. The caller holds
// s.mu.
func (p *process) resume(s *session, a lt.Actor) {
	if p == nil {
		return
	}
	t, ok := p.taken[a]
	if !ok {
		return
	}
	delete(p.taken, a)
	if err := p.gone(p.give(t.stopped, t.fd, t.peer)); err != nil && s.trouble == nil {
		s.trouble = fmt.Errorf("accept: %w", err)
	}
}

// absent reports whether there is a connection for which the command has no call
// of accept. The caller holds s.mu.
func (s *session) absent() bool {
	return s.process != nil && len(s.process.calls) == 0 && slices.ContainsFunc(s.clients, func(c client) bool { return c.pending() })
}

// full reports whether the accept queue is known to be, as it is by a call that
// waits for it.
func (p *process) full() bool {
	if p == nil {
		return false
	}
	var c stopped
	p.change(func() {
		if len(p.calls) > 0 {
			c = p.calls[0]
		}
	})
	if c.thread == 0 {
		return false
	}
	fd, err := p.socket(c)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	return isFull(fd)
}
