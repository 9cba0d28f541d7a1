package listentest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
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
	{"plan dropped", func(rng *rand.Rand, h *History) bool {
		f := pickReturn(rng, h, func(k Kind, _ Event) bool { return k == Fail })
		if f == nil {
			return false
		}
		f.Outcome = Unsupported
		return true
	}},
	{"accepted ended at close", func(rng *rand.Rand, h *History) bool {
		a := pickReturn(rng, h, named)
		s := pickReturn(rng, h, func(k Kind, e Event) bool { return k == Shut && e.Outcome == OK })
		if a == nil || s == nil || slices.ContainsFunc(h.Events, func(e Event) bool { return e.Verb == End && e.Conn == a.Conn }) {
			return false
		}
		at := slices.Index(h.Events, *s) + 1
		if slices.Index(h.Events, *a) > at {
			return false
		}
		h.Events = slices.Insert(h.Events, at, Event{Verb: End, Conn: a.Conn, Outcome: Reset})
		return true
	}},
	{"return dropped", func(rng *rand.Rand, h *History) bool {
		e := pickReturn(rng, h, func(k Kind, e Event) bool { return k == Shut || k == Dial && e.Outcome == Refused })
		if e == nil {
			return false
		}
		at := slices.Index(h.Events, *e)
		if slices.ContainsFunc(h.Events[at:], func(e Event) bool { return e.Step.Kind == Listen }) {
			return false // beside an open shut it is not judged
		}
		h.Events = slices.Delete(h.Events, at, at+1)
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

// A tally counts spoiled histories that are unlawful, those that were caught,
// and by intervals alone.
type tally struct{ wrong, caught, intervals int }

func (y *tally) add(v Verdict, caught bool) {
	y.wrong++
	y.caught += int(count(caught))
	y.intervals += int(count(caught && !v.Exact))
}

func (y tally) String() string {
	share := func(n int) float64 { return 100 * float64(n) / float64(max(y.wrong, 1)) }
	return fmt.Sprintf("%d wrong, %.3f %% caught, %.2f %% by intervals alone", y.wrong, share(y.caught), share(y.intervals))
}

// TestPower spoils lawful histories, and counts which of those that the brute
// force finds unlawful raise an alarm: all of them, up to the overlap that the
// search takes.
func TestPower(t *testing.T) {
	var mu sync.Mutex
	var blamed [numPromises]tally
	t.Run("all", func(t *testing.T) { // so that the sums come behind
		for overlap := 1; overlap <= frontierOverlap; overlap++ {
			t.Run(fmt.Sprintf("overlap=%d", overlap), func(t *testing.T) {
				t.Parallel()
				some := power(t, overlap, *oracleHistories/5)
				mu.Lock()
				defer mu.Unlock()
				for p := range some {
					blamed[p].wrong += some[p].wrong
					blamed[p].caught += some[p].caught
					blamed[p].intervals += some[p].intervals
				}
			})
		}
	})
	for p, y := range blamed {
		if y.wrong > 0 {
			t.Logf("%-12v %v", Promise(p), y)
		}
	}
}

// power spoils some histories, and returns what was blamed.
func power(t *testing.T, overlap, histories int) (blamed [numPromises]tally) {
	rng := rand.New(rand.NewPCG(uint64(overlap), *oracleSeed+5))
	by := make([]tally, len(spoilers))
	var all tally
	var k Checker
	b := brute{}
	for range histories {
		c := actualContract(rng)
		h := lawfulHistory(rng, c, overlap, 4+rng.IntN(5))
		i := rng.IntN(len(spoilers))
		if !spoilers[i].spoil(rng, &h) {
			continue
		}
		v := k.Check(h, c)
		alarm := certain(v)
		switch lawful := b.lawful(&h, c); {
		case lawful && alarm != nil:
			t.Fatalf("false alarm under\n%v\n%v\n%v", c, h, *alarm)
		case lawful:
			continue
		case alarm == nil && k.l.overlap <= frontierOverlap:
			t.Errorf("missed under\n%v\n%v", c, h)
		case alarm != nil:
			blamed[alarm.Promise].add(v, true)
		}
		all.add(v, alarm != nil)
		by[i].add(v, alarm != nil)
	}
	t.Logf("overlap %d: %v", overlap, all)
	for i, s := range spoilers {
		t.Logf("overlap %d, %s: %v", overlap, s.name, by[i])
	}
	return blamed
}

// TestPowerOfData loses, adds or repeats bytes on an accepted connection of a
// lawful history.
func TestPowerOfData(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, *oracleSeed+9))
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
