package listentest

import (
	"math/rand/v2"
	"testing"
)

// TestAlike holds the search, which takes dials for alike that nothing tells
// apart, against the one that looks at each: on histories of a queue of which
// a dial says little, lawful ones and others, both say the same.
func TestAlike(t *testing.T) {
	var k, apart Checker
	apart.f.apart = true
	seen := map[string]int{}
	for i := range *oracleHistories * 4 {
		rng := rand.New(rand.NewPCG(*oracleSeed, uint64(i)))
		c := oracleContract(rng)
		c.Admit = []Admit{AdmitNever, AdmitLater, AdmitUnlessOverlapped}[rng.IntN(3)]
		h := scribble(rng, 1+rng.IntN(4), 6+rng.IntN(14))
		is, was := k.Check(h, c), apart.Check(h, c)
		if k.f.gaveUp || apart.f.gaveUp {
			seen["given up"]++
			continue
		}
		a, b := is.First(), was.First()
		switch {
		case a == nil && b == nil:
			seen["lawful"]++
		case a == nil || b == nil || a.To != b.To || len(h.Events) < 26 && a.Promise != b.Promise: // to find whom to blame, one of the two may have given up on long ones
			t.Fatalf("history %d: alike %v, apart %v\n%v\n%v", i, a, b, c, h)
		default:
			seen["unlawful"]++
		}
	}
	t.Logf("%v", seen)
}
