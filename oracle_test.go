package listentest

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// The oracle is held against a brute force that tries every order in which
// what the operations of a small history do can have happened. It shares no
// code with the ledger. An alarm on a history that has a lawful order is a
// false alarm, and there must be none; the share of histories without one
// that raise an alarm is the power of the intervals, and is printed.

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
	b := brute{}
	for overlap := 1; overlap <= 4; overlap++ {
		rng := rand.New(rand.NewPCG(uint64(overlap), 0))
		right, wrong, caught := 0, 0, 0
		for i := range *oracleHistories / 4 {
			c := contracts[i%len(contracts)]
			h := randomHistory(rng, overlap)
			alarm := certain(k.Check(h, c))
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
			} else if wrong-caught < 3 {
				t.Logf("missed: %v\n%v", c, h)
			}
		}
		t.Logf("overlap %d: %d lawful histories, no alarm; %d unlawful ones, %.2f %% caught", overlap, right, wrong, 100*float64(caught)/float64(wrong))
		if share := 100 * float64(caught) / float64(wrong); share < atLeast[overlap] {
			t.Errorf("overlap %d: %.2f %% of the unlawful ones caught, and it was %.1f %%", overlap, share, atLeast[overlap])
		}
	}
}

// certain returns the first violation that the brute force can know of: it is
// not suspect, and not about looks.
func certain(v Verdict) *Violation {
	for i := range v.Violations {
		if w := &v.Violations[i]; !w.Suspect && w.Promise != RefusalMode {
			return w
		}
	}
	return nil
}
