package sim

import (
	"math"
	"math/bits"
	"slices"

	lt "github.com/listentest/listentest"
)

// This file judges an exploration: by the true state of the simulator, not by
// what can be seen from outside. It shares no code with the oracle.

// clients is a set of clients, and of the connections that they dialed.
type clients uint8

func (c clients) has(i int) bool { return c>>i&1 != 0 }

func (c clients) count() int32 { return int32(bits.OnesCount8(uint8(c))) }

// phase is how far a client has come, as it knows.
type phase uint8

const (
	fresh     phase = iota
	dialing         // its dial, syn or ack has not returned
	half1           // its syn returned ok
	connected       // its dial or ack returned ok
	gone            // it was turned away, told its end, or has left
)

// watch is what a judge must remember of the way to a state.
type watch struct {
	phase     [mostDials]phase
	accepts   [mostAcceptors]uint8 // called so far
	listens   uint8                // called so far
	shuts     uint8
	planned   uint8   // slots that have planned a failure
	exempt    uint8   // slots whose operation, or next one, is planned to fail
	closed    bool    // a shut has returned, and nobody has listened since
	low, high int32   // of the backlog in force
	moment    clients // there was a moment since its call at which it could be turned away
	overtaken clients // since their call the listener was closed, or being closed
	sawShut   uint8   // acceptors whose accept was open then
	late      uint8   // slots whose operation began when the listener was closed
	line      [8]uint8
	lined     uint8 // line[:lined] are the admitted ones that no accept has taken, in their order
	taken     clients
	accepted  clients
	left      clients // accepted, and closed by their acceptor
	dead      clients // reset by their clients before they were accepted
	recent    clients // may hold a place until nothing moves
	ended     clients // told their end
	owed      clients // were pending when the listener was closed, and must be told by the next rest
	forgone   clients // turned away after they were answered, which was lawful
	void      clients // their dials did not connect: whatever the listener has of them is no connection
}

func (w *watch) inLine() (c clients) {
	for _, i := range w.line[:w.lined] {
		c |= 1 << i
	}
	return c &^ w.void
}

func (w *watch) unline(k int) {
	copy(w.line[k:], w.line[k+1:w.lined])
	w.lined--
}

// at sets the bounds for listen's argument b.
func (w *watch) at(c *lt.Contract, b int32) {
	w.low, w.high = 0, math.MaxInt32
	l := c.Backlog.Effective(b)
	if c.Guaranteed.Stated {
		w.low = c.Guaranteed.Of(l)
	}
	if c.Max.Stated {
		w.high = int32(min(int64(c.Max.Of(l))+int64(c.Race), math.MaxInt32))
	}
}

// A breach is a promise that was broken, and how.
type breach struct {
	promise lt.Promise
	text    string
}

// stages returns the connections that are half-open, and those that were
// answered and are on their way.
func (e *Explorer) stages() (half, onTheirWay clients) {
	for i := range e.m.conns {
		switch c := &e.m.conns[i]; {
		case c.stage == halfOpen:
			half |= 1 << (c.id - 1)
		case c.stage == coming:
			onTheirWay |= 1 << (c.id - 1)
		}
	}
	return half, onTheirWay
}

// held returns who may hold a place, for who is refused.
func (e *Explorer) held(w *watch) clients {
	c := &e.m.target.contract
	half, onTheirWay := e.stages()
	line := w.inLine()
	set := line&^w.dead | w.taken | w.recent
	if c.May&lt.Aborted != 0 {
		set |= line & w.dead
	}
	if c.Credit == lt.CreditClose && c.May&lt.Accepted != 0 {
		set |= w.accepted &^ w.left
	}
	if c.May&lt.HalfOpen != 0 {
		set |= half | onTheirWay
	}
	if e.m.rules().late == 0 {
		set |= onTheirWay
	}
	return set &^ w.void
}

// surely returns who surely holds a place, for who is admitted.
func (e *Explorer) surely(w *watch) clients {
	c := &e.m.target.contract
	line := w.inLine()
	var set clients
	if c.Must&lt.Completed != 0 {
		set |= line &^ w.dead
	}
	if c.Must&lt.Aborted != 0 {
		set |= line & w.dead
	}
	if c.Credit == lt.CreditClose && c.Must&lt.Accepted != 0 {
		set |= w.accepted &^ w.left
	}
	if c.Must&lt.HalfOpen != 0 {
		for i, p := range w.phase {
			if p == half1 {
				set |= 1 << i
			}
		}
	}
	return set
}

// shutting reports whether the listener is closed, or being closed.
func (e *Explorer) shutting(w *watch) bool {
	l := &e.m.actors[e.listener]
	return w.closed || l.pc != idle && l.op.Kind == lt.Shut
}

// moments notes who can be turned away now.
func (e *Explorer) moments(w *watch) {
	closed := e.shutting(w)
	held, known := clients(0), false
	for i := range e.world.Dials {
		bit := clients(1) << i
		switch {
		case w.phase[i] == fresh:
		case closed:
			w.moment |= bit
			w.overtaken |= bit
		case w.moment&bit == 0:
			if !known {
				held, known = e.held(w), true
			}
			if (held &^ bit).count() >= w.low {
				w.moment |= bit
			}
		}
	}
	for n := range e.world.Acceptors {
		if closed && e.m.actors[e.world.Dials+n].pc != idle {
			w.sawShut |= 1 << n
		}
	}
}

// judge returns what the step that was just taken broke.
func (e *Explorer) judge(w *watch) *breach {
	if b := e.movedOn(w); b != nil {
		return b
	}
	for i := range e.events {
		if b := e.seen(w, &e.events[i]); b != nil {
			return b
		}
	}
	e.moments(w)
	if b := e.forgets(w); b != nil {
		return b
	}
	if len(e.m.ready) > 0 {
		return nil
	}
	if b := e.rested(w); b != nil {
		return b
	}
	w.recent = 0
	return nil
}

// movedOn follows who came into the accept queue, and who left it.
func (e *Explorer) movedOn(w *watch) *breach {
	var queue clients
	for _, i := range e.m.queue {
		c := &e.m.conns[i]
		bit := clients(1) << (c.id - 1)
		if queue |= bit; slices.Contains(w.line[:w.lined], uint8(c.id-1)) || w.taken&bit != 0 || c.stage != queued || w.accepted&bit != 0 {
			continue
		}
		if (e.surely(w) &^ bit).count() >= w.high {
			return &breach{lt.MaxPending, "a connection was admitted while the most that may be held were"}
		}
		w.line[w.lined] = uint8(c.id - 1)
		w.lined++
	}
	for k := 0; k < int(w.lined); {
		i := int(w.line[k])
		taken := e.takenNow(i)
		if queue.has(i) && !taken {
			k++
			continue
		}
		if taken && e.m.target.contract.Order == lt.FIFO {
			for _, before := range w.line[:k] {
				if !w.dead.has(int(before)) {
					return &breach{lt.OrderPromise, "accept took a connection that came later than another one"}
				}
			}
		}
		w.unline(k)
		switch {
		case taken:
			w.taken |= 1 << i
		case w.dead.has(i):
			w.recent |= 1 << i
		}
	}
	return nil
}

// takenNow reports whether an accept that has not returned has taken the
// connection of client i.
func (e *Explorer) takenNow(i int) bool {
	for slot := e.world.Dials; slot < e.listener; slot++ {
		if a := &e.m.actors[slot]; a.pc == acceptCredit && int(e.m.conns[a.conn].id-1) == i {
			return true
		}
	}
	return false
}

// seen judges an event.
func (e *Explorer) seen(w *watch, ev *lt.Event) *breach {
	switch ev.Verb {
	case lt.End:
		return e.told(w, int(ev.Conn-1), ev.Outcome)
	case lt.Return:
		slot := e.slotOf(ev.Op)
		if slot < 0 {
			return nil
		}
		b := e.returned(w, slot, e.m.actors[slot].op.Kind, ev)
		w.late &^= 1 << slot
		return b
	}
	return nil
}

func (e *Explorer) returned(w *watch, slot int, kind lt.Kind, ev *lt.Event) *breach {
	exempt := w.exempt>>slot&1 != 0
	if kind == lt.Dial || kind == lt.Accept {
		w.exempt &^= 1 << slot
	}
	if ev.Outcome == lt.Panicked {
		return &breach{lt.Isolation, "an operation panicked"}
	}
	bit := clients(1) << slot
	switch kind {
	case lt.Dial, lt.Syn, lt.Ack:
		return e.dialed(w, slot, kind, ev.Outcome, exempt)
	case lt.Abort, lt.Hangup:
		if slot >= e.world.Dials {
			w.left |= e.closing
			e.closing = 0
			return nil
		}
		w.phase[slot] = gone
		if kind == lt.Abort && w.accepted&bit == 0 && w.taken&bit == 0 {
			w.dead |= bit
			w.recent |= bit
		}
		if half, _ := e.stages(); half&bit == 0 && w.inLine()&bit == 0 {
			w.recent |= bit &^ w.accepted // its place, if it had one, comes back by the next rest
		}
	case lt.Accept:
		return e.acceptReturned(w, slot, ev, exempt)
	case lt.Shut:
		w.closed = true
		for i, p := range w.phase {
			if p == connected && (w.accepted|w.taken)&(1<<i) == 0 {
				w.owed |= 1 << i
			}
		}
	case lt.Listen:
		w.at(&e.m.target.contract, int32(e.m.actors[slot].op.N))
		w.closed = false
	}
	return nil
}

func (e *Explorer) dialed(w *watch, slot int, kind lt.Kind, how lt.Outcome, exempt bool) *breach {
	bit := clients(1) << slot
	switch {
	case how == lt.OK && kind == lt.Syn:
		if e.m.target.contract.Must&lt.HalfOpen != 0 && e.surely(w).count() >= w.high {
			return &breach{lt.MaxPending, "a half-open connection was let in while the most that may be held were"}
		}
		w.phase[slot] = half1
	case how == lt.OK:
		if w.phase[slot] = connected; w.ended&bit != 0 {
			w.phase[slot] = gone
			break
		}
		if w.late>>slot&1 != 0 {
			return &breach{lt.ShutPromise, "a dial that began after close connected"}
		}
	default:
		w.phase[slot] = gone
		w.void |= bit
		return e.refused(w, slot, how, exempt)
	}
	return nil
}

func (e *Explorer) refused(w *watch, slot int, how lt.Outcome, exempt bool) *breach {
	if exempt || how == lt.Cancelled {
		return nil
	}
	if how != lt.Refused && how != lt.Reset && how != lt.WouldBlock {
		return &breach{lt.Isolation, "a dial failed"}
	}
	if !w.moment.has(slot) {
		return &breach{lt.MinPending, "a dial was refused, and at no moment since its call were as many connections held as are guaranteed"}
	}
	looks := map[lt.Outcome]lt.Overflow{lt.Refused: lt.Refuse, lt.Reset: lt.ResetDial, lt.WouldBlock: lt.Again}
	if o := e.m.target.contract.Overflow; o != 0 && o&looks[how] == 0 && !w.overtaken.has(slot) {
		return &breach{lt.RefusalMode, "a dial at a full queue was turned away in another way than is stated"}
	}
	return nil
}

// forgets judges who was answered, and is forgotten by the listener.
func (e *Explorer) forgets(w *watch) *breach {
	if e.m.target.contract.Overflow&(lt.EndLater|lt.Ghost) == 0 {
		return nil // whoever waits for it will say so
	}
	for i := range e.m.conns {
		c := &e.m.conns[i]
		bit := clients(1) << (c.id - 1)
		if c.stage != over || w.phase[c.id-1] != connected || (w.forgone|w.overtaken)&bit != 0 {
			continue
		}
		if w.moment&bit == 0 {
			return &breach{lt.MinPending, "a connection was turned away after it was answered, and at no moment were as many held as are guaranteed"}
		}
		w.forgone |= bit
	}
	return nil
}

func (e *Explorer) acceptReturned(w *watch, slot int, ev *lt.Event, exempt bool) *breach {
	i := int(ev.Conn - 1)
	sawShut := w.sawShut>>(slot-e.world.Dials)&1 != 0
	w.sawShut &^= 1 << (slot - e.world.Dials)
	switch how := ev.Outcome; {
	case how == lt.OK && w.late>>slot&1 != 0:
		return &breach{lt.ShutPromise, "an accept that began after close returned a connection"}
	case how == lt.OK && (i < 0 || w.accepted.has(i)):
		return &breach{lt.Conserve, "accept returned a connection that nobody dialed, or one twice"}
	case how == lt.OK && (w.phase[i] == half1 || w.void.has(i)):
		return &breach{lt.Conserve, "accept returned a connection that its client does not have"}
	case how == lt.OK:
		bit := clients(1) << i
		w.accepted |= bit
		w.taken &^= bit
		if e.m.target.contract.Credit == lt.CreditRest {
			w.recent |= bit
		}
	case how == lt.Closed && !sawShut:
		return &breach{lt.Isolation, "accept says closed, and nobody has closed the listener"}
	case how == lt.Failed && !exempt:
		return &breach{lt.Isolation, "accept failed"}
	}
	return nil
}

// told judges that the client of a connection was told its end.
func (e *Explorer) told(w *watch, i int, how lt.Outcome) *breach {
	bit := clients(1) << i
	was := w.phase[i]
	w.ended |= bit
	if was != dialing {
		w.phase[i] = gone
	}
	switch {
	case w.accepted&bit != 0:
		return &breach{lt.ShutPromise, "the listener ended a connection that was accepted"}
	case w.overtaken&bit != 0, how == lt.Timeout && was == half1:
		return nil
	case !w.moment.has(i):
		return &breach{lt.MinPending, "a connection was ended before accept, and at no moment were as many held as are guaranteed"}
	case e.m.target.contract.Overflow&lt.EndLater == 0:
		return &breach{lt.RefusalMode, "a connection was ended before accept, which the contract does not state"}
	}
	return nil
}

// rested judges a state in which nobody can move.
func (e *Explorer) rested(w *watch) *breach {
	c := &e.m.target.contract
	if c.Close == lt.CloseEnds {
		if lost := e.owedNow(w); lost != 0 {
			return &breach{lt.ShutPromise, "a connection that was pending at close was not told its end"}
		}
		w.owed = 0
	}
	if e.m.actors[e.listener].asleep {
		return &breach{lt.ShutPromise, "close does not return"}
	}
	for slot := range e.listener {
		if a := &e.m.actors[slot]; a.asleep {
			if b := e.waits(w, slot, a); b != nil {
				return b
			}
		}
	}
	return nil
}

func (e *Explorer) owedNow(w *watch) clients {
	set := w.owed &^ w.ended &^ w.accepted &^ w.taken
	if w.closed {
		for i, p := range w.phase {
			if p == connected && (w.ended|w.accepted|w.taken|w.forgone)&(1<<i) == 0 {
				set |= 1 << i
			}
		}
	}
	for i, p := range w.phase {
		if p != connected {
			set &^= 1 << i
		}
	}
	return set &^ w.forgone
}

// waits judges an actor that waits at a rest.
func (e *Explorer) waits(w *watch, slot int, a *actor) *breach {
	c := &e.m.target.contract
	dial := slot < e.world.Dials
	switch {
	case w.closed && (!dial || a.retry == 0):
		return &breach{lt.ShutPromise, "somebody waits, and is not told that the listener was closed"}
	case w.closed:
	case !dial:
		if e.pending(w) != 0 {
			return &breach{lt.Progress, "an accept waits while a connection is pending"}
		}
	case c.Overflow != 0 && c.Overflow&(lt.Block|lt.Drop) == 0:
		return &breach{lt.RefusalMode, "a dial at a full queue waits, which the contract does not state"}
	case a.retry == 0 && c.Overflow&lt.Drop == 0 && (e.held(w)&^w.recent&^(1<<slot)).count() < w.low:
		return &breach{lt.Progress, "a dial waits while there is room"}
	}
	return nil
}

// pending returns who is connected, not accepted and not told any end.
func (e *Explorer) pending(w *watch) clients {
	set := w.inLine() &^ w.dead
	for i, p := range w.phase {
		if p == connected {
			set |= 1 << i
		}
	}
	return set &^ w.accepted &^ w.taken &^ w.ended &^ w.forgone
}
