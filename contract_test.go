package listentest

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// randomContract draws a contract of any fields.
func randomContract(rng *rand.Rand) Contract {
	bound := func() Bound {
		b := Bound{Stated: rng.IntN(4) > 0, Mul: int32(rng.IntN(4)), Div: int32(1 + rng.IntN(2)), Plus: int32(rng.IntN(5) - 2)}
		switch {
		case !b.Stated:
			return Bound{}
		case b.Mul == 0:
			b.Div = 1
		}
		return b
	}
	return Contract{
		Backlog:    Backlog{Zero: int32(rng.IntN(3)), Negative: int32(rng.IntN(300) - 100), Low: int32(rng.IntN(2)), High: int32(rng.IntN(3) * 50)},
		Guaranteed: bound(), Max: bound(), Race: int32(rng.IntN(3)),
		Admit: Admit(rng.IntN(len(admitNames))), Credit: Credit(rng.IntN(len(creditNames))),
		Must: Counts(rng.IntN(1 << len(countNames))), May: Counts(rng.IntN(1 << len(countNames))),
		Order: Order(rng.IntN(len(orderNames))), Overflow: Overflow(rng.IntN(1 << len(overflowNames))), Retry: int32(rng.IntN(3) * 500),
		Close: Close(rng.IntN(len(closeNames))), Anomalies: Anomalies(rng.IntN(1 << len(anomalyNames))),
	}
}

func TestContractRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 0))
	for range 10_000 {
		want := randomContract(rng)
		got, _, err := ParseContract("c", "format: 1\n\n"+want.String())
		if err != nil || got != want {
			t.Fatalf("%v\ncomes back as\n%v\n%v", want, got, err)
		}
	}
}

func TestContractErrors(t *testing.T) {
	for _, c := range []struct{ text, err string }{
		{"", `f:1:1: expected a header, an empty line, and what follows, found the end of the text`},
		{"backlog zero=1\n\n", `f:1:1: expected a header line "key: value"`},
		{"format: 2\n\n", `f:1:1: expected "format: 1" as the first line`},
		{"format: 1\n\n", `f:3:1: expected a field of a contract, found the end of the text`},
		{"format: 1\n\nbacklogg 1\n", `f:3:1: expected one of backlog, guaranteed`},
		{"format: 1\n\nrace 1\nrace 2\n", `f:4:1: expected each field once`},
		{"format: 1\n\nmax L+\n", `f:3:5: expected not stated, unlimited, or a formula`},
		{"format: 1\n\nmax floor(3L/0)\n", `f:3:5: expected not stated, unlimited, or a formula`},
		{"format: 1\n\nmax +5\n", `f:3:5: expected not stated, unlimited, or a formula`},
		{"format: 1\n\nmax\n", `f:3:4: expected not stated, unlimited, or a formula`},
		{"format: 1\n\nmust completed+dead\n", `f:3:6: expected none, or some of half-open, completed, aborted, accepted, joined by +`},
		{"format: 1\n\norder lifo\n", `f:3:7: expected one of not stated, fifo`},
		{"format: 1\n\nbacklog zero=1 negative=x\n", `f:3:16: expected zero=N negative=N low=N high=N`},
		{"format: 1\n\nrace 1 2\n", `f:3:8: expected the end of the line`},
	} {
		_, _, err := ParseContract("f", c.text)
		if err == nil || !strings.HasPrefix(err.Error(), c.err) {
			t.Errorf("%q: %v, expected %s", c.text, err, c.err)
		}
	}
}
