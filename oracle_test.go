package listentest

import (
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"
)

// The oracle is held against a brute force that tries every order in which
// what the operations of a small history do can have happened. It shares no
// code with the ledger. An alarm on a history that has a lawful order is a
// false alarm, and there must be none; the share of histories without one
// that raise an alarm is the power of the intervals, and is printed.

// A brute is the search. What happens is a sequence of effects, each inside
// its operation's call and return: a dial that is admitted takes a place at
// the tail, an accept takes the head and gives the place back, an abort frees
// its connection's place or lets the dead one stay, a shut ends all that is
// pending, a listen sets the bounds.
type brute struct {
	h      *History
	c      Contract
	ops    []bruteOp
	seen   map[bruteState]bool
	events int
}

type bruteOp struct {
	kind      Kind
	call, ret int // ret and end are past the last event if there is none
	end       int
	outcome   Outcome
	conn      int
	n         int16
}

type bruteState struct {
	at       int16    // events passed
	done     uint16   // operations whose effect has happened
	queue    [8]uint8 // pending, head first, 0 after the last
	accepted uint16   // accepts whose connection holds a place (CreditClose)
	dead     uint16   // aborted ones in the queue
	released uint16   // those of them that hold no place any more
	ended    uint16   // pending at a shut, and so to be told
	limit    int16    // the backlog in force
	shut     bool
}

func (s *bruteState) length() int {
	n := 0
	for n < len(s.queue) && s.queue[n] != 0 {
		n++
	}
	return n
}

// remove takes the i-th out of the queue.
func (s *bruteState) remove(i int) {
	copy(s.queue[i:], s.queue[i+1:])
	s.queue[len(s.queue)-1] = 0
}

// held is how many places are taken.
func (s *bruteState) held() int32 {
	return int32(s.length() - bits.OnesCount16(s.released) + bits.OnesCount16(s.accepted))
}

// lawful reports whether some order explains h.
func (b *brute) lawful(h *History, c Contract) bool {
	b.h, b.c, b.events = h, c, len(h.Events)
	clear(b.seen)
	b.ops = append(b.ops[:0], bruteOp{})
	for i, e := range h.Events {
		switch e.Verb {
		case Call:
			b.ops = append(b.ops, bruteOp{kind: e.Step.Kind, call: i, ret: len(h.Events), end: len(h.Events) + 1, outcome: 255, conn: int(e.Conn), n: e.Step.N})
		case Return:
			o := &b.ops[e.Op]
			o.ret, o.outcome = i, e.Outcome
			if o.kind == Accept {
				o.conn = int(e.Conn)
			}
		case End:
			b.ops[e.Conn].end = i
		}
	}
	return b.search(bruteState{limit: int16(h.Backlog)})
}

// search passes the next event, or lets one more effect happen before it.
func (b *brute) search(s bruteState) bool {
	if b.seen[s] {
		return false
	}
	b.seen[s] = true
	if int(s.at) == b.events {
		return true
	}
	e := &b.h.Events[s.at]
	pass := true
	switch e.Verb {
	case Return: // its effect must have happened
		pass = s.done&(1<<e.Op) != 0 || !b.hasEffect(int(e.Op)) && !b.toNobody(s, int(e.Op))
	case End:
		pass = s.ended&(1<<e.Conn) != 0
	case Rested:
		pass = Rest(e.N) != Quiet || b.quiet(s)
	}
	if pass {
		n := s
		n.at++
		if e.Verb == Return && b.ops[e.Op].kind != Dial { // only a dial's effect may come after its return
			n.done |= 1 << e.Op
		}
		if e.Verb == Rested && Rest(e.N) == Quiet { // what has returned will not come late
			for id := range b.ops {
				if b.ops[id].ret < int(s.at) {
					n.done |= 1 << id
				}
			}
		}
		if b.search(n) {
			return true
		}
	}
	for id := 1; id < len(b.ops); id++ {
		if s.dead&^s.released&(1<<id) != 0 && b.c.Must&Aborted == 0 { // the stack learns of it when it does
			n := s
			n.released |= 1 << id
			if b.search(n) {
				return true
			}
		}
		o := &b.ops[id]
		if s.done&(1<<id) != 0 || o.call >= int(s.at) {
			continue
		}
		for skip := range 1 + b.unnamed(id)*s.length() { // any that stands behind released ones only
			if n, ok := b.effect(s, id, skip); ok && b.search(n) {
				return true
			}
		}
	}
	return false
}

func (b *brute) hasEffect(id int) bool {
	switch o := &b.ops[id]; o.kind {
	case Dial: // one that overlaps another may be a ghost; one that was given up may have come too late
		return o.outcome != Cancelled && (b.c.Admit == AdmitReturn || o.outcome != OK || !b.overlapped(id))
	case Listen, Shut, Abort, Hangup: // what failed may have happened all the same
		return o.outcome == OK
	case Accept:
		return o.outcome == OK
	}
	return false
}

// toNobody reports whether id is a dial that returned ok, was called after
// the listener was closed, and returned before it was opened again: not even
// a ghost can be that.
func (b *brute) toNobody(s bruteState, id int) bool {
	o := &b.ops[id]
	return o.kind == Dial && o.outcome == OK && b.closedBefore(s, o.call)
}

// closedBefore reports whether the listener is shut, by a shut that had
// returned before event at.
func (b *brute) closedBefore(s bruteState, at int) bool {
	return s.shut && slices.ContainsFunc(b.ops, func(o bruteOp) bool { return o.kind == Shut && o.ret < at })
}

// overlapped reports whether another dial or listen was open during a dial.
func (b *brute) overlapped(id int) bool {
	for i := range b.ops {
		o := &b.ops[i]
		if i != id && (o.kind == Dial || o.kind == Listen) && o.call < b.ops[id].ret && o.ret > b.ops[id].call {
			return true
		}
	}
	return false
}

// unnamed is 1 for an accept that returned, or may have taken, it is not known
// what, else 0.
func (b *brute) unnamed(id int) int {
	if o := &b.ops[id]; o.kind == Accept && (o.outcome == 255 || o.conn == 0) {
		return 1
	}
	return 0
}

// effect lets op id happen; ok is false if it cannot, here. An accept of it is
// not known what passes over skip released ones.
func (b *brute) effect(s bruteState, id, skip int) (bruteState, bool) {
	o := &b.ops[id]
	n := s
	n.done |= 1 << id
	switch o.kind {
	case Listen, Shut, Abort, Hangup:
		if o.outcome == Unsupported {
			return n, false
		}
	}
	switch o.kind {
	case Dial:
		low, high := b.c.guaranteedFor(int32(s.limit)), b.c.maxFor(int32(s.limit))
		switch {
		case s.shut && o.outcome != Refused:
			return n, false
		case s.shut:
			return n, true
		case o.outcome == Refused:
			return n, s.held() >= low
		}
		for i, a := range b.ops {
			if a.kind == Abort && a.conn == id && s.done&(1<<i) != 0 {
				return n, false // its client is gone
			}
		}
		n.queue[s.length()] = uint8(id)
		if o.outcome == Cancelled {
			n.dead |= 1 << id
		}
		return n, s.held() < high
	case Accept:
		i := 0 // the head, or what stands behind released ones only
		for s.queue[i] != 0 && s.released&(1<<s.queue[i]) != 0 && (skip > i || b.unnamed(id) == 0 && int(s.queue[i]) != o.conn) {
			i++
		}
		take := s.queue[i]
		if s.shut || take == 0 || skip > i || b.unnamed(id) == 0 && int(take) != o.conn {
			return n, false
		}
		n.remove(i)
		if b.c.Credit == CreditClose && s.released&(1<<take) == 0 {
			n.accepted |= 1 << id
		}
		n.dead &^= 1 << take
		n.released &^= 1 << take
		return n, true
	case Hangup: // the acceptor closes what it accepted
		n.accepted &^= 1 << o.conn
		return n, true
	case Abort:
		if slices.Contains(n.queue[:], uint8(o.conn)) {
			n.dead |= 1 << o.conn
		}
		return n, true
	case Shut:
		for _, q := range s.queue[:s.length()] {
			if s.dead&(1<<q) == 0 {
				n.ended |= 1 << q
			}
		}
		n.shut, n.queue, n.dead, n.released = true, [8]uint8{}, 0, 0
		return n, true
	case Listen:
		n.limit, n.shut = o.n, false
		return n, true
	}
	return n, false
}

// quiet reports whether nothing that is open could move at a quiet rest: no
// accept waits while something is pending, no dial while there is room.
func (b *brute) quiet(s bruteState) bool {
	if b.c.Must&Aborted == 0 && s.dead != s.released {
		return false
	}
	for id := 1; id < len(b.ops); id++ {
		o := &b.ops[id]
		if o.call < int(s.at) && o.end > int(s.at) && s.ended&(1<<id) != 0 && o.outcome == OK {
			return false
		}
		if o.call >= int(s.at) || o.ret < int(s.at) {
			continue
		}
		switch o.kind {
		case Accept:
			if s.done&(1<<id) != 0 || s.length() > bits.OnesCount16(s.released) || b.closedBefore(s, int(s.at)) {
				return false
			}
		case Dial:
			if s.done&(1<<id) != 0 || !s.shut && s.held() < b.c.guaranteedFor(int32(s.limit)) {
				return false
			}
		}
	}
	return true
}

// contracts are the bounded queues that the brute force knows.
func oracleContracts() []Contract {
	base := Contract{Backlog: Backlog{Zero: 1, Negative: 1}, Guaranteed: Exactly(0), Max: Exactly(0), Admit: AdmitReturn,
		Must: Completed, May: Completed, Order: FIFO, Overflow: Refuse, Close: CloseEnds}
	kept, closing, loose, block, ghost := base, base, base, base, base
	kept.Must, kept.May = Completed|Aborted, Completed|Aborted
	closing.Credit, closing.Must, closing.May = CreditClose, Completed|Accepted, Completed|Accepted
	loose.Max, loose.Race = Exactly(1), 1
	block.Overflow = Block
	ghost.Admit = AdmitUnlessOverlapped
	return []Contract{base, kept, closing, loose, block, ghost}
}

// randomHistory draws a history of a few operations by up to overlap actors,
// with outcomes at random: most are unlawful. Every abort is of a connection
// whose dial returned.
func randomHistory(rng *rand.Rand, overlap int) History {
	h := History{Backlog: int32(1 + rng.IntN(2))}
	type actorState struct{ op int32 }
	actors := make([]actorState, overlap)
	kindsOf := map[int32]Kind{}
	calls := int32(0)
	var dialed, accepted, pending []int32 // IDs: dials that returned ok, accepts that did, dials called
	most := 4 + rng.IntN(4)
	for patience := 60; patience > 0 && (calls < int32(most) || rng.IntN(3) > 0); patience-- {
		i := rng.IntN(overlap)
		a := &actors[i]
		if a.op == 0 {
			if calls == int32(most) {
				break
			}
			calls++
			t, conn := Step{Kind: Dial, Actor: Client(i)}, int32(0)
			switch r := rng.IntN(20); {
			case r < 8:
				t = Step{Kind: Accept, Actor: Acceptor(i)}
			case r == 8 && len(dialed) > 0:
				t.Kind = Abort
				k := rng.IntN(len(dialed))
				conn = dialed[k]
				dialed = slices.Delete(dialed, k, k+1)
			case r == 9 && len(accepted) > 0:
				t = Step{Kind: Hangup, Actor: Acceptor(i)}
				k := rng.IntN(len(accepted))
				conn = accepted[k]
				accepted = slices.Delete(accepted, k, k+1)
			case r == 10:
				t = Step{Kind: Listen, Actor: Listener(0), N: int16(1 + rng.IntN(2))}
				if rng.IntN(3) == 0 {
					t = Step{Kind: Shut, Actor: Listener(0)}
				}
				if slices.ContainsFunc(actors, func(b actorState) bool { k := kindsOf[b.op]; return b.op != 0 && (k == Listen || k == Shut) }) {
					t = Step{Kind: Dial, Actor: Client(i)}
				}
			}
			if t.Kind == Dial {
				pending = append(pending, calls)
			}
			a.op, kindsOf[calls] = calls, t.Kind
			h.Events = append(h.Events, Event{Verb: Call, Op: calls, Step: t, Conn: conn})
			continue
		}
		e := Event{Verb: Return, Op: a.op}
		switch kindsOf[a.op] {
		case Dial:
			if r := rng.IntN(24); r < 8 {
				e.Outcome = Refused
				if r == 0 {
					e.Outcome = Cancelled
				}
				if k := slices.Index(pending, a.op); k >= 0 && r > 0 {
					pending = slices.Delete(pending, k, k+1)
				}
			} else {
				e.Conn = a.op
				dialed = append(dialed, a.op)
			}
		case Accept:
			if len(pending) == 0 {
				continue
			}
			k := 0
			if rng.IntN(4) == 0 {
				k = rng.IntN(len(pending))
			}
			e.Conn = pending[k]
			if rng.IntN(12) > 0 {
				pending = slices.Delete(pending, k, k+1)
			}
			if accepted = append(accepted, a.op); rng.IntN(10) == 0 {
				e.Conn = 0
			}
		}
		if k := kindsOf[a.op]; (k == Shut || k == Abort || k == Hangup) && rng.IntN(4) == 0 {
			e.Outcome = [...]Outcome{Failed, Unsupported}[rng.IntN(2)]
		}
		h.Events = append(h.Events, e)
		if kindsOf[a.op] == Shut && e.Outcome == OK {
			for _, id := range dialed {
				if rng.IntN(8) > 0 && slices.Contains(pending, id) {
					h.Events = append(h.Events, Event{Verb: End, Conn: id, Outcome: Reset})
				}
			}
			pending = pending[:0]
		}
		a.op = 0
		if rng.IntN(6) == 0 {
			h.Events = append(h.Events, Event{Verb: Rested, N: int32(rng.IntN(2))})
		}
	}
	return h
}

func TestOracleAgainstBruteForce(t *testing.T) {
	contracts := oracleContracts()
	atLeast := [...]float64{1: 97.5, 95.0, 92.5, 90.5} // percent caught, by overlap: a ratchet
	var k Checker
	b := brute{seen: map[bruteState]bool{}}
	for overlap := 1; overlap <= 4; overlap++ {
		rng := rand.New(rand.NewPCG(uint64(overlap), 0))
		right, wrong, caught := 0, 0, 0
		for i := range *oracleHistories / 4 {
			c := contracts[i%len(contracts)]
			h := randomHistory(rng, overlap)
			alarm := k.Check(h, c).First()
			if alarm != nil && alarm.Suspect {
				alarm = nil
			}
			if b.lawful(&h, c) {
				right++
				if alarm != nil {
					t.Fatalf("false alarm under\n%v\n%v\n%v", c, h, *alarm)
				}
				continue
			}
			wrong++
			if alarm != nil {
				caught++
			}
		}
		t.Logf("overlap %d: %d lawful histories, no alarm; %d unlawful ones, %.2f %% caught", overlap, right, wrong, 100*float64(caught)/float64(wrong))
		if share := 100 * float64(caught) / float64(wrong); share < atLeast[overlap] {
			t.Errorf("overlap %d: %.2f %% of the unlawful ones caught, and it was %.1f %%", overlap, share, atLeast[overlap])
		}
	}
}
