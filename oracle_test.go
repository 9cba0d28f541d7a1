package listentest

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// The oracle is held against a brute force that tries every order in which
// what the operations of a small history do can have happened. An alarm on a
// history that has a lawful order is a false alarm, and there must be none. A
// history without one must raise an alarm up to the overlap that the search
// takes; the share that the intervals alone catch is printed.

// oracleContract draws a contract of any kind over a small bounded queue.
func oracleContract(rng *rand.Rand) Contract {
	c := Contract{
		Backlog: Backlog{Zero: 1, Negative: 1}, Guaranteed: Exactly(int32(rng.IntN(2))), Race: int32(rng.IntN(6) / 5),
		Admit: Admit(rng.IntN(len(admitNames))), Credit: Credit(rng.IntN(len(creditNames))),
		Order: Order(rng.IntN(5)+3) / 4, Overflow: []Overflow{0, Refuse, Drop, Block}[rng.IntN(4)],
		Close: Close(rng.IntN(4)+2) / 3, Anomalies: Anomalies(rng.IntN(8) / 7),
	}
	c.Max = c.Guaranteed
	c.Max.Plus += int32(rng.IntN(4) / 3)
	if rng.IntN(8) == 0 {
		c.Guaranteed = Bound{}
	}
	if rng.IntN(8) == 0 {
		c.Max = Bound{}
	}
	c.May = Completed
	for _, more := range []Counts{HalfOpen, Aborted, Accepted} {
		if rng.IntN(3) == 0 {
			c.May |= more
		}
	}
	c.Must = c.May
	if rng.IntN(3) == 0 {
		c.Must &= Counts(rng.IntN(16))
	}
	if c.Must == 0 { // neither stated means something else
		c.May = Completed | Aborted
	}
	return c
}

// TestBruteForce holds random histories against it: those up to the overlap
// that the search takes, and beyond.
func TestBruteForce(t *testing.T) {
	shares := [...]float64{1: 0.22, 0.22, 0.22, 0.22, 0.05, 0.05, 0.01, 0.01} // the brute force takes its time
	for overlap := 1; overlap < len(shares); overlap++ {
		t.Run(fmt.Sprintf("overlap=%d", overlap), func(t *testing.T) {
			t.Parallel()
			bruteForce(t, overlap, int(shares[overlap]*float64(*oracleHistories)))
		})
	}
}

func bruteForce(t *testing.T, overlap, histories int) {
	var k Checker
	b := brute{}
	rng := rand.New(rand.NewPCG(uint64(overlap), *oracleSeed))
	right, wrong, caught, intervals := 0, 0, 0, 0
	for range histories {
		c := oracleContract(rng)
		h := randomHistory(rng, overlap)
		v := k.Check(h, c)
		alarm := certain(v)
		if b.lawful(&h, c) {
			right++
			if alarm != nil {
				t.Fatalf("false alarm under\n%v\n%v\n%v", c, h, *alarm)
			}
			continue
		}
		wrong++
		switch {
		case alarm == nil && v.Exact:
			t.Fatalf("missed under\n%v\n%v", c, h)
		case alarm != nil:
			caught++
			intervals += int(count(!v.Exact))
		case overlap <= frontierOverlap:
			t.Errorf("the search gave up under\n%v\n%v", c, h)
		}
	}
	t.Logf("overlap %d: %d lawful histories, no alarm; %d unlawful ones, %.2f %% caught, %.2f %% by intervals alone", overlap, right, wrong,
		100*float64(caught)/float64(wrong), 100*float64(intervals)/float64(wrong))
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

// TestLawful runs listeners that keep their contracts, whatever else they do:
// no alarm.
func TestLawful(t *testing.T) {
	const parts = 8
	for part := range parts {
		t.Run(fmt.Sprint(part), func(t *testing.T) {
			t.Parallel()
			keepsLawful(t, uint64(part), *oracleHistories/parts)
		})
	}
}

func keepsLawful(t *testing.T, part uint64, histories int) {
	var k Checker
	exact, events := 0, 0
	for i := range histories {
		rng := rand.New(rand.NewPCG(uint64(i), *oracleSeed<<3+part))
		c := actualContract(rng)
		h := lawfulHistory(rng, c, 1+rng.IntN(8), 4+rng.IntN(24))
		v := k.Check(h, c)
		if first := v.First(); first != nil {
			t.Fatalf("false alarm in %d under\n%v\n%v\n%v: %v\n%v", i, c, h, first.Promise, first.Text, Picture(h, c, first))
		}
		exact += int(count(v.Exact))
		events += len(h.Events)
	}
	t.Logf("%d lawful histories, %d events, no alarm; %.2f %% of them searched", histories, events, 100*float64(exact)/float64(histories))
}
