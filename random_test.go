package listentest

import (
	"math/rand/v2"
	"slices"
)

// A scribbler draws histories with outcomes at random: most are unlawful.
type scribbler struct {
	rng      *rand.Rand
	h        History
	open     []int32 // by actor, its open operation or 0
	kinds    []Kind  // by Op.ID
	dialed   []int32 // dials and syns that returned ok, and have not ended
	accepted []int32 // accepts that returned one, and have not ended
	pending  []int32 // dials and acked syns that may be pending
	halves   []int32 // syns that returned ok,
	acked    []int32 // and those that were acked
	plans    map[Actor]bool
	fails    []bool // by Op.ID, it may meet a planned failure
}

// randomHistory draws a history of a few operations by up to overlap actors.
func randomHistory(rng *rand.Rand, overlap int) History {
	return scribble(rng, overlap, 4+rng.IntN(4+overlap/2))
}

// scribble draws a history of at most so many operations, or one more.
func scribble(rng *rand.Rand, overlap, most int) History {
	s := scribbler{rng: rng, h: History{Backlog: int32(1 + rng.IntN(2))}, open: make([]int32, overlap),
		kinds: []Kind{0}, fails: []bool{false}, plans: map[Actor]bool{}}
	for patience := 20 * most; patience > 0 && (len(s.kinds) <= most || rng.IntN(3) > 0); patience-- {
		i := rng.IntN(overlap)
		if s.open[i] == 0 {
			if len(s.kinds) > most {
				break
			}
			s.call(i)
		} else if s.returns(s.open[i]) {
			s.open[i] = 0
			if rng.IntN(6) == 0 {
				s.h.Events = append(s.h.Events, Event{Verb: Rested, N: int32(min(rng.IntN(3), 1))})
			}
		}
	}
	return s.h
}

// pick takes one of ids.
func (s *scribbler) pick(ids *[]int32) int32 {
	k := s.rng.IntN(len(*ids))
	id := (*ids)[k]
	*ids = slices.Delete(*ids, k, k+1)
	return id
}

func (s *scribbler) busy(kinds ...Kind) bool {
	return slices.ContainsFunc(s.open, func(op int32) bool { return op != 0 && slices.Contains(kinds, s.kinds[op]) })
}

func (s *scribbler) call(i int) {
	t, conn := Step{Kind: Dial, Actor: Client(i)}, int32(0)
	switch r := s.rng.IntN(26); {
	case r < 9:
		t = Step{Kind: Accept, Actor: Acceptor(i)}
	case r == 9 && len(s.dialed) > 0:
		t.Kind, conn = Abort, s.pick(&s.dialed)
	case r == 10 && len(s.dialed) > 0:
		t.Kind, conn = Hangup, s.pick(&s.dialed)
	case r == 11 && len(s.accepted) > 0:
		t, conn = Step{Kind: Hangup, Actor: Acceptor(i)}, s.pick(&s.accepted)
	case r == 12 && !s.busy(Listen, Shut):
		t = Step{Kind: Listen, Actor: Listener(0), N: int16(1 + s.rng.IntN(2))}
	case r == 13 && !s.busy(Listen, Shut):
		t = Step{Kind: Shut, Actor: Listener(0), N: int16(s.rng.IntN(8) / 6)}
	case r == 14:
		t.Kind = Syn
	case r == 15 && len(s.halves) > 0:
		t.Kind, conn = Ack, s.pick(&s.halves)
		s.pending, s.acked = append(s.pending, conn), append(s.acked, conn)
	case r == 15 && len(s.acked) > 0:
		t.Kind, conn = Ack, s.acked[s.rng.IntN(len(s.acked))] // again
	case r == 16:
		t = Step{Kind: Tick, N: 1}
	case r == 18 && len(s.dialed) > 0:
		t.Kind, conn = HalfClose, s.dialed[s.rng.IntN(len(s.dialed))]
	case r == 18 && len(s.accepted) > 0:
		t.Kind, conn = HalfClose, s.accepted[s.rng.IntN(len(s.accepted))]
		t.Actor = Acceptor(i)
	case r == 17:
		t = Step{Kind: Fail, Actor: []Actor{Client(i), Acceptor(i)}[s.rng.IntN(2)], N: int16(s.rng.IntN(4))}
	}
	id := int32(len(s.kinds))
	if t.Kind == Dial {
		s.pending = append(s.pending, id)
	}
	s.kinds = append(s.kinds, t.Kind)
	s.open[i] = id
	s.fails = append(s.fails, (t.Kind == Dial || t.Kind == Accept) && s.plans[t.Actor])
	if t.Kind == Fail || s.fails[id] {
		s.plans[t.Actor] = t.Kind == Fail
	}
	s.h.Events = append(s.h.Events, Event{Verb: Call, Op: id, Step: t, Conn: conn})
}

// returns ends an operation, if it can.
func (s *scribbler) returns(op int32) bool {
	rng := s.rng
	e := Event{Verb: Return, Op: op}
	if s.fails[op] && rng.IntN(2) == 0 || s.kinds[op] == Accept && rng.IntN(200) == 0 {
		e.Outcome = [...]Outcome{Failed, Timeout}[rng.IntN(2)]
		s.h.Events = append(s.h.Events, e)
		return true
	}
	switch k := s.kinds[op]; k {
	case Dial, Syn:
		if r := rng.IntN(24); r < 8 {
			e.Outcome = [...]Outcome{Cancelled, Reset, Timeout, WouldBlock, Refused, Refused, Refused, Refused}[r]
			if k := slices.Index(s.pending, op); k >= 0 && r > 2 {
				s.pending = slices.Delete(s.pending, k, k+1)
			}
			break
		}
		s.dialed = append(s.dialed, op)
		if e.Conn = op; k == Syn {
			s.halves = append(s.halves, op)
		}
	case Accept:
		if len(s.pending) == 0 && rng.IntN(10) > 0 {
			return false
		}
		switch r := rng.IntN(60); {
		case len(s.pending) == 0 || r == 0:
			e.Conn = Nobody
		default:
			k := 0
			if rng.IntN(4) == 0 {
				k = rng.IntN(len(s.pending))
			}
			e.Conn = s.pending[k]
			if rng.IntN(12) > 0 {
				s.pending = slices.Delete(s.pending, k, k+1)
			}
			if rng.IntN(10) == 0 {
				e.Conn = 0
			}
		}
		s.accepted = append(s.accepted, op)
	case Listen, Shut, Abort, Hangup, HalfClose, Fail:
		if rng.IntN(4) == 0 {
			e.Outcome = [...]Outcome{Failed, Unsupported}[rng.IntN(2)]
		}
	}
	s.h.Events = append(s.h.Events, e)
	if s.kinds[op] == Shut && e.Outcome == OK || rng.IntN(40) == 0 {
		s.ends()
	}
	return true
}

// ends tells some connections their end.
func (s *scribbler) ends() {
	for _, id := range slices.Clone(s.dialed) {
		if s.rng.IntN(8) > 0 && slices.Contains(s.pending, id) || s.rng.IntN(8) == 0 {
			s.h.Events = append(s.h.Events, Event{Verb: End, Conn: id, Outcome: []Outcome{Reset, Reset, EOF, Timeout}[s.rng.IntN(4)]})
			s.dialed = slices.DeleteFunc(s.dialed, func(d int32) bool { return d == id })
		}
	}
	if s.rng.IntN(2) == 0 {
		s.pending = s.pending[:0]
	}
}
