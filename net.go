package listentest

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/listentest/listentest/sched"
)

// Net makes a [Target] of any [net.Listener]. Only Listen must be given.
//
// What a listener promises differs, and nothing can be judged that Promise
// does not state, but that connections are neither lost nor doubled and that
// nobody waits for what is there.
type Net struct {
	// Listen opens a listener. One that has no use for a backlog ignores it.
	// It is given none below 0 but where Promise.Backlog.Negative is stated,
	// for one that makes a queue of so many places would panic.
	Listen func(backlog int) (net.Listener, error)
	// Dial connects to l, which Listen returned; an error is a refusal. It
	// must be given for listeners that are in memory; without it the address
	// of l is dialed, which must be loopback or a UNIX socket. What it returns,
	// and what Accept does, are closed for a hangup; with a method Abort() error
	// that is called for an abort, with CloseWrite() error that for a
	// half-close. [errors.ErrUnsupported] from one of them says that the
	// connection cannot do it.
	Dial func(ctx context.Context, l net.Listener) (net.Conn, error)
	// End, if given, is called for every listener when a run is over and the
	// listener is closed: what Dial keeps for it can be given back.
	End func(l net.Listener)
	// Promise is what the listener promises.
	Promise Contract
	// Accept, if given, is called in the place of l.Accept, and can be given up.
	Accept func(ctx context.Context, l net.Listener) (net.Conn, error)
	// Pending, if given, returns how many connections wait in l's queue.
	Pending func(l net.Listener) int
	// Fail, if given, has the next dial of who (a client), its next accept (an
	// acceptor) or the next admission (a listener) meet the lack what, as the step
	// fail says it: 0 no descriptor, 1 no memory, 2 a bad address, 3 a deadline that
	// is past. Dial and Accept know by [ActorOf] whose they are. An error says that
	// it cannot. Without it a dial can meet a deadline.
	Fail func(l net.Listener, who Actor, what int) error
	// Lag is how long the listener puts off what it has to do by itself, as to
	// send several things at once: in a bubble a rest lasts that long.
	Lag time.Duration
	// Title is the name in reports and files, a word; "net" if empty.
	Title string
}

// Name returns Title, or "net".
func (n Net) Name() string {
	if n.Title == "" {
		return "net"
	}
	return n.Title
}

// Contract returns Promise. A negative backlog that it says nothing of is read
// as 0 is, which Listen is given in its place.
func (n Net) Contract() Contract {
	c := n.Promise
	if c.Backlog.Negative == 0 {
		c.Backlog.Negative = c.Backlog.Zero
	}
	return c
}

// listen calls Listen for listen's argument b.
func (n Net) listen(b int) (net.Listener, error) {
	if n.Promise.Backlog.Negative == 0 {
		b = max(b, 0)
	}
	return n.Listen(b)
}

// Level is quiet in a bubble, and full where the program was built with
// schedule control: without Dial there are sockets, and real time.
func (n Net) Level() Level {
	switch {
	case n.Dial == nil:
		return LevelNone
	case sched.Controlled():
		return LevelFull
	}
	return LevelQuiet
}

// Open opens a listener.
func (n Net) Open(_ context.Context, o Options) (Session, error) {
	if n.Listen == nil {
		return nil, &MisuseError{Reason: "Net needs Listen"}
	}
	s := &netSession{Net: n, o: o, start: time.Now(), changed: make(chan struct{}, 1)}
	if err := s.control.begin(o); err != nil {
		return nil, err
	}
	var err error
	if s.listener, err = n.listen(int(o.Backlog)); err != nil {
		s.control.end()
		return nil, err
	}
	if n.Dial == nil {
		if err := local(s.listener.Addr()); err != nil {
			return nil, errors.Join(err, s.listener.Close())
		}
	}
	return s, nil
}

// local returns an error for an address that other machines can have.
func local(a net.Addr) error {
	ip, ok := a.(*net.TCPAddr)
	if _, unix := a.(*net.UnixAddr); unix || ok && ip.IP.IsLoopback() {
		return nil
	}
	return &MisuseError{Reason: "the listener is at " + a.String() + ", and only loopback and UNIX sockets are dialed; Net.Dial can say otherwise"}
}

// A netSession has a goroutine for every operation.
type netSession struct {
	Net
	o       Options
	start   time.Time
	control control

	telling sync.Mutex
	silent  bool // Close was called: what is told now would be of the next run

	mu       sync.Mutex
	listener net.Listener
	former   []net.Listener // those before it
	shut     bool
	closed   bool // shut, and Close has returned: till then it may take in who dials
	ending   bool // Close was called: what comes is closed at once
	conns    []*netConn
	waits    []*netWait
	late     map[Actor]bool // clients whose next dial meets a deadline that is past
	plans    map[Actor]bool // who meets what Fail was told, in the next dial or accept
	naming   int            // accepted connections whose first bytes are being read
	queue    int32
	trouble  error
	changed  chan struct{} // something has happened since it was empty
}

// A netWait is an operation of which nobody has been told that it returned.
type netWait struct {
	op       Op
	cancel   context.CancelFunc
	returned bool
}

// Start begins an operation on a goroutine of its own.
func (s *netSession) Start(op Op) {
	switch {
	case op.Kind == Dial:
		s.begin(op, s.dial)
	case op.Kind == Accept && op.Actor.Num() < 8:
		s.begin(op, s.accept)
	case op.Kind == Hangup || op.Kind == Abort:
		s.begin(op, s.leave)
	case op.Kind == Send:
		s.begin(op, s.send)
	case op.Kind == HalfClose:
		s.begin(op, s.halfClose)
	case op.Kind == Recv:
		s.begin(op, s.recv)
	case op.Kind == Fail:
		s.report(s.fail(op))
	case op.Kind == Shut && op.Actor == Listener(0) && op.N == 0:
		s.begin(op, s.close)
	case op.Kind == Listen && op.Actor == Listener(0) && s.isShut():
		s.begin(op, s.relisten)
	case op.Kind == Cancel && s.cancels(op.Actor):
		s.report(Event{Verb: Return, Op: op.ID})
	case op.Kind == Preempt && s.control.honours(op):
		s.control.preempt(op)
		s.report(Event{Verb: Return, Op: op.ID})
	case op.Kind == Resume && s.control.honours(op):
		s.report(Event{Verb: Return, Op: op.ID})
		s.control.resume(op.Actor)
	case op.Kind == Tick && s.o.Rest != nil && s.control.still(s.o.Rest):
		time.Sleep(time.Duration(op.N) * time.Millisecond) // the bubble's time
		s.report(Event{Verb: Return, Op: op.ID})
		s.report(Event{Verb: Clock, N: int32(time.Since(s.start).Milliseconds())})
	default:
		s.report(Event{Verb: Return, Op: op.ID, Outcome: Unsupported})
	}
}

func (s *netSession) report(e Event) {
	s.telling.Lock()
	defer s.telling.Unlock()
	if s.silent {
		return
	}
	s.o.Report(e)
	s.change()
}

func (s *netSession) change() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

func (s *netSession) begin(op Op, f func(context.Context, Op) Event) {
	ctx, cancel := context.Background(), context.CancelFunc(func() {})
	if op.Kind == Dial || op.Kind == Accept && s.Net.Accept != nil { // nothing else can be given up
		ctx, cancel = context.WithCancel(ctx)
	}
	s.mu.Lock()
	if op.Kind == Dial || op.Kind == Accept {
		ctx = context.WithValue(ctx, theirs{}, whose{op.Actor, s.plans[op.Actor]})
		delete(s.plans, op.Actor)
	}
	if op.Kind == Dial && s.late[op.Actor] {
		delete(s.late, op.Actor)
		ctx, cancel = context.WithDeadline(ctx, time.Time{})
	}
	w := &netWait{op: op, cancel: cancel}
	s.waits = append(s.waits, w)
	s.mu.Unlock()
	sched.Go(func() {
		sched.Apart(true)
		defer cancel()
		e := f(ctx, op)
		e.Verb, e.Op = Return, op.ID
		s.mu.Lock()
		w.returned = true
		s.mu.Unlock()
		s.report(e)
		s.mu.Lock() // not before: who settles in between would tell of a rest at which it is open
		s.waits = slices.DeleteFunc(s.waits, func(other *netWait) bool { return other == w })
		s.mu.Unlock()
		s.change()
		s.control.returned(op, s.report)
		if e.Outcome != OK {
			return
		}
		switch op.Kind { // after the return: a token may take as long as it wants
		case Dial:
			s.introduce(op.ID)
		case Accept:
			s.identify(op.ID)
		}
	})
}

// theirs is the key of a context for whose operation it is.
type theirs struct{}

type whose struct {
	actor   Actor
	planned bool // it meets what Fail was told
}

// ActorOf returns whose dial or accept the context is of that a [Net]'s Dial or
// Accept was given; ok is false for any other context.
func ActorOf(ctx context.Context) (a Actor, ok bool) {
	w, ok := ctx.Value(theirs{}).(whose)
	return w.actor, ok
}

// planned reports whether the operation of a context meets what Fail was told.
func planned(ctx context.Context) bool {
	w, _ := ctx.Value(theirs{}).(whose)
	return w.planned
}

func (s *netSession) isShut() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shut
}

// leftBehind reports whether l was closed.
func (s *netSession) leftBehind(l net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shut || s.listener != l
}

func (s *netSession) current() net.Listener {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.listener
}

func (s *netSession) dial(ctx context.Context, op Op) Event {
	s.mu.Lock()
	l, closed := s.listener, s.closed
	s.mu.Unlock()
	var c net.Conn
	var err error
	leave := s.control.enter(op)
	if s.Net.Dial != nil {
		c, err = s.Net.Dial(ctx, l)
	} else {
		c, err = new(net.Dialer).DialContext(ctx, l.Addr().Network(), l.Addr().String())
	}
	leave()
	if err != nil {
		out := dialOutcome(ctx, err)
		if planned(ctx) && out != Cancelled {
			return Event{Outcome: Failed}
		}
		s.lacks(err)
		gaveUp := ctx.Err() != nil && (out == Cancelled || out == Timeout)
		if s.Promise.Anomalies&Severs != 0 && !closed && s.leftBehind(l) && !gaveUp {
			out = Closed // it may have been admitted, and ended with the others
		}
		return Event{Outcome: out}
	}
	s.add(&netConn{op: op.ID, client: true, conn: c})
	return Event{Conn: op.ID}
}

// ours are the errors of our own side, which say nothing of the listener.
var ours = []error{syscall.EADDRNOTAVAIL, syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM}

// lacks keeps an error of our own side as the session's trouble.
func (s *netSession) lacks(err error) {
	if slices.ContainsFunc(ours, func(o error) bool { return errors.Is(err, o) }) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.trouble = err
	}
}

// dialOutcome reads the error of a dial: every one but our own cancel is an
// answer of the listener, and one that is not known is a refusal.
func dialOutcome(ctx context.Context, err error) Outcome {
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return Cancelled
	case errors.Is(err, syscall.ECONNRESET):
		return Reset
	case errors.Is(err, syscall.EAGAIN):
		return WouldBlock
	case errors.As(err, &timeout) && timeout.Timeout() && ctx.Err() != nil:
		return Cancelled // by our deadline: what it had begun may be admitted all the same
	case errors.As(err, &timeout) && timeout.Timeout():
		return Timeout
	}
	return Refused
}

func (s *netSession) accept(ctx context.Context, op Op) Event {
	l := s.current()
	var c net.Conn
	var err error
	leave := s.control.enter(op)
	if s.Net.Accept != nil {
		c, err = s.Net.Accept(ctx, l)
	} else {
		c, err = l.Accept()
	}
	leave()
	if err != nil {
		if ctx.Err() != nil {
			return Event{Outcome: Cancelled}
		}
		if !planned(ctx) {
			s.lacks(err)
		}
		if s.leftBehind(l) {
			return Event{Outcome: Closed}
		}
		return Event{Outcome: Failed}
	}
	s.add(&netConn{op: op.ID, conn: c, named: make(chan struct{})})
	return Event{}
}

// close closes the listener.
func (s *netSession) close(_ context.Context, op Op) Event {
	s.mu.Lock()
	s.shut = true
	l := s.listener
	s.mu.Unlock()
	leave := s.control.enter(op)
	err := l.Close()
	leave()
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	if err != nil {
		return Event{Outcome: Failed}
	}
	return Event{}
}

// relisten opens a new listener in the place of the one that was closed.
func (s *netSession) relisten(_ context.Context, op Op) Event {
	l, err := s.listen(int(op.N))
	if err != nil {
		return Event{Outcome: Failed}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.former = append(s.former, s.listener)
	s.listener, s.shut, s.closed = l, false, false
	return Event{}
}

// cancels gives up what an actor has open, if that can be given up.
func (s *netSession) cancels(a Actor) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.waits {
		if !w.returned && w.op.Actor == a && (w.op.Kind == Dial || w.op.Kind == Accept && s.Net.Accept != nil) {
			s.control.apart(w.cancel)
			return true
		}
	}
	return false
}

// Close closes the listener and every connection. What does not return even
// then is left behind, and found by whoever looks for it.
func (s *netSession) Close() error {
	s.control.release()
	s.telling.Lock()
	s.silent = true
	s.telling.Unlock()
	s.mu.Lock()
	s.ending = true
	l, shut := s.listener, s.shut
	all := append(s.former, l)
	conns := slices.Clone(s.conns)
	for _, w := range s.waits {
		w.cancel()
	}
	s.mu.Unlock()
	for _, c := range conns { // our readers go first: some libraries have them spin while all is closed
		_ = c.conn.SetReadDeadline(time.Unix(1, 0)) // who cannot stays
	}
	if s.o.Rest != nil {
		time.Sleep(s.Lag)
		s.o.Rest()
	}
	if !shut {
		go l.Close() // it may hang; its error is no news
	}
	for _, c := range conns {
		go c.end(Abort) // closed twice is closed
	}
	if s.o.Rest != nil {
		time.Sleep(s.Lag)
		s.o.Rest()
	}
	if s.End != nil {
		for _, l := range all {
			s.End(l)
		}
	}
	s.control.end()
	return nil
}
