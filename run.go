package listentest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/listentest/listentest/sched"
)

// Defaults of a [Runner]: loopback hands over within microseconds, so these
// are generous; a verdict that rests on them is suspect until confirmed.
const (
	DefaultPace  = 5 * time.Millisecond
	DefaultGrace = 50 * time.Millisecond
)

// A Runner runs schedules against one target, one after the other. It keeps
// its buffers, and the session where that is a [Reuser].
type Runner struct {
	Target      Target
	Pace, Grace time.Duration // DefaultPace and DefaultGrace if 0
	// Bubble, if not nil, runs each case: it calls run inside a synctest
	// bubble, with synctest.Wait, and returns the functions in which
	// goroutines were left behind.
	Bubble func(run func(rest func())) (left []string)
	// Policy, if not nil, takes the decisions on a target of level full in
	// the place of the schedule's Choices, and they are kept; see Record.
	Policy sched.Policy
	// Plan is what [Options] has of that name: it schedules goroutines, where
	// Policy decides for a target that is stepped.
	Plan sched.Plan
	// Watch, if not nil, is told of every event when it is seen, one at a time.
	Watch func(Event)
	// Stepped is what [Options] has of that name.
	Stepped func(sched.Task)

	mutex     sync.Mutex
	mu        sync.Locker // guards what report writes: mutex, or for a target that is stepped nothing
	history   History
	open      []Op // called and not returned, in the order of their calls
	held      []Actor
	resumed   []Actor // scratch: those who were held
	conns     []holding
	acked     [256]int32 // by actor, the syn that its last ack finished; 0 if none did
	backlog   [8]int32   // by listener, in force: of the newest listen
	listening [8]bool    // by listener
	awaited   int32      // the operation that a step waits for, or 0
	arrived   func()     // called when it returns
	lastID    int32      // the operation that was called last,
	over      bool       // whether it has returned,
	outcome   Outcome    // and how

	session  Session
	reporter func(Event) // report
	record   sched.Record
	ctx      context.Context
	stepped  bool     // all that the target does is done inside Start and Settle, by one at a time
	schedule Schedule // the one that runs
}

// unguarded guards nothing.
type unguarded struct{}

// Lock does nothing.
func (unguarded) Lock() {}

// Unlock does nothing.
func (unguarded) Unlock() {}

// holding is a connection that an actor obtained and still holds.
type holding struct {
	actor Actor
	op    int32
	half  bool // half-open: no ack has finished it
}

// Run runs s once against t.
func Run(ctx context.Context, t Target, s Schedule) (History, error) {
	return (&Runner{Target: t}).Run(ctx, s)
}

// Run runs s and returns what was seen. The history is the runner's own and
// stands until the next Run. An error is trouble: the harness or the machine
// failed, or ctx was done, and there is no verdict about the target.
func (r *Runner) Run(ctx context.Context, s Schedule) (History, error) {
	s.normInto(&r.schedule)
	if t, ok := r.Target.(Remote); ok {
		return t.RunRemote(ctx, r.schedule, cmp.Or(r.Pace, DefaultPace), cmp.Or(r.Grace, DefaultGrace))
	}
	if r.Bubble != nil {
		return r.inside(ctx)
	}
	return r.run(ctx, nil)
}

// inside runs the schedule in a bubble.
func (r *Runner) inside(ctx context.Context) (h History, err error) {
	if err := context.Cause(ctx); err != nil {
		return History{}, fmt.Errorf("run %s: %w", r.Target.Name(), err)
	}
	ctx = context.WithoutCancel(ctx) // a channel may not be shared with a bubble
	left := r.Bubble(func(rest func()) { h, err = r.run(ctx, rest) })
	for _, f := range left {
		h.Events = append(h.Events, Event{Verb: Left, Point: f})
		if r.Watch != nil {
			r.Watch(h.Events[len(h.Events)-1])
		}
	}
	return h, err
}

// Record returns what Policy decided in the last run: the schedule with its
// Choices gives the same history without the policy. It is the runner's own
// and stands until the next Run.
func (r *Runner) Record() *sched.Record { return &r.record }

// Trace returns what the goroutines of a [Net] did in the last run under
// schedule control: a run that is the same again has the same hash. Without
// control it is zero.
func (r *Runner) Trace() sched.Trace {
	if n, ok := r.session.(*netSession); ok {
		return n.control.trace
	}
	return sched.Trace{}
}

func (r *Runner) run(ctx context.Context, rest func()) (History, error) {
	if err := r.begin(ctx, &r.schedule, rest); err != nil {
		return History{}, fmt.Errorf("open %s: %w", r.Target.Name(), err)
	}
	err := r.steps(r.schedule.Steps)
	if err == nil {
		err = r.finish()
	}
	if cerr := r.session.Close(); err == nil && cerr != nil {
		err = fmt.Errorf("close %s: %w", r.Target.Name(), cerr)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.session = nil
		return History{}, err
	}
	return r.history, nil
}

func (r *Runner) begin(ctx context.Context, s *Schedule, rest func()) error {
	if r.mu == nil {
		r.first()
	}
	r.ctx = ctx
	r.mu.Lock()
	r.history.Backlog, r.history.Events = s.Backlog, r.history.Events[:0]
	r.open, r.held, r.conns = r.open[:0], r.held[:0], r.conns[:0]
	clear(r.acked[:])
	r.backlog, r.listening, r.lastID = [8]int32{s.Backlog}, [8]bool{true}, 0
	r.mu.Unlock()
	o := Options{Backlog: s.Backlog, Report: r.reporter, Rest: rest, Choices: s.Choices, Plan: r.Plan, Stepped: r.Stepped,
		Pace: cmp.Or(r.Pace, DefaultPace), Grace: cmp.Or(r.Grace, DefaultGrace)}
	if r.record.Begin(r.Policy, MaxChoices); r.Policy != nil {
		o.Policy = &r.record
	}
	if again, ok := r.session.(Reuser); ok {
		return again.Reopen(o)
	}
	var err error
	r.session, err = r.Target.Open(ctx, o)
	return err
}

// first is what lasts from one run to the next.
func (r *Runner) first() {
	r.reporter = r.report
	r.stepped = Stepped(r.Target)
	if r.mu = &r.mutex; r.stepped {
		r.mu = unguarded{}
	}
}

// Stepped reports whether all that t does is done inside Start and Settle, by
// one at a time: then a [Runner.Policy] says who takes the next step.
func Stepped(t Target) bool {
	_, ok := t.(Interleaved)
	return ok && LevelOf(t) == LevelFull
}

// report takes an event of the session.
func (r *Runner) report(e Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.saw(e)
	switch e.Verb {
	case Hold:
		r.held = append(r.held, e.Step.Actor)
	case Return:
		if i := slices.IndexFunc(r.open, func(o Op) bool { return o.ID == e.Op }); i >= 0 {
			if e.Outcome == OK {
				r.succeeded(&r.open[i])
			}
			r.open = slices.Delete(r.open, i, i+1)
			if e.Op == r.lastID {
				r.over, r.outcome = true, e.Outcome
			}
		}
		if e.Op == r.awaited && r.arrived != nil {
			r.arrived()
		}
	}
}

// saw enters an event.
func (r *Runner) saw(e Event) {
	r.history.Events = append(r.history.Events, e)
	if r.Watch != nil {
		r.Watch(e)
	}
}

// succeeded keeps the books of who holds which connection and of the listener.
func (r *Runner) succeeded(op *Op) {
	switch op.Kind {
	case Dial, Accept, Syn:
		r.conns = append(r.conns, holding{op.Actor, op.ID, op.Kind == Syn})
	case Ack:
		r.acked[op.Actor] = op.Conn
		for i := range r.conns {
			r.conns[i].half = r.conns[i].half && r.conns[i].op != op.Conn
		}
	case Listen:
		r.backlog[op.Actor.Num()], r.listening[op.Actor.Num()] = int32(op.N), true
	case Shut:
		r.listening[op.Actor.Num()] = false
	}
}

func (r *Runner) steps(steps []Step) error {
	for _, t := range steps {
		if r.ctx.Err() != nil {
			return fmt.Errorf("run %s: %w", r.Target.Name(), context.Cause(r.ctx))
		}
		if err := r.step(t); err != nil {
			return err
		}
	}
	return nil
}

// step runs one step with its repeats.
func (r *Runner) step(t Step) error {
	one, times := t, 1
	switch t.Kind {
	case Settle:
		return r.rest()
	case Dial, Accept, Hangup, Abort:
		one.N, times = 0, t.count()
	case Fill:
		one.Kind, one.N = Dial, 0
		times = int(r.guaranteed()) - int(t.N)
	}
	if left := MaxOps - int(r.lastID); times > left {
		times = left
		if t.Kind == Fill { // half full is something else
			times = 0
		}
	}
	for i := range times {
		one.Along = t.Along && i == times-1
		more, err := r.one(one)
		if err != nil || !more {
			return err
		}
	}
	if times < 1 {
		r.report(Event{Verb: Skipped, Step: t})
	}
	return nil
}

// guaranteed returns how many connections the listeners that are open are sure
// to hold: those of the least, for a dial may go to any.
func (r *Runner) guaranteed() int32 {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, least := r.Target.Contract(), never
	for i, open := range r.listening {
		if open {
			least = min(least, c.guaranteedFor(r.backlog[i]))
		}
	}
	if least == never {
		return c.guaranteedFor(r.backlog[0])
	}
	return least
}

// one runs one operation; more is false if repeats stop here.
func (r *Runner) one(t Step) (more bool, err error) {
	op, ok := r.call(t)
	if !ok {
		return false, nil
	}
	r.session.Start(op)
	if t.Along || kinds[t.Kind].instant {
		return true, nil
	}
	outcome, returned := r.last()
	moves := t.Kind != Dial && t.Kind != Accept && outcome != Unsupported // more than itself
	if !returned || moves {
		if err := r.pace(op.ID); err != nil {
			return false, err
		}
		outcome, returned = r.last()
	}
	return returned && outcome == OK, nil
}

// call records the call of t, or a skip where t means nothing.
func (r *Runner) call(t Step) (Op, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	conn, ok := r.meaning(t)
	if !ok {
		r.saw(Event{Verb: Skipped, Step: t})
		return Op{}, false
	}
	if t.Kind == Resume {
		r.held = slices.DeleteFunc(r.held, func(a Actor) bool { return a == t.Actor })
	}
	r.lastID++
	r.over = false
	op := Op{ID: r.lastID, Conn: conn, Step: t}
	r.saw(Event{Verb: Call, Op: op.ID, Conn: conn, Step: t})
	r.open = append(r.open, op)
	return op, true
}

// meaning returns the connection that t addresses, and whether t means
// anything here (rules 2, 4 and 10).
func (r *Runner) meaning(t Step) (conn int32, ok bool) {
	held := slices.Contains(r.held, t.Actor)
	busy := slices.ContainsFunc(r.open, func(o Op) bool {
		return o.Actor == t.Actor && kinds[o.Kind].roles != ""
	})
	switch t.Kind {
	case Preempt, Tick:
		return 0, true
	case Resume:
		return 0, held
	case Cancel:
		return 0, busy
	}
	if held || busy {
		return 0, false
	}
	switch t.Kind {
	case Shut:
		return 0, r.listening[t.Actor.Num()]
	case Ack:
		if i := r.newest(t); i >= 0 {
			return r.conns[i].op, true
		}
		conn = r.acked[t.Actor]
		return conn, conn != 0
	case Send, Recv, HalfClose, Hangup, Abort:
		i := r.newest(t)
		if i < 0 {
			return 0, false
		}
		conn = r.conns[i].op
		if t.Kind == Hangup || t.Kind == Abort {
			r.conns = slices.Delete(r.conns, i, i+1)
		}
		return conn, true
	}
	return 0, true
}

// newest returns the index of the newest connection that t's actor holds and
// t can address, or -1: an ack wants one that is half-open, hangup and abort
// take any.
func (r *Runner) newest(t Step) int {
	for i := len(r.conns) - 1; i >= 0; i-- {
		c := r.conns[i]
		if c.actor == t.Actor && (c.half == (t.Kind == Ack) || t.Kind == Hangup || t.Kind == Abort) {
			return i
		}
	}
	return -1
}

// last returns how the operation that was called last ended, if it has.
func (r *Runner) last() (Outcome, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.outcome, r.over
}

// pace waits for a step: until its operation has returned, or the session
// knows that nothing can move, or Pace is over (rule 3). A calm answer is no
// rest; a quiet one is knowledge, and is kept.
func (r *Runner) pace(id int32) error {
	rest, err := r.settle(cmp.Or(r.Pace, DefaultPace), id)
	if err == nil && rest == Quiet {
		r.report(Event{Verb: Rested, N: int32(rest)})
	}
	return err
}

// rest is a full rest.
func (r *Runner) rest() error {
	rest, err := r.settle(cmp.Or(r.Grace, DefaultGrace), 0)
	if err == nil {
		r.report(Event{Verb: Rested, N: int32(rest)})
	}
	return err
}

// settle lets the session settle, for so long, or until the operation id, the
// one that was called last, has returned.
func (r *Runner) settle(most time.Duration, id int32) (Rest, error) {
	ctx := r.ctx
	if !r.stepped { // one that is has no use for real time
		l := newLimit(r.ctx, most)
		ctx = l
		defer l.end()
		if _, returned := r.last(); id != 0 && !returned {
			r.await(id, l.end)
			defer r.await(0, nil)
		}
	}
	rest, err := r.session.Settle(ctx)
	if err == nil && r.ctx.Err() != nil {
		err = context.Cause(r.ctx)
	}
	if err != nil {
		return rest, fmt.Errorf("settle %s: %w", r.Target.Name(), err)
	}
	return rest, nil
}

// await has arrived called when an operation returns.
func (r *Runner) await(id int32, arrived context.CancelFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.awaited, r.arrived = id, arrived
	if id != 0 && !slices.ContainsFunc(r.open, func(o Op) bool { return o.ID == id }) {
		arrived() // it returned in between
	}
}

// finish ends a run: it resumes all who are held and takes one full rest
// (rule 8). What was armed on a held actor holds it again, so it takes
// rounds, at most one a preempt.
func (r *Runner) finish() error {
	for range MaxSteps {
		for _, a := range r.heldNow() {
			if _, err := r.one(Step{Kind: Resume, Actor: a}); err != nil {
				return err
			}
		}
		if err := r.rest(); err != nil {
			return err
		}
		if len(r.heldNow()) == 0 {
			return nil
		}
	}
	return fmt.Errorf("settle %s: %v is held whatever is resumed", r.Target.Name(), r.heldNow())
}

// heldNow returns those who are held, until it is called again.
func (r *Runner) heldNow() []Actor {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.resumed = append(r.resumed[:0], r.held...)
	return r.resumed
}
