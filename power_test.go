package listentest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// A spoiler makes one thing wrong in a lawful history, if it can.
type spoiler struct {
	name  string
	spoil func(rng *rand.Rand, h *History) bool
}

var spoilers = []spoiler{
	{"outcome flipped", func(rng *rand.Rand, h *History) bool {
		e := pickReturn(rng, h, func(k Kind, e Event) bool {
			return k == Dial && (e.Outcome == OK || e.Outcome == Refused) && !concerned(h, e.Op)
		})
		if e == nil {
			return false
		}
		e.Outcome, e.Conn = Refused-e.Outcome, e.Op-e.Conn
		return true
	}},
	{"accepts swapped", func(rng *rand.Rand, h *History) bool {
		a := pickReturn(rng, h, named)
		b := pickReturn(rng, h, named)
		if a == nil || a == b {
			return false
		}
		a.Conn, b.Conn = b.Conn, a.Conn
		return true
	}},
	{"accept duplicated", func(rng *rand.Rand, h *History) bool {
		a := pickReturn(rng, h, named)
		b := pickReturn(rng, h, named)
		if a == nil || a == b {
			return false
		}
		a.Conn = b.Conn
		return true
	}},
	{"accept dropped", func(rng *rand.Rand, h *History) bool {
		a := pickReturn(rng, h, func(k Kind, e Event) bool { return named(k, e) && !concerned(h, e.Op) })
		if a == nil {
			return false
		}
		a.Outcome, a.Conn = Cancelled, 0
		return true
	}},
}

func named(k Kind, e Event) bool { return k == Accept && e.Outcome == OK && e.Conn > 0 }

// pickReturn picks the return of an operation that ok takes, or nil.
func pickReturn(rng *rand.Rand, h *History, ok func(Kind, Event) bool) *Event {
	var kinds []Kind
	var at []int
	for i, e := range h.Events {
		if e.Verb == Call {
			kinds = append(kinds, e.Step.Kind)
		}
		if e.Verb == Return && ok(kinds[e.Op-1], e) {
			at = append(at, i)
		}
	}
	if len(at) == 0 {
		return nil
	}
	return &h.Events[at[rng.IntN(len(at))]]
}

// concerned reports whether an event speaks of what operation id obtained, so
// that it can't be made undone.
func concerned(h *History, id int32) bool {
	return slices.ContainsFunc(h.Events, func(e Event) bool { return e.Conn == id && e.Op != id })
}

// TestPower spoils lawful histories, and counts which of those that the brute
// force finds unlawful raise an alarm: all of them, up to the overlap that the
// search takes.
func TestPower(t *testing.T) {
	type tally struct{ wrong, caught, intervals int }
	blamed := [numPromises]tally{}
	for overlap := 1; overlap <= frontierOverlap; overlap++ {
		rng := rand.New(rand.NewPCG(uint64(overlap), 5))
		var by [16]tally
		var k Checker
		b := brute{}
		for range *oracleHistories / 5 {
			c := actualContract(rng)
			h := lawfulHistory(rng, c, overlap, 4+rng.IntN(5))
			i := rng.IntN(len(spoilers))
			if !spoilers[i].spoil(rng, &h) {
				continue
			}
			v := k.Check(h, c)
			alarm := certain(v)
			if b.lawful(&h, c) {
				if alarm != nil {
					t.Fatalf("false alarm under\n%v\n%v\n%v", c, h, *alarm)
				}
				continue
			}
			by[i].wrong++
			switch {
			case alarm != nil:
				by[i].caught++
				by[i].intervals += int(count(!v.Exact))
				blamed[alarm.Promise].wrong++
				blamed[alarm.Promise].intervals += int(count(!v.Exact))
			case v.Exact:
				t.Fatalf("missed under\n%v\n%v", c, h)
			}
		}
		line, all := "", tally{}
		for i, s := range spoilers {
			line += fmt.Sprintf("  %s %.2f (of %d)", s.name, 100*float64(by[i].intervals)/float64(max(by[i].wrong, 1)), by[i].wrong)
			all.wrong, all.caught, all.intervals = all.wrong+by[i].wrong, all.caught+by[i].caught, all.intervals+by[i].intervals
		}
		t.Logf("overlap %d: %d wrong histories, %.3f %% caught, %.2f %% by intervals alone:%s", overlap, all.wrong,
			100*float64(all.caught)/float64(all.wrong), 100*float64(all.intervals)/float64(all.wrong), line)
		if all.caught < all.wrong {
			t.Errorf("overlap %d: %d wrong histories missed", overlap, all.wrong-all.caught)
		}
	}
	for p, y := range blamed {
		if y.wrong > 0 {
			t.Logf("%-12v %7d wrong histories, %.2f %% found by intervals alone", Promise(p), y.wrong, 100*float64(y.intervals)/float64(y.wrong))
		}
	}
}

// TestPowerOfData loses, adds or repeats bytes on an accepted connection of a
// lawful history.
func TestPowerOfData(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 9))
	var k Checker
	caught := 0
	for caught < *oracleHistories/10 {
		c := actualContract(rng)
		h := lawfulHistory(rng, c, 1+rng.IntN(6), 4+rng.IntN(8))
		a := pickReturn(rng, &h, named)
		if a == nil || concerned(&h, a.Op) || concerned(&h, a.Conn) && slices.ContainsFunc(h.Events, func(e Event) bool { return e.Conn == a.Conn && e.Verb != Return }) {
			continue
		}
		client, server := a.Conn, a.Op
		n := int32(1 + rng.IntN(9))
		id := int32(0)
		for _, e := range h.Events {
			id = max(id, e.Op)
		}
		from, to := Step{Kind: Send, N: int16(n)}, Step{Kind: Recv, Actor: Acceptor(0)}
		sender, receiver := client, server
		if rng.IntN(2) == 0 {
			sender, receiver = server, client
			from.Actor, to.Actor = Acceptor(0), Client(0)
		}
		h.Events = append(h.Events, Event{Verb: Call, Op: id + 1, Step: from, Conn: sender}, Event{Verb: Return, Op: id + 1},
			Event{Verb: Rested, N: int32(Quiet)}, Event{Verb: Call, Op: id + 2, Step: to, Conn: receiver}, Event{Verb: Return, Op: id + 2, N: n})
		last := &h.Events[len(h.Events)-1]
		if first := k.Check(h, c).violation(EarlyData); first != nil {
			t.Fatalf("false alarm: %v\n%v", first, h)
		}
		switch rng.IntN(3) {
		case 0:
			last.N = int32(rng.IntN(int(n)))
		case 1:
			last.N += int32(1 + rng.IntN(3))
		case 2:
			last.Outcome = Corrupt
		}
		if k.Check(h, c).violation(EarlyData) == nil {
			t.Fatalf("missed:\n%v", h)
		}
		caught++
	}
	t.Logf("%d histories with bytes lost, added or changed, all caught", caught)
}
