package sim

import (
	"slices"

	lt "github.com/listentest/listentest"
)

// This file judges an exploration: by the true state of the simulator, not by
// what can be seen from outside. It shares no code with the oracle.

// A breach is a promise that was broken, and how.
type breach struct {
	promise lt.Promise
	text    string
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
	if b := e.keeps(w); b != nil {
		return b
	}
	var queue clients
	for _, i := range e.m.queue {
		c := &e.m.conns[i]
		bit := clients(1) << (c.id - 1)
		if queue |= bit; slices.Contains(w.line[:w.lined], uint8(c.id-1)) || w.taken&bit != 0 || c.stage != queued || w.accepted&bit != 0 {
			continue
		}
		if w.kept&bit == 0 && ((e.surely(w)|e.surelyKept(w))&^bit).count() >= w.high {
			return &breach{lt.MaxPending, "a connection was admitted while the most that may be held were"}
		}
		w.kept &^= bit
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

// keeps follows whose place is kept while they are on their way: they were let
// in when it was given to them, and a smaller backlog does not end that.
func (e *Explorer) keeps(w *watch) *breach {
	var kept clients
	for i := range e.m.conns {
		c := &e.m.conns[i]
		if c.stage != coming || c.unit != e.m.era {
			continue
		}
		bit := clients(1) << (c.id - 1)
		if kept |= bit; w.kept&bit == 0 && ((e.surely(w)|e.surelyKept(w))&^bit).count() >= w.high {
			return &breach{lt.MaxPending, "a place was given away while the most that may be held were"}
		}
	}
	w.kept = kept | w.kept&e.queued()
	return nil
}

// surelyKept returns those whose place is kept and surely counts.
func (e *Explorer) surelyKept(w *watch) clients {
	switch must := e.m.target.contract.Must; {
	case must&lt.Completed == 0:
		return 0
	case must&lt.Aborted == 0:
		return w.kept &^ w.dead
	}
	return w.kept
}

// queued returns the connections in the accept queue.
func (e *Explorer) queued() (c clients) {
	for _, i := range e.m.queue {
		c |= 1 << (e.m.conns[i].id - 1)
	}
	return c
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
		w.phase[slot] = halfway
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
	case how == lt.OK && (w.phase[i] == halfway || w.void.has(i)):
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
	case w.overtaken&bit != 0, how == lt.Timeout && was == halfway:
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
	if c.Close != lt.AnyClose {
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
