package netstack

import (
	"context"
	"fmt"
	"sync"
	"time"

	lt "github.com/listentest/listentest"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"
)

// Where everything is: the listener at one port, and the client of an operation
// at a port of its own, which says whose a connection is. A run has at most
// [lt.MaxOps] operations, so the ports suffice.
const (
	listenPort = 80
	dialPort   = 1 << 10 // and the number of the operation
	handPort   = 1 << 15 // the same, for connections that are made by hand
)

// A session is a stack, its listener, clients and acceptors. But for what is
// marked with & and parallel, everything is done by the runner's goroutine and
// by those of the stack.
type session struct {
	t      *Target
	report func(lt.Event)
	clock  clock
	wire   wire
	stack  *stack.Stack

	listener *listener // nil while closed

	flight sync.WaitGroup // operations with & that have not made their calls
	mu     sync.Mutex     // guards what they write:

	dials   []*client          // in the order in which they were made; those that are done with are taken out
	clients map[int32]*client  // by dial or syn
	servers map[int32]*server  // by accept
	accepts []*waiting         // those that found nothing, oldest first
	plans   map[lt.Actor]int16 // what the next dial or accept meets
	armed   [64]bool           // acceptors to be held at the exit of their next accept
	ticks   []lt.Op            // those that are not over,
	until   time.Duration      // and when the first of them will be; 0 if that has not begun
	trouble error
}

// A listener is an endpoint that listens, and who waits for it.
type listener struct {
	ep    tcpip.Endpoint
	queue *waiter.Queue
}

// A client is the dialing end of a connection, or of the attempt at one.
type client struct {
	end
	op    int32 // its dial or syn
	actor lt.Actor
	phase phase
	woken chan struct{} // the endpoint tells of something; nil if it is made by hand
	entry waiter.Entry
	awake bool  // it has told
	half  *half // it is made by hand; else nil
	taken bool  // an accept returned it
	quit  bool  // it was hung up or aborted by a step
	late  bool  // and acked behind that
}

type phase uint8

const (
	dialing phase = iota
	halfOpen
	connected
	over // refused, cancelled, or ended by the listener
)

// pending reports whether the connection waits for an accept.
func (c *client) pending() bool { return c.phase == connected && !c.taken && !c.quit }

// client returns the dialing end that a dial or syn made; it must have.
func (s *session) client(op int32) *client {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clients[op]
}

// server returns the accepted end that an accept made; it must have.
func (s *session) server(op int32) *server {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.servers[op]
}

// port returns where c dials from.
func (c *client) port() uint16 {
	if c.half != nil {
		return handPort + uint16(c.op)
	}
	return dialPort + uint16(c.op)
}

// A server is the accepted end of a connection.
type server struct {
	end
	dial int32 // Nobody if there is none
}

// Open opens a stack and a listener.
func (t *Target) Open(_ context.Context, o lt.Options) (lt.Session, error) {
	s := &session{t: t, report: o.Report, clients: map[int32]*client{}, servers: map[int32]*server{},
		plans: map[lt.Actor]int16{}}
	s.wire.direct = t.parallel
	var err error
	if s.stack, err = newStack(&s.clock, &s.wire); err != nil {
		return nil, err
	}
	if err := s.open(int(o.Backlog)); err != nil {
		s.stack.Destroy()
		return nil, err
	}
	return s, nil
}

// bound returns an endpoint that is bound to a port, and its queue. A port may be
// bound while connections of an earlier listener at it are open.
func (s *session) bound(port uint16) (tcpip.Endpoint, *waiter.Queue, error) {
	var q waiter.Queue
	ep, err := s.stack.NewEndpoint(tcp.ProtocolNumber, ipv4.ProtocolNumber, &q)
	if err != nil {
		return nil, nil, fmt.Errorf("new endpoint: %v", err)
	}
	ep.SocketOptions().SetReuseAddress(true)
	if err := ep.Bind(tcpip.FullAddress{Addr: address, Port: port}); err != nil {
		ep.Close()
		return nil, nil, fmt.Errorf("bind: %v", err)
	}
	return ep, &q, nil
}

// open opens the listener.
func (s *session) open(backlog int) error {
	ep, q, err := s.bound(listenPort)
	if err != nil {
		return err
	}
	if err := ep.Listen(backlog); err != nil {
		ep.Close()
		return fmt.Errorf("listen: %v", err)
	}
	s.listener = &listener{ep, q}
	return nil
}

// Start begins an operation.
func (s *session) Start(op lt.Op) {
	if !s.has(op) {
		s.done(op, lt.Unsupported, 0)
		return
	}
	switch op.Kind {
	case lt.Dial:
		s.run(op, s.dial)
	case lt.Accept:
		s.run(op, s.accept)
	case lt.Syn:
		s.syn(op)
	case lt.Ack:
		s.ack(op)
	case lt.Fail:
		s.plans[op.Actor] = op.N
		s.done(op, lt.OK, 0)
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
	case lt.Resume: // its accept has returned, and nothing of the stack waits for its caller
		s.done(op, lt.OK, 0)
	case lt.Tick:
		s.ticks = append(s.ticks, op)
	}
}

// has reports whether op is one that the session has.
func (s *session) has(op lt.Op) bool {
	switch op.Kind {
	case lt.Dial, lt.Hangup, lt.Abort, lt.Cancel, lt.Resume, lt.Syn, lt.Ack, lt.Tick:
		return true
	case lt.Send, lt.Recv, lt.HalfClose:
		return op.Actor.Role() != lt.ClientRole || s.client(op.Conn).half == nil
	case lt.Accept:
		return op.Actor.Num() < 8
	case lt.Preempt:
		return op.N == 0 && op.Actor.Role() == lt.AcceptorRole
	case lt.Listen:
		return op.Actor == lt.Listener(0)
	case lt.Shut:
		return op.Actor == lt.Listener(0) && op.N <= 1
	case lt.Fail:
		return fails(op)
	}
	return false
}

// run begins a dial or accept with f, which is told what it is to meet, 0 if
// nothing.
func (s *session) run(op lt.Op, f func(lt.Op, int16)) {
	plan := s.plans[op.Actor]
	delete(s.plans, op.Actor)
	if !op.Along || !s.t.parallel {
		f(op, plan)
		return
	}
	s.flight.Go(func() { f(op, plan) })
}

// done reports the return of op.
func (s *session) done(op lt.Op, o lt.Outcome, conn int32) {
	s.report(lt.Event{Verb: lt.Return, Op: op.ID, Outcome: o, Conn: conn})
}

// fail keeps the first trouble for Settle to return.
func (s *session) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.trouble == nil {
		s.trouble = err
	}
}

// Close destroys the stack, with everything that is in it.
func (s *session) Close() error {
	s.flight.Wait()
	if s.listener != nil {
		s.listener.ep.Close()
	}
	for _, c := range s.clients {
		c.reset()
	}
	for _, v := range s.servers {
		v.reset()
	}
	s.stack.Destroy()
	s.wire.drop()
	return s.trouble
}
