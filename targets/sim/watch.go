package sim

import (
	"math"
	"math/bits"

	lt "github.com/listentest/listentest"
)

// clients is a set of clients, and of the connections that they dialed.
type clients uint8

func (c clients) has(i int) bool { return c>>i&1 != 0 }

func (c clients) count() int32 { return int32(bits.OnesCount8(uint8(c))) }

// phase is how far a client has come, as it knows.
type phase uint8

const (
	fresh     phase = iota
	dialing         // its dial, syn or ack has not returned
	halfway         // its syn returned ok
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
	lined     uint8   // line[:lined] are the admitted ones that no accept has taken, in their order
	kept      clients // on their way, with a place that is kept for them
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
			if p == halfway {
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
