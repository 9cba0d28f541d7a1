package osnet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	lt "github.com/listentest/listentest"
	"golang.org/x/sys/unix"
)

// A session is one address: its listeners, clients and acceptors. The
// runner calls from one goroutine; operations marked with & report from
// others.
type session struct {
	t      *Target
	family *family
	report func(lt.Event)
	pace   time.Duration // of Options

	listeners [8]int        // by number; -1 while closed
	down      bool          // listener 0 is shut down, and not closed
	keeper    int           // keeps the address while all are shut, so that nobody else gets it; else -1
	addr      unix.Sockaddr // of the listeners

	flight sync.WaitGroup // operations with & that have not made their first try

	mu      sync.Mutex // guards the rest
	clients []client   // in the order in which their dials and syns were tried
	past    int        // so many of them, the first, are done with, see live
	accepts []lt.Op    // those that found nothing, oldest first
	servers []server
	plans   map[lt.Actor]int16 // what the next dial or accept of an actor meets,
	planned map[int32]int16    // and what an operation does
	armed   [64]bool           // acceptors to be held at the exit of their next operation
	held    map[lt.Actor]chan struct{}
	process *process       // the command that listens, if one does
	parked  sync.WaitGroup // threads of held acceptors
	queue   int32          // the last Gauge,
	due     int32          // and who was pending then, by our books
	wire    *wire          // taken at the first syn
	trouble error
	polls   []unix.PollFd // buffers
	buffer  []byte
}

// A client is the dialing end of a connection, or of the attempt at one.
type client struct {
	end
	op    int32 // its dial or syn
	actor lt.Actor
	key   string // by which accept knows it
	phase phase
	half  *half // it is made by hand; else nil

	dropped bool // dialing, and the queue was full
	taken   bool // an accept returned it
	quit    bool // it was hung up or aborted by a step
}

type phase uint8

const (
	trying   phase = iota // in its connect call, perhaps on another thread
	dialing               // that call is over, and it is not connected
	halfOpen              // by syn
	connected
	over // refused, cancelled, or ended by the listener
)

// A server is the accepted end of a connection.
type server struct {
	end
	op   int32 // its accept
	dial int32 // Nobody if there is none
}

// Open opens a listener.
func (t *Target) Open(_ context.Context, o lt.Options) (lt.Session, error) {
	s := &session{t: t, family: t.family, held: map[lt.Actor]chan struct{}{}, plans: map[lt.Actor]int16{}, planned: map[int32]int16{}}
	return s, s.Reopen(o)
}

// Reopen makes the session new, with a listener of its own.
func (s *session) Reopen(o lt.Options) error {
	s.report, s.pace = o.Report, o.Pace
	for n := range s.listeners {
		s.listeners[n] = -1
	}
	s.keeper, s.addr, s.down = -1, nil, false
	s.clients, s.past, s.accepts, s.servers = s.clients[:0], 0, s.accepts[:0], s.servers[:0]
	s.armed, s.queue, s.due, s.trouble = [64]bool{}, 0, 0, nil
	clear(s.plans)
	clear(s.planned)
	if s.t.foreign != nil {
		return s.openForeign(o.Backlog)
	}
	fd, err := s.bound(s.family.listenAddr(s.t))
	if err != nil {
		return err
	}
	if s.addr, err = unix.Getsockname(fd); err == nil {
		err = s.openAt(fd, int(o.Backlog))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("listen: %w", err), unix.Close(fd))
	}
	s.listeners[0] = fd
	return nil
}

// probe returns an error if this machine has no such sockets, no address for
// them, or no wire where t is to have one. It finds out whether the kernel can
// be asked about those of UNIX.
func (t *Target) probe() error {
	if t.raw {
		w, err := t.takeWire()
		if err != nil {
			return err
		}
		t.giveWire(w)
	}
	s := &session{t: t, family: t.family}
	fd, err := s.bound(t.family.listenAddr(t))
	if err != nil {
		return err
	}
	if !t.family.addressed && t.inside(t.diag.open) == nil {
		if _, err := t.diag.queued(fd); err != nil { // the kernel is built without it
			_ = t.diag.close() // nothing was kept in it
			t.diag.socket = nil
		}
	}
	return unix.Close(fd)
}

// bound returns a socket that is bound to sa.
func (s *session) bound(sa unix.Sockaddr) (int, error) {
	fd, err := s.socket()
	if err != nil {
		return -1, err
	}
	if s.family.addressed {
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	}
	if err == nil && s.t.group > 1 {
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	}
	if err == nil && s.t.deferral > 0 {
		err = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT, s.t.deferral)
	}
	if err == nil && s.t.fastopen > 0 {
		err = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_FASTOPEN, s.t.fastopen)
	}
	if err == nil {
		err = unix.Bind(fd, fresh(sa))
	}
	if err != nil {
		return -1, errors.Join(fmt.Errorf("bind: %w", err), unix.Close(fd))
	}
	return fd, nil
}

// openAt has fd listen, with the program for its group if there is one: not
// before, for a socket that has a group cannot listen where others do.
func (s *session) openAt(fd, backlog int) error {
	err := unix.Listen(fd, backlog)
	if err == nil && s.t.steer >= 0 {
		if err := steer(fd, s.t.steer); err != nil {
			s.fail(fmt.Errorf("steer: %w", err))
		}
	}
	return err
}

// steer has a program say which listener of fd's group a SYN goes to, and it
// always returns n. One that is not there leaves it to the hash
// (run_bpf_filter, net/core/sock_reuseport.c).
func steer(fd, n int) error {
	program := unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: uint32(n)}
	return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_REUSEPORT_CBPF, &unix.SockFprog{Len: 1, Filter: &program})
}

func (s *session) socket() (int, error) {
	fd := -1
	err := s.t.inside(func() (err error) {
		fd, err = unix.Socket(s.family.domain, s.family.kind|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, s.family.proto)
		return err
	})
	if err != nil {
		return -1, fmt.Errorf("socket: %w", err)
	}
	return fd, nil
}

// Start begins an operation.
func (s *session) Start(op lt.Op) {
	if !s.has(op) {
		s.report(lt.Event{Verb: lt.Return, Op: op.ID, Outcome: lt.Unsupported})
		return
	}
	switch op.Kind {
	case lt.Dial:
		s.meets(op)
		s.run(op, (*session).dial)
	case lt.Accept:
		s.meets(op)
		s.run(op, (*session).accept)
	case lt.Syn:
		s.run(op, (*session).syn)
	case lt.Ack:
		s.run(op, (*session).ack)
	case lt.Fail:
		s.plan(op)
	case lt.Hangup, lt.Abort:
		s.leave(op)
	case lt.Send, lt.Recv, lt.HalfClose:
		s.data(op)
	case lt.Cancel:
		s.cancel(op)
	case lt.Listen:
		s.listen(op)
	case lt.Shut:
		s.shut(op)
	case lt.Preempt:
		s.mu.Lock()
		s.armed[op.Actor.Num()] = true
		s.mu.Unlock()
		s.done(op, lt.OK, 0)
	case lt.Resume:
		s.done(op, lt.OK, 0)
		s.resume(op.Actor)
	}
	s.try()
}

// has reports whether op is one that the session has.
func (s *session) has(op lt.Op) bool {
	t := s.t
	switch {
	case op.Kind == lt.Fail:
		return s.fails(op)
	case t.foreign != nil:
		return t.foreign.has(op)
	}
	switch op.Kind {
	case lt.Dial, lt.Hangup, lt.Abort, lt.Cancel, lt.Resume:
		return true
	case lt.Send, lt.Recv, lt.HalfClose:
		return op.Actor.Role() != lt.ClientRole || !s.byHand(op.Conn)
	case lt.Syn, lt.Ack:
		return t.raw
	case lt.Accept:
		return op.Actor.Num() < 8*t.group
	case lt.Preempt:
		return op.N == 0 && op.Actor.Role() == lt.AcceptorRole
	case lt.Listen:
		return op.Actor.Num() < t.group
	case lt.Shut:
		return op.Actor.Num() < t.group && (op.N == 0 || op.N == 1 && t.group == 1)
	}
	return false
}

// run begins op with f, on a goroutine of its own if op is marked with & and
// the call is made here.
func (s *session) run(op lt.Op, f func(*session, lt.Op)) {
	if !op.Along || op.Kind == lt.Accept && s.process != nil {
		f(s, op)
		return
	}
	s.flight.Add(1)
	go func() {
		defer s.flight.Done()
		f(s, op)
	}()
}

// done reports the return of op, and holds its actor if that is due.
func (s *session) done(op lt.Op, o lt.Outcome, conn int32) {
	s.report(lt.Event{Verb: lt.Return, Op: op.ID, Outcome: o, Conn: conn})
	if op.Actor.Role() != lt.AcceptorRole || op.Kind == lt.Preempt || op.Kind == lt.Resume || op.Kind == lt.Cancel || op.Kind == lt.Fail {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := op.Actor.Num(); s.armed[n] {
		s.armed[n] = false
		s.held[op.Actor] = make(chan struct{})
		s.report(lt.Event{Verb: lt.Hold, Step: lt.Step{Actor: op.Actor}, Point: "exit"})
	}
}

func (s *session) resume(a lt.Actor) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c, ok := s.held[a]; ok {
		close(c)
		delete(s.held, a)
		s.process.resume(s, a)
	}
}

// listen sets a new backlog, or opens a listener at the address: again after a
// shut, or beside others.
func (s *session) listen(op lt.Op) {
	s.flight.Wait()
	n := op.Actor.Num()
	if s.down {
		if err := s.up(); err != nil {
			s.fail(fmt.Errorf("listen: %w", err))
			return
		}
	}
	fd := s.listeners[n]
	if fd < 0 {
		if fd, s.keeper = s.keeper, -1; fd < 0 {
			var err error
			if fd, err = s.bound(s.addr); err != nil {
				s.fail(err)
				return
			}
		}
	}
	if err := s.openAt(fd, int(op.N)); err == nil {
		s.listeners[n] = fd
		s.done(op, lt.OK, 0)
		return
	}
	switch {
	case fd == s.listeners[n]: // it listens as before
	case s.listening():
		if err := unix.Close(fd); err != nil {
			s.fail(fmt.Errorf("listen: %w", err))
		}
	default:
		s.keeper = fd
	}
	s.done(op, lt.Failed, 0)
}

// shut closes a listener. What waits in accept is told so, as a poller that
// closes a descriptor does: the kernel would leave a blocked call asleep.
func (s *session) shut(op lt.Op) {
	s.flight.Wait()
	if op.N == 1 {
		s.shutDown(op)
		return
	}
	n := op.Actor.Num()
	err := unix.Close(s.listeners[n])
	s.listeners[n] = -1
	if err == nil && s.family.addressed && !s.listening() {
		s.keeper, err = s.bound(s.addr)
	}
	if err != nil {
		s.fail(fmt.Errorf("shut: %w", err))
		return
	}
	for _, a := range s.takeAccepts(n) {
		s.done(a, lt.Closed, 0)
	}
	s.askHalves()
	s.done(op, lt.OK, 0)
}

// listening reports whether a listener is open, or may be.
func (s *session) listening() bool {
	return s.t.foreign != nil || !s.down && slices.ContainsFunc(s.listeners[:], func(fd int) bool { return fd >= 0 })
}

// takeAccepts takes out those that wait at listener n.
func (s *session) takeAccepts(n int) (taken []lt.Op) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accepts = slices.DeleteFunc(s.accepts, func(o lt.Op) bool {
		at := o.Actor.Num()/8 == n
		if at {
			taken = append(taken, o)
		}
		return at
	})
	return taken
}

// fail keeps the first trouble for Settle to return.
func (s *session) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.trouble == nil {
		s.trouble = err
	}
}

// Close closes every descriptor. Connections are reset, so that none stays
// behind in TIME_WAIT.
func (s *session) Close() error {
	s.flight.Wait()
	errs := []error{s.dropHalves()}
	s.drain()
	for i := range s.clients {
		errs = append(errs, s.reset(&s.clients[i].fd))
	}
	for i := range s.servers {
		errs = append(errs, s.reset(&s.servers[i].fd))
	}
	for _, fd := range append(s.listeners[:], s.keeper) {
		if fd >= 0 {
			errs = append(errs, unix.Close(fd))
		}
	}
	for n := range s.listeners {
		s.listeners[n] = -1
	}
	s.keeper = -1
	for a := range s.held {
		s.resume(a)
	}
	s.parked.Wait()
	errs = append(errs, s.endServer())
	return errors.Join(append(errs, s.trouble)...)
}

// reset closes *fd, with RST where there is such a thing, and sets it to -1.
func (s *session) reset(fd *int) error {
	if *fd < 0 {
		return nil
	}
	if s.family.addressed {
		// It fails only where the connection is gone already.
		_ = unix.SetsockoptLinger(*fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	}
	err := unix.Close(*fd)
	*fd = -1
	return err
}
