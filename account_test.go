package listentest

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestAccount: what is said of hand-written wrong histories.
func TestAccount(t *testing.T) {
	anyMost := with(linux, func(c *Contract) { c.Max = Bound{} })
	waits := with(linux, func(c *Contract) { c.Overflow = Block })
	for _, a := range []struct {
		name           string
		contract       Contract
		events         string
		prefix         int
		fewest, most   int32
		sure, perhaps  string
		remedies, says string // parts
	}{
		{"min-pending", linux, `call 1 dial c0; return 1 ok conn 1; call 2 accept s0; return 2 ok conn 1; call 3 dial c1; return 3 refused`,
			5, 0, 0, "", "", "dial #3 by c1 returned ok; the contract guaranteed room for 0 rather than 1",
			"It shows from event 5 (call 3 dial c1) to event 6 (return 3 refused). In between no connection can have held a place."},
		{"max-pending", linux, `call 1 dial c0; return 1 ok conn 1; call 2 dial c1; return 2 ok conn 2`,
			3, 1, 1, "#1 of c0", "", "dial #2 by c1 returned refused; dial #2 by c1 gone on waiting; the contract allowed 2 at once rather than 1",
			"exactly 1 connection held a place, dial #2 itself not counted."},
		{"some may", with(linux, func(c *Contract) { c.Guaranteed, c.Max = Exactly(3), Exactly(3) }),
			`call 1 dial c0; return 1 ok conn 1; call 2 dial c1; call 3 dial c2; return 3 refused; return 2 ok conn 2`,
			4, 1, 2, "#1 of c0", "#2 of c1", "dial #3 by c2 returned ok; the contract guaranteed room for 2 rather than 3",
			"at least 1 and at most 2 connections held a place."},
		{"order", anyMost, `call 1 dial c0; return 1 ok conn 1; call 2 dial c1; return 2 ok conn 2; call 3 accept s0; return 3 ok conn 2`,
			5, 1, 2, "#1 of c0", "#2 of c1", "accept #3 by s0 returned connection #1 of c0 rather than #2 of c1",
			"It shows from event 2 (return 1 ok conn 1) to event 6 (return 3 ok conn 2)."},
		{"progress", linux, `call 1 accept s0; call 2 dial c0; return 2 ok conn 2; rest quiet`,
			3, 0, 1, "", "#2 of c0", "accept #1 by s0 returned connection #2 of c0 before the rest", "it breaks progress"},
		{"a dial waits", waits, `call 1 dial c0; return 1 ok conn 1; call 2 dial c1; rest quiet; call 3 accept s0; return 3 ok conn 1; rest quiet; rest quiet`,
			6, 0, 0, "", "", "dial #2 by c1 returned ok before the rest", "Up to event 6 all is lawful."},
		{"shut", linux, `call 1 dial c0; return 1 ok conn 1; call 2 shut l0; return 2 ok; rest quiet`,
			4, 0, 0, "", "", "connection #1 of c0 been told its end before the rest", "from event 3 (call 2 shut l0)"},
		{"shut leaves an accept", linux, `call 1 accept s0; call 2 shut l0; return 2 ok; rest quiet`,
			3, 0, 0, "", "", "accept #1 by s0 returned closed before the rest", ""},
		{"conserve", linux, `call 1 dial c0; return 1 ok conn 1; call 2 accept s0; return 2 ok conn 1; call 3 accept s0; return 3 ok conn 1`,
			5, 0, 0, "", "", "accept #3 by s0 gone on waiting", ""},
		{"named later", linux, `call 1 dial c0; return 1 ok conn 1; call 2 accept s0; return 2 ok; call 3 dial c1; return 3 ok conn 3; call 4 accept s0; return 4 ok; named 2 conn 1; named 4 conn 1`,
			9, 1, 1, "#3 of c1", "", "accept #4 by s0 returned connection #3 of c1", "named 4 conn 1"},
		{"ended unaccepted", linux, `call 1 dial c0; return 1 ok conn 1; rest quiet; end conn 1 reset`,
			3, 0, 0, "", "", "connection #1 of c0 not been ended then", "dial #1 itself not counted"},
		{"a look", linux, `call 1 dial c0; return 1 ok conn 1; call 2 dial c0; return 2 would-block`,
			3, 1, 1, "#1 of c0", "", "dial #2 by c0 returned refused", ""},
		{"a panic", linux, `call 1 dial c0; return 1 ok conn 1; call 2 hangup c0 conn 1; return 2 panic`,
			3, 1, 1, "#1 of c0", "", "hangup #2 by c0 returned ok", ""},
		{"left behind", linux, `left pkg.loop`, 0, 0, 0, "", "", "", "It shows at event 1 (left pkg.loop). The first that is not is event 1 (left pkg.loop)"},
		{"suspect", linux, `call 1 dial c0; rest calm`,
			1, 0, 0, "", "", "dial #1 by c0 returned ok before the rest", "suspect, not certain"},
		{"suspect, and something certain later", linux, `call 1 dial c0; rest calm; call 2 dial c1; return 2 ok conn 2; call 3 dial c1; return 3 ok conn 3`,
			5, 1, 2, "#2 of c1", "#1 of c0", "dial #3 by c1 returned refused", ""},
		{"only the search finds it", linux, `call 1 accept s2; call 2 accept s1; call 3 shut l0; return 3 ok; call 4 dial c0; return 1 ok conn 4`,
			5, 0, 1, "", "#4 of c0", "accept #1 by s2 returned closed", "it breaks shut"},
		{"reset and accepted all the same is not what it is", anyMost, `call 1 dial c0; return 1 reset; call 2 accept s0; return 2 ok conn 1; call 3 dial c0; return 3 refused`,
			5, 0, 0, "", "", "dial #3 by c0 returned ok", ""},
	} {
		t.Run(a.name, func(t *testing.T) {
			h := history(t, a.events)
			v := Check(h, a.contract).First()
			if v == nil {
				t.Fatal("nothing is violated")
			}
			got := AccountFor(h, a.contract, *v)
			text := got.String()
			if got.Prefix != a.prefix || got.Fewest != a.fewest || got.Most != a.most ||
				strings.Join(got.Sure, ", ") != a.sure || strings.Join(got.Perhaps, ", ") != a.perhaps {
				t.Errorf("got prefix %d, %d to %d, %q, %q\n%s", got.Prefix, got.Fewest, got.Most, got.Sure, got.Perhaps, text)
			}
			for _, want := range strings.Split(a.remedies, "; ") {
				if !strings.Contains(strings.Join(got.Remedies, "; "), want) || a.remedies == "" && len(got.Remedies) > 0 {
					t.Errorf("%q is not in %q", want, got.Remedies)
				}
			}
			if !strings.Contains(strings.Join(strings.Fields(text), " "), a.says) {
				t.Errorf("%q is not in\n%s", a.says, text)
			}
			for line := range strings.Lines(text) {
				if len([]rune(line)) > 80 {
					t.Errorf("too long: %s", line)
				}
			}
		})
	}
}

// TestAccountOfAnything: of every violation in a random history, the prefix is
// lawful and with one more event it is not, and each remedy is lawful: to
// Check, and to the brute force.
func TestAccountOfAnything(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 1))
	accounts, remedied, b := 0, 0, brute{}
	for i := range 12_000 {
		c := oracleContract(rng)
		h := randomHistory(rng, 1+i%4)
		for _, v := range Check(h, c).Violations {
			a := AccountFor(h, c, v)
			if a.String() == "" || len(a.Remedies) > mostRemedies || a.Prefix >= len(h.Events) {
				t.Fatalf("%+v\n%v\n%v", a, c, h)
			}
			accounts++
			tr := newTrial(h, c, v)
			if tr.check(h.Events[:a.Prefix]) != nil {
				t.Fatalf("the first %d events are not lawful under\n%v\n%v", a.Prefix, c, h)
			}
			if u := tr.check(h.Events[:a.Prefix+1]); u == nil || u.Promise != a.Breaks {
				t.Fatalf("event %d breaks %v, not %v, under\n%v\n%v", a.Prefix+1, u, a.Breaks, c, h)
			}
			if k := tr.prefix(a.To); k != a.Prefix {
				t.Fatalf("the prefix is %d, and was %d", k, a.Prefix)
			}
			remedies := tr.remedies(a.Prefix)
			remedied += int(count(len(remedies) > 0))
			for k, r := range remedies {
				other := History{h.Backlog, slices.Concat(h.Events[:a.Prefix], r.events)}
				u := Check(other, r.c)
				if a.Remedies[k] != r.text || certain(u) != nil || v.Suspect && u.First() != nil || u.Exact && !b.lawful(&other, r.c) {
					t.Fatalf("%q is not lawful: %+v under\n%v\n%v", r.text, u.First(), r.c, other)
				}
			}
		}
	}
	t.Logf("%d violations, %d with a remedy", accounts, remedied)
	if remedied*10 < accounts*9 {
		t.Errorf("only %d of %d have a remedy", remedied, accounts)
	}
}

// TestAccountTakesAnything: also a violation that is not one, of a history
// that no runner records.
func TestAccountTakesAnything(t *testing.T) {
	rng := rand.New(rand.NewPCG(32, 1))
	for range 5000 {
		h := History{Backlog: int32(rng.IntN(4)) - 1}
		for range rng.IntN(16) {
			h.Events = append(h.Events, Event{Verb: Verb(rng.IntN(len(verbNames))), Outcome: Outcome(rng.IntN(12)),
				Step: Step{Kind: Kind(rng.UintN(20)), Actor: Actor(rng.UintN(256)), N: int16(rng.IntN(5)) - 1}.Norm(),
				Op:   int32(rng.IntN(8)) - 1, Conn: int32(rng.IntN(8)) - 1, N: int32(rng.IntN(2))})
		}
		v := Violation{Promise: Promise(rng.IntN(int(numPromises))), Op: int32(rng.IntN(9)) - 1, From: rng.IntN(20) - 2, To: rng.IntN(20) - 2}
		if first := Check(h, linux).First(); first != nil && rng.IntN(2) == 0 {
			v = *first
		}
		_ = AccountFor(h, linux, v).String()
	}
}

// TestAccountIsBounded: a long history has an account soon, without remedies.
func TestAccountIsBounded(t *testing.T) {
	h := History{}
	for op := int32(1); op < 200_000; op += 2 {
		h.Events = append(h.Events, Event{Verb: Call, Op: op, Step: Step{Kind: Dial}}, Event{Verb: Return, Op: op, Conn: op},
			Event{Verb: Call, Op: op + 1, Step: Step{Kind: Accept, Actor: Acceptor(0)}}, Event{Verb: Return, Op: op + 1, Conn: op})
	}
	h.Events[300_001].Outcome = Refused
	v := Check(h, linux).First()
	if a := AccountFor(h, linux, *v); a.Prefix != 300_001 || a.Remedies != nil {
		t.Errorf("got %d, %q", a.Prefix, a.Remedies)
	}
}
