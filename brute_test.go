package listentest

import "slices"

// A brute decides whether a history has a lawful order by trying all of them,
// event by event and effect by effect, from the words of the contract. It
// shares no code with what it tests, takes exponential time, and knows small
// histories only: fewer than 32 operations, 12 connections pending at once,
// no sibling listeners, no planned failures of admission, nobody held.
type brute struct {
	h    *History
	c    Contract
	ops  []bruteOp // by Op.ID
	rest []int     // the quiet rests
	seen map[world]bool
	must Counts
	may  Counts
}

type bruteOp struct {
	kind      Kind
	actor     Actor
	n         int32
	conn      int // what it addresses, or what accept returned
	call, ret int // ret and what follows are far past the last event if there is none
	outcome   Outcome
	end       int  // of the connection that it dialed,
	late      bool // by time
	quit      int  // its client may be gone
	dead      int  // its client is gone
	ack, ackd int  // call of a syn's first ack, and return of its last
	shutBy    int  // of what accept returned: call and
	gone      int  // return of its hangup or abort
	taker     int  // the accept that returned it
}

const far = 1 << 20

// A world is one state of affairs.
type world struct {
	at     int // events passed
	queue  [12]uint8
	length int
	in     uint32 // dials that were admitted
	took   uint32 // accepts that have taken one,
	light  uint32 // and it held no place any more
	half   uint32 // dials and syns that were let in, and have a place
	away   uint32 // open dials that were turned away, or could have been
	out    uint32 // dials that returned ok, and were turned away
	untold uint32 // connections that a close has ended, and that do not know yet
	closed bool
}

func (b *brute) lawful(h *History, c Contract) bool {
	b.h, b.c = h, c
	if b.must, b.may = c.Must, c.May; b.must&Completed == 0 {
		b.must &^= Accepted // a place that it had before
	}
	b.ops, b.rest = b.ops[:0], b.rest[:0]
	none := bruteOp{call: far, ret: far, end: far, quit: far, dead: far, ack: far, ackd: far, shutBy: far, gone: far}
	b.ops = append(b.ops, none)
	for i, e := range h.Events {
		switch e.Verb {
		case Call:
			o := none
			o.kind, o.actor, o.n, o.conn, o.call = e.Step.Kind, e.Step.Actor, int32(e.Step.N), int(e.Conn), i
			b.ops = append(b.ops, o)
		case Return:
			o := &b.ops[e.Op]
			o.ret, o.outcome = i, e.Outcome
			if o.kind == Accept {
				o.conn = int(e.Conn)
			}
		case End:
			b.ops[e.Conn].end, b.ops[e.Conn].late = i, e.Outcome == Timeout
		case Rested:
			if Rest(e.N) == Quiet {
				b.rest = append(b.rest, i)
			}
		}
	}
	for id := range b.ops {
		b.relate(id)
	}
	for id := range b.ops {
		if o := &b.ops[id]; b.plannedFor(id) && o.taker == 0 {
			o.outcome, o.quit, o.dead = Unsupported, far, far // as if it had not been called
		}
	}
	b.doubt()
	b.seen = map[world]bool{}
	return b.search(world{})
}

// plannedFor reports whether a dial or accept met a failure that was planned
// for it: by the last fail of its actor, if no other dial or accept of that
// actor came since.
func (b *brute) plannedFor(id int) bool {
	o := &b.ops[id]
	if o.ret == far || o.outcome != Failed && o.outcome != Timeout || o.kind != Dial && o.kind != Accept {
		return false
	}
	for i := id - 1; i > 0; i-- {
		switch p := &b.ops[i]; {
		case p.actor != o.actor:
		case p.kind == o.kind:
			return false
		case p.kind == Fail && p.ret < o.call && p.outcome != Unsupported:
			return o.outcome == Failed || p.n == 3
		}
	}
	return false
}

// doubt takes a dial that was reset or timed out for one that was given up, if
// an accept which does not say what it took may have taken it.
func (b *brute) doubt() {
	for id := range b.ops {
		o := &b.ops[id]
		if o.kind != Dial && o.kind != Syn || o.ret == far || o.taker != 0 || o.outcome != Reset && o.outcome != Timeout {
			continue
		}
		for _, a := range b.ops {
			waits := a.kind == Accept && a.ret == far && a.call < o.ret && !slices.ContainsFunc(b.rest, func(r int) bool { return r >= o.ret })
			if waits || b.strange() {
				o.outcome = Cancelled
				o.quit, o.dead = min(o.quit, o.ret), min(o.dead, o.ret)
			}
		}
	}
}

// relate enters what op id says of others.
func (b *brute) relate(id int) {
	o := &b.ops[id]
	if o.call == far {
		return
	}
	returned := o.ret < far
	switch o.kind {
	case Dial, Syn:
		if returned && o.outcome != OK && !o.outcome.refusal() {
			o.quit, o.dead = min(o.quit, o.ret), min(o.dead, o.ret)
		}
	case Accept:
		if returned && o.outcome == OK && o.conn > 0 {
			if d := &b.ops[o.conn]; d.taker == 0 {
				d.taker = id
			}
		}
	case Hangup, Abort:
		if returned && o.outcome == Unsupported {
			return
		}
		d := &b.ops[o.conn]
		if d.kind == Accept {
			d.shutBy = min(d.shutBy, o.call)
			if returned && o.outcome == OK {
				d.gone = min(d.gone, o.ret)
			}
			return
		}
		d.quit = min(d.quit, o.call)
		if o.kind == Abort && returned && o.outcome == OK {
			d.dead = min(d.dead, o.ret)
		}
	case Ack:
		if d := &b.ops[o.conn]; d.kind == Syn && !b.unsupported(o) {
			if d.ack == far {
				d.ack, d.ackd = o.call, 0
			}
			d.ackd = max(d.ackd, o.ret)
		}
	}
}

// after returns the first quiet rest after event i.
func (b *brute) after(i int) int {
	for _, r := range b.rest {
		if r > i {
			return r
		}
	}
	return far
}

// search passes the next event, or lets one more effect happen before it.
func (b *brute) search(w world) bool {
	if b.seen[w] {
		return false
	}
	b.seen[w] = true
	if w.at == len(b.h.Events) {
		return true
	}
	if next, ok := b.passes(w); ok && b.search(next) {
		return true
	}
	for id := 1; id < len(b.ops); id++ {
		if o := &b.ops[id]; o.call < w.at {
			for _, next := range b.effects(w, id) {
				if b.search(next) {
					return true
				}
			}
		}
	}
	return false
}

func (b *brute) unsupported(o *bruteOp) bool { return o.ret < far && o.outcome == Unsupported }

// closes says of a shut whether it surely ends what is pending.
func (b *brute) closes(o *bruteOp) bool {
	return o.kind == Shut && o.ret < far && o.outcome == OK && o.n == 0 && b.c.Close == CloseEnds
}

// shutting returns the shut and the reopening between which gap p lies, or 0:
// from a shut's call to the return of the next listen that succeeds.
func (b *brute) shutting(p int) (shut int) {
	for id := 1; id < len(b.ops); id++ {
		o := &b.ops[id]
		if shut == 0 && o.kind == Shut && o.call <= p && !b.unsupported(o) && b.reopened(o.call) > p {
			shut = id
		}
	}
	return shut
}

// reopened returns the return of the first listen that succeeds after event p.
func (b *brute) reopened(p int) int {
	first := far
	for _, o := range b.ops {
		if o.kind == Listen && o.ret < far && o.outcome == OK && o.ret > p {
			first = min(first, o.ret)
		}
	}
	return first
}

// limits returns guaranteed and max + race in gap p.
func (b *brute) limits(p int) (low, high int32) {
	now := b.h.Backlog
	for _, o := range b.ops {
		if o.kind == Listen && o.ret <= p && o.outcome == OK {
			now = o.n
		}
	}
	low, high = b.c.guaranteedFor(now), b.c.maxFor(now)
	for _, o := range b.ops {
		if o.kind == Listen && o.call <= p && o.ret > p {
			low, high = min(low, b.c.guaranteedFor(o.n)), max(high, b.c.maxFor(o.n))
		}
	}
	if b.shutting(p) != 0 {
		low = 0
	}
	return low, high
}

// doubtful reports whether a shut that need not have ended what was pending
// has been called by gap p while dial id was under way or pending.
func (b *brute) doubtful(id, p int) bool {
	for _, o := range b.ops {
		if o.kind == Shut && !b.unsupported(&o) && o.call <= p && b.reopened(o.call) > b.ops[id].call && !b.closes(&b.ops[b.shutting(o.call)]) {
			return true
		}
	}
	return false
}

// passable reports whether an accept may leave id standing in the queue.
func (b *brute) passable(id, p int) bool {
	return b.ops[id].quit <= p && b.must&Aborted == 0 || b.doubtful(id, p)
}

// forgotten reports whether id is dead and counts no more.
func (b *brute) forgotten(id, p int) bool {
	return b.may&Aborted == 0 && b.after(b.ops[id].dead) <= p
}

// possibly returns how many may hold a place in gap p, besides self.
func (b *brute) possibly(w *world, self, p int) (n int32) {
	for id := 1; id < len(b.ops); id++ {
		o := &b.ops[id]
		if o.kind == Accept && o.ret < far && o.ret > p && o.outcome == OK && o.conn <= 0 && b.c.Anomalies&Phantom != 0 {
			n++ // a phantom, nobody knows since when
		}
		if id == self || o.call > p {
			continue
		}
		inQueue := slices.Contains(w.queue[:w.length], uint8(id))
		switch {
		case (o.kind == Dial || o.kind == Syn) && b.unsupported(o):
		case inQueue:
			if !b.forgotten(id, p) {
				n++
			}
		case (o.kind == Dial || o.kind == Syn) && b.halfOpen(w, id, p):
			n++
		case o.kind == Accept && b.keeps(w, id, p):
			n++
		}
		if (o.kind == Dial || o.kind == Syn) && b.c.Anomalies&Phantom != 0 {
			if min(o.quit, o.end, b.ops[o.taker].shutBy) <= p {
				n++
			}
		}
	}
	if self != 0 && b.c.Anomalies&Phantom != 0 && min(b.ops[self].quit, b.ops[self].end, b.ops[b.ops[self].taker].shutBy) <= p {
		n++ // its own ghost is not itself
	}
	return n
}

// halfOpen reports whether dial or syn id, which is not in the queue, may be
// half-open in gap p. A dial that is over may be: the listener need not know
// of its last ack.
func (b *brute) halfOpen(w *world, id, p int) bool {
	o := &b.ops[id]
	bit := uint32(1) << id
	switch {
	case b.may&HalfOpen == 0, w.in&bit != 0, b.unsupported(o):
		return false
	case o.kind == Dial:
		return o.ret > p || w.out&bit == 0 && b.mayEnter(w, id, p)
	}
	endedAlive := o.end <= p && o.end < o.quit
	return !endedAlive && !b.forgotten(id, p) && (!b.refused(id) || p < o.ret)
}

// keeps reports whether what accept id took may hold its place in gap p.
func (b *brute) keeps(w *world, id, p int) bool {
	a := &b.ops[id]
	switch {
	case a.ret > p:
		return w.took&^w.light&(1<<id) != 0
	case a.conn > 0 && b.c.Credit != CreditClose && b.forgotten(a.conn, a.ret):
		return false
	case a.outcome != OK:
		return false
	case b.c.Credit == CreditRest:
		return b.after(a.ret) > p
	case b.c.Credit == CreditClose:
		return p < a.gone
	}
	return false
}

// surely returns how many surely hold a place in gap p.
func (b *brute) surely(w *world, p int) (n int32) {
	if b.must&Completed != 0 {
		for _, q := range w.queue[:w.length] {
			if b.must&Aborted == 0 && b.ops[q].quit <= p || b.shutSince(int(q), p) {
				continue
			}
			n++
		}
	}
	for id := 1; id < len(b.ops); id++ {
		o := &b.ops[id]
		switch {
		case o.call > p:
		case o.kind == Accept && b.c.Credit == CreditClose && b.must&Accepted != 0:
			taken := o.ret > p && w.took&(1<<id) != 0 || o.ret <= p && o.outcome == OK && p < min(o.shutBy, o.gone)
			switch {
			case o.conn > 0: // it may have been dead when it was taken
				d := &b.ops[o.conn]
				dead := b.must&Aborted == 0 && d.quit < o.ret && d.quit <= p
				taken = taken && !dead && p < d.end && !b.shutSince(o.conn, p)
			case o.conn < 0 || b.must&Aborted == 0 || b.c.Anomalies&Phantom != 0:
				taken = false
			default:
				taken = taken && !b.shutSince(id, p)
			}
			if taken {
				n++
			}
		case w.half&(1<<id) != 0:
			n++
		}
	}
	return n
}

// shutSince reports whether a shut was called by gap p that concerns what
// operation id brought to the listener.
func (b *brute) shutSince(id, p int) bool { return b.shutAfter(b.ops[id].call, p) }

// shutAfter is that for what came to the listener after event from.
func (b *brute) shutAfter(from, p int) bool {
	for _, o := range b.ops {
		if o.kind == Shut && !b.unsupported(&o) && o.call <= p && b.reopened(o.call) > from {
			return true
		}
	}
	return false
}

func (b *brute) ticked(from, p int) bool {
	for i := from + 1; i <= p; i++ {
		if e := b.h.Events[i]; e.Verb == Clock || e.Verb == Call && e.Step.Kind == Tick {
			return true
		}
	}
	return false
}
