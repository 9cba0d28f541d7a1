package listentest

import (
	"math/rand/v2"
	"slices"
)

// An actual is a listener that keeps a contract: it has a queue, a capacity
// and habits, chosen at random from what the contract leaves open, and does
// everything at random moments. Its histories are lawful because of what it
// does, and not because of what anybody thinks of them.
type actual struct {
	rng      *rand.Rand
	c        Contract
	h        History
	counts   Counts // who holds a place here, between must and may
	backlog  int32
	spare    int32 // capacity is guaranteed plus so many, if max lets it
	closed   bool
	queue    []*actualConn
	conns    []*actualConn
	tasks    []*task         // open operations, by actor; nil for none
	accepted []*task         // accepts that returned a connection which is not closed
	places   int32           // held by what is not in the queue
	strange  bool            // accepts need not say what they return,
	unseen   bool            // one did not, and since then ends are not seen
	last     int32           // Op.ID
	plans    map[Actor]int16 // planned failures, by who is to meet them
	resting  []func()        // what happens by the next rest at the latest
}

type actualConn struct {
	id             int32
	dead, released bool // its client is gone; it holds no place any more
	end            bool // to be told
	known          bool // its dial has returned ok
	gone           bool // its client has left, or was told the end
	taken          bool
	half           bool // it holds a place, and is not in the queue yet
}

// A task is an open operation.
type task struct {
	id      int32
	step    Step
	conn    *actualConn // what it dials, addresses or took
	of      *task       // the accept whose connection it closes
	ready   bool        // it has had its effect, and may return
	outcome Outcome
	place   bool // its connection's place has not been given back
	tried   bool
}

// lawfulHistory runs an actual of c with so many actors.
func lawfulHistory(rng *rand.Rand, c Contract, actors, most int) History {
	a := &actual{rng: rng, c: c, backlog: int32(1 + rng.IntN(2)), tasks: make([]*task, actors), plans: map[Actor]int16{}}
	a.c.Must, a.c.May = c.held()
	a.h.Backlog = a.backlog
	a.counts = a.c.Must | a.c.May&Counts(rng.IntN(16))
	a.spare = int32(rng.IntN(3))
	a.strange = rng.IntN(8) == 0
	for n := 0; n < 12*most && (int(a.last) < most || rng.IntN(4) > 0); n++ {
		i := rng.IntN(actors)
		switch t := a.tasks[i]; {
		case t == nil && int(a.last) < most:
			a.call(i)
		case t == nil:
		case t.ready && rng.IntN(2) == 0:
			a.ret(i)
		default:
			a.move(t)
		}
		if rng.IntN(8) == 0 {
			a.rest()
		}
	}
	return a.h
}

func (a *actual) see(e Event) { a.h.Events = append(a.h.Events, e) }

func (a *actual) capacity() int32 {
	return min(a.c.guaranteedFor(a.backlog)+a.spare, a.c.maxFor(a.backlog))
}

func (a *actual) held() int32 {
	n := a.places
	for _, q := range a.queue {
		if !q.released {
			n++
		}
	}
	for _, c := range a.conns {
		n += count(c.half)
	}
	return n
}

func (a *actual) call(i int) {
	rng := a.rng
	t := &task{step: Step{Kind: Dial, Actor: Client(i)}}
	live := slices.DeleteFunc(slices.Clone(a.conns), func(c *actualConn) bool { return !c.known || c.gone })
	conn := int32(0)
	switch r := rng.IntN(16); {
	case r < 6:
		t.step = Step{Kind: Accept, Actor: Acceptor(i)}
	case r == 6 && len(live) > 0:
		t.step.Kind, t.conn = Abort, live[rng.IntN(len(live))]
		conn, t.conn.gone = t.conn.id, true
	case r == 7 && len(a.accepted) > 0:
		k := rng.IntN(len(a.accepted))
		t.of, t.step = a.accepted[k], Step{Kind: Hangup, Actor: Acceptor(i)}
		a.accepted = slices.Delete(a.accepted, k, k+1)
		conn = t.of.id
	case r == 8 && !a.listening():
		t.step = Step{Kind: Listen, Actor: Listener(0), N: int16(1 + rng.IntN(2))}
	case r == 9 && !a.listening() && !a.closed && rng.IntN(2) == 0:
		t.step = Step{Kind: Shut, Actor: Listener(0)}
	case r == 10 && rng.IntN(2) == 0:
		t.step = Step{Kind: Fail, Actor: []Actor{Client(i), Acceptor(i)}[rng.IntN(2)], N: int16(rng.IntN(4))}
		a.plans[t.step.Actor] = t.step.N
	}
	a.last++
	t.id = a.last
	if t.step.Kind == Dial && !a.fails(t) {
		t.conn = &actualConn{id: t.id}
		a.conns = append(a.conns, t.conn)
		if (a.c.Admit == AdmitLater || a.c.Admit == AdmitNever) && !a.closed && rng.IntN(2) == 0 {
			t.ready = true // its ok says nothing yet
		}
	}
	if t.step.Kind == Accept {
		a.fails(t)
	}
	a.tasks[i] = t
	a.see(Event{Verb: Call, Op: t.id, Step: t.step, Conn: conn})
}

// fails lets a dial or accept meet what is planned for it, mostly; it reports
// whether it did.
func (a *actual) fails(t *task) bool {
	n, ok := a.plans[t.step.Actor]
	delete(a.plans, t.step.Actor)
	if !ok || a.rng.IntN(4) == 0 {
		return false
	}
	t.ready, t.tried, t.outcome = true, true, Failed
	if n == 3 && a.rng.IntN(2) == 0 {
		t.outcome = Timeout
	}
	return true
}

func (a *actual) listening() bool {
	return slices.ContainsFunc(a.tasks, func(t *task) bool { return t != nil && (t.step.Kind == Listen || t.step.Kind == Shut) })
}

// move lets t have its effect, if it can; it reports whether it did.
func (a *actual) move(t *task) bool {
	if t.tried && t.step.Kind != Dial || t.tried && t.conn != nil && t.step.Kind == Dial && (t.ready || t.conn.taken) {
		return false
	}
	switch t.step.Kind {
	case Dial:
		return a.begins(t) || a.decide(t)
	case Accept:
		return a.take(t)
	case Abort:
		a.abort(t.conn)
	case Hangup:
		t.of.conn.end = true
		if t.of.place {
			t.of.place = false
			a.places--
		}
	case Listen:
		a.backlog, a.closed = int32(t.step.N), false
	case Shut:
		a.shut()
	}
	t.tried, t.ready = true, true
	return true
}

// begins lets a dial hold a place before it is admitted, where the half-open
// count and there is room; it reports whether it did.
func (a *actual) begins(t *task) bool {
	if a.counts&HalfOpen == 0 || t.tried || t.conn.half || t.conn.dead || a.closed || a.held() >= a.capacity() || a.rng.IntN(2) == 0 {
		return false
	}
	t.conn.half = true
	return true
}

// decide admits a dial or turns it away.
func (a *actual) decide(t *task) bool {
	early := t.ready // it has been told ok already, or will be
	if t.tried {
		return false
	}
	half := t.conn.half
	t.conn.half = false
	switch {
	case a.closed && early:
		t.conn.end = true
	case a.closed:
		t.ready, t.outcome = true, Refused
	case t.conn.dead:
	case half || a.held() < a.capacity(): // it keeps its place when the backlog shrinks
		a.queue = append(a.queue, t.conn)
		t.ready = true
	case early:
		t.conn.end = true
	case a.c.Overflow&(Block|Drop) != 0:
		return false // it waits for room
	case a.c.Admit == AdmitLater && a.rng.IntN(2) == 0 && !a.strange:
		t.ready, t.conn.end = true, true
	default:
		t.ready, t.outcome = true, Refused
	}
	t.tried = true
	return true
}

// take lets an accept take the head of the queue, or any where no order is
// stated.
func (a *actual) take(t *task) bool {
	if a.closed {
		t.ready, t.outcome, t.tried = true, Closed, true
		return true
	}
	if len(a.queue) == 0 {
		return false
	}
	k := 0
	if a.c.Order == AnyOrder {
		k = a.rng.IntN(len(a.queue))
	}
	t.conn = a.queue[k]
	a.queue = slices.Delete(a.queue, k, k+1)
	t.conn.taken = true
	t.ready, t.tried = true, true
	if t.place = !t.conn.released; !t.place {
		return true
	}
	a.places++
	give := func() {
		if t.place {
			t.place = false
			a.places--
		}
	}
	switch keeps := a.c.Credit == CreditClose && a.counts&Accepted != 0; {
	case keeps:
	case a.rng.IntN(2) == 0 && a.c.Must&Accepted == 0:
		give()
	case a.c.Credit == CreditClose && a.c.Must&Accepted == 0:
		give()
	default:
		a.resting = append(a.resting, give) // and at its return, if it is so late only
	}
	return true
}

// abort is the end of a client.
func (a *actual) abort(c *actualConn) {
	c.dead = true
	if a.counts&Aborted == 0 {
		a.resting = append(a.resting, func() { c.released = true })
	}
}

// shut closes the listener: who is pending is told so.
func (a *actual) shut() {
	a.closed = true
	for _, q := range a.queue {
		q.end = true
	}
	a.queue = nil
}

// ret lets an operation return.
func (a *actual) ret(i int) {
	t := a.tasks[i]
	a.tasks[i] = nil
	e := Event{Verb: Return, Op: t.id, Outcome: t.outcome}
	switch {
	case t.outcome != OK:
	case t.step.Kind == Dial:
		e.Conn = t.id
		t.conn.known = true
		if !t.tried { // it goes on behind its return
			a.resting = append(a.resting, func() { a.decide(t) })
		}
	case t.step.Kind == Accept:
		if !a.strange || a.rng.IntN(3) > 0 {
			e.Conn = t.conn.id
		} else {
			a.unseen = true
		}
		if t.place && a.c.Credit == CreditReturn {
			t.place = false
			a.places--
		}
		a.accepted = append(a.accepted, t)
	}
	a.see(e)
}

// rest lets everything happen that can, and then is quiet.
func (a *actual) rest() {
	for moved := true; moved; {
		moved = len(a.resting) > 0
		for _, f := range a.resting {
			f()
		}
		a.resting = a.resting[:0]
		for _, i := range a.rng.Perm(len(a.tasks)) {
			if t := a.tasks[i]; t != nil && t.ready {
				a.ret(i)
				moved = true
			} else if t != nil && a.move(t) {
				moved = true
			}
		}
	}
	a.tell()
	a.see(Event{Verb: Rested, N: int32(Quiet)})
}

// tell tells ends to clients that are there.
func (a *actual) tell() {
	for _, c := range a.conns {
		if c.end && c.known && !c.gone {
			c.gone = true
			if !a.unseen {
				a.see(Event{Verb: End, Conn: c.id, Outcome: Reset})
			}
		}
	}
}

// actualContract draws a contract that an actual can keep.
func actualContract(rng *rand.Rand) Contract {
	c := oracleContract(rng)
	c.Anomalies = 0
	if c.Overflow != 0 && (c.Admit == AdmitLater || c.Admit == AdmitNever) {
		c.Overflow |= EndLater
	}
	c.Must &^= HalfOpen
	if c.Must == 0 {
		c.Must, c.May = Completed, Completed|c.May
	}
	if c.Must&Completed == 0 {
		c.Must |= Completed
	}
	c.May |= c.Must
	if c.Credit != CreditClose {
		c.Must &^= Accepted
	}
	return c
}
