package listentest

import (
	"strings"
	"testing"
)

// linux is the contract that the hand-written histories are judged by, but
// for changes: L+1 places, dead entries count, a dial at a full queue waits.
var linux = Contract{
	Backlog: Backlog{Negative: 4096, High: 4096}, Guaranteed: Exactly(1), Max: Exactly(1), Admit: AdmitReturn,
	Must: Completed | Aborted, May: Completed | Aborted, Order: FIFO, Overflow: Refuse | Drop, Close: CloseEnds,
}

func with(c Contract, change func(*Contract)) Contract {
	change(&c)
	return c
}

// A judgement is a hand-written history and what is to be said of it.
type judgement struct {
	name     string
	contract Contract
	events   string
	breaks   Promise
	status   Status // of the promise; Violated if 0
	text     string // part of it
}

const lawful = Promise(255)

// TestCheck judges hand-written histories. Each is written twice where that
// says something: as it should be, and with the one thing wrong.
func TestCheck(t *testing.T) {
	dropping := with(linux, func(c *Contract) { c.Overflow, c.Retry = Drop, 1000 })
	blocking := with(linux, func(c *Contract) { c.Overflow = Block })
	released := with(linux, func(c *Contract) { c.Must, c.May = Completed, Completed })
	closing := with(linux, func(c *Contract) { c.Credit, c.Must, c.May = CreditClose, Completed|Accepted, Completed|Accepted })
	half := with(linux, func(c *Contract) { c.May |= HalfOpen })
	judge(t, []judgement{
		{"refused when full", linux, `call 1 dial c0; return 1 ok conn 1; call 2 dial c0; return 2 refused`, lawful, 0, ""},
		{"refused when empty", linux, `call 1 dial c0; return 1 refused`, MinPending, 0, "dial #1 by c0 was refused while at most 0 connections were held, and 1 is guaranteed: nobody held a place"},
		{"refused right after accept", linux, `call 1 dial c0; return 1 ok conn 1; call 2 accept s0; return 2 ok conn 1; call 3 dial c1; return 3 refused`, MinPending, 0, "nobody held a place"},
		{"refused while accept is open", linux, `call 1 dial c0; return 1 ok conn 1; call 2 accept s0; call 3 dial c1; return 3 refused; return 2 ok conn 1`, lawful, 0, ""},
		{"refused beside another dial", linux, `call 1 dial c0; call 2 dial c1; return 1 ok conn 1; return 2 refused`, lawful, 0, ""},
		{"both refused, and neither can be the other's reason", linux, `call 1 dial c0; call 2 dial c1; return 1 refused; return 2 refused`, MinPending, 0, ""},
		{"dead ones hold their place", linux, `call 1 dial c0; return 1 ok conn 1; call 2 abort c0 conn 1; return 2 ok; rest quiet; call 3 dial c0; return 3 refused`, lawful, 0, ""},
		{"dead ones do not", released, `call 1 dial c0; return 1 ok conn 1; call 2 abort c0 conn 1; return 2 ok; rest quiet; call 3 dial c0; return 3 refused`, MinPending, 0, ""},
		{"dead ones do not, but it takes a rest", released, `call 1 dial c0; return 1 ok conn 1; call 2 abort c0 conn 1; return 2 ok; call 3 dial c0; return 3 refused`, lawful, 0, ""},
		{"no rest with an actor held", released, `call 1 dial c0; return 1 ok conn 1; call 2 abort c0 conn 1; return 2 ok; hold b0 p; rest quiet; call 3 dial c0; return 3 refused`, lawful, 0, ""},
		{"ended before accept", linux, `call 1 dial c0; return 1 ok conn 1; rest quiet; end conn 1 reset`, MinPending, 0, "was ended before any accept"},
		{"open at a quiet rest", linux, `call 1 dial c0; rest quiet`, MinPending, 0, "was still open at rest"},
		{"open at a calm rest", linux, `call 1 dial c0; rest calm`, MinPending, Suspect, ""},
		{"open when full", linux, `call 1 dial c0; return 1 ok conn 1; call 2 dial c1; rest quiet`, lawful, 0, ""},
		{"half-open when full, where that holds no place", linux, `call 1 dial c0; return 1 ok conn 1; call 2 syn c1; rest calm`, lawful, 0, ""},
		{"half-open when empty, where that holds no place", linux, `call 1 syn c1; rest quiet`, MinPending, 0, "dial #1 by c1 was still open at rest while at most 0 connections were held"},
		{"half-open when full, where that may hold a place", half, `call 1 dial c0; return 1 ok conn 1; call 2 syn c1; rest quiet`, lawful, 0, ""},
		{"half-open when empty, where that may hold a place", half, `call 1 syn c1; rest quiet`, MinPending, 0, "while at most 0 connections were held"},
		{"accepted ones hold their place", closing, `call 1 dial c0; return 1 ok conn 1; call 2 accept s0; return 2 ok conn 1; call 3 dial c0; return 3 refused`, lawful, 0, ""},
		{"until they are closed", closing, `call 1 dial c0; return 1 ok conn 1; call 2 accept s0; return 2 ok conn 1; call 3 hangup s0 conn 2; return 3 ok; call 4 dial c0; return 4 refused`, MinPending, 0, ""},
		{"a smaller backlog at once", linux, `call 1 listen l0 3; return 1 ok; call 2 dial c0; return 2 ok conn 2; call 3 dial c0; return 3 refused`, MinPending, 0, "at most 1 connection was held, and 4 are guaranteed: held by #2 of c0"},
		{"either backlog during listen", linux, `call 1 dial c0; return 1 ok conn 1; call 2 listen l0 3; call 3 dial c0; return 3 refused; return 2 ok`, lawful, 0, ""},
		{"refused after close", linux, `call 1 shut l0; return 1 ok; call 2 dial c0; return 2 refused`, lawful, 0, ""},

		{"admitted when full", linux, `call 1 dial c0; return 1 ok conn 1; call 2 dial c0; return 2 ok conn 2`, MaxPending, 0, "dial #2 by c0 was admitted while at least 1 connection was held, and at most 1 may be"},
		{"admitted while accept is open", linux, `call 1 dial c0; return 1 ok conn 1; call 2 accept s0; call 3 dial c0; return 3 ok conn 3; return 2 ok conn 1`, lawful, 0, ""},
		{"as many as may race in", with(linux, func(c *Contract) { c.Race = 1 }), `call 1 dial c0; return 1 ok conn 1; call 2 dial c0; return 2 ok conn 2`, lawful, 0, ""},
		{"more is lawful after a smaller backlog", linux, `call 1 listen l0 2; return 1 ok; call 2 dial c0; return 2 ok conn 2; call 3 dial c0; return 3 ok conn 3; call 4 listen l0 0; return 4 ok`, lawful, 0, ""},
		{"a ghost is not counted", with(linux, func(c *Contract) { c.Admit = AdmitUnlessOverlapped }), `call 1 dial c0; call 2 dial c1; return 1 ok conn 1; return 2 ok conn 2`, lawful, 0, ""},

		{"accepted twice", linux, `call 1 dial c0; return 1 ok conn 1; call 2 accept s0; return 2 ok conn 1; call 3 accept s0; return 3 ok conn 1`, Conserve, 0, "connection #1 of c0, which accept #2 returns too"},
		{"accepted, and nobody dialed", linux, `call 1 accept s0; return 1 ok conn nobody`, Conserve, 0, "nobody dialed"},
		{"declared phantoms", with(linux, func(c *Contract) { c.Anomalies = Phantom }), `call 1 accept s0; return 1 ok conn nobody`, lawful, 0, ""},
		{"accepted more than dialed", linux, `call 1 accept s0; return 1 ok`, Conserve, 0, "only 0 were dialed"},
		{"accepted and refused", linux, `call 1 dial c0; call 2 accept s0; return 2 ok conn 1; return 1 refused`, Conserve, 0, "told that it is refused"},
		{"named later", linux, `call 1 dial c0; return 1 ok conn 1; call 2 accept s0; return 2 ok; named 2 conn 1; call 3 accept s0; return 3 ok; named 3 conn 1`, Conserve, 0, "returns too"},

		{"out of order", with(linux, func(c *Contract) { c.Max.Stated = false }), `call 1 dial c0; return 1 ok conn 1; call 2 dial c0; return 2 ok conn 2; call 3 accept s0; return 3 ok conn 2; call 4 accept s0; return 4 ok conn 1`, OrderPromise, 0, "connection #1 of c0 was admitted before #2"},
		{"passed over", with(linux, func(c *Contract) { c.Max.Stated = false }), `call 1 dial c0; return 1 ok conn 1; call 2 dial c0; return 2 ok conn 2; call 3 accept s0; return 3 ok conn 2`, OrderPromise, 0, "not accepted before it"},
		{"overlapping accepts have no order", with(linux, func(c *Contract) { c.Max.Stated = false }), `call 1 dial c0; return 1 ok conn 1; call 2 dial c0; return 2 ok conn 2; call 3 accept s0; call 4 accept s1; return 3 ok conn 2; return 4 ok conn 1`, lawful, 0, ""},
		{"an open accept may have it", with(linux, func(c *Contract) { c.Max.Stated = false }), `call 1 dial c0; return 1 ok conn 1; call 2 dial c0; return 2 ok conn 2; call 3 accept s0; call 4 accept s1; return 4 ok conn 2`, lawful, 0, ""},

		{"an accept waits beside a pending one", linux, `call 1 accept s0; call 2 dial c0; return 2 ok conn 2; rest quiet`, Progress, 0, "accept #1 by s0 waits at rest while a connection is pending: held by #2 of c0"},
		{"calm, it may be slow", linux, `call 1 accept s0; call 2 dial c0; return 2 ok conn 2; rest calm`, Progress, Suspect, ""},
		{"nothing is judged with an actor held", linux, `call 1 accept s0; hold s0 p; call 2 dial c0; return 2 ok conn 2; rest quiet`, lawful, 0, ""},
		{"an accept may wait for nothing", linux, `call 1 accept s0; rest quiet; call 2 dial c0; return 2 ok conn 2`, lawful, 0, ""},
		{"a dial waits beside room", blocking, `call 1 dial c0; return 1 ok conn 1; call 2 dial c1; rest quiet; call 3 accept s0; return 3 ok conn 1; rest quiet; rest quiet`, Progress, 0, "dial #2 by c1 waits at rest while at most 0 connections were held, and 1 is guaranteed"},
		{"a dial waits for a retry", dropping, `call 1 dial c0; return 1 ok conn 1; call 2 dial c1; rest quiet; call 3 accept s0; return 3 ok conn 1; rest quiet; clock 999; rest quiet`, lawful, 0, ""},
		{"a retry is due", dropping, `call 1 dial c0; return 1 ok conn 1; call 2 dial c1; rest quiet; call 3 accept s0; return 3 ok conn 1; rest quiet; clock 1000; rest quiet`, Progress, 0, "a whole retry interval of 1000 ms"},

		{"close tells", linux, `call 1 dial c0; return 1 ok conn 1; call 2 shut l0; end conn 1 reset; return 2 ok; rest quiet`, lawful, 0, ""},
		{"close does not tell", linux, `call 1 dial c0; return 1 ok conn 1; call 2 shut l0; return 2 ok; rest quiet`, ShutPromise, 0, "connection #1 of c0 was pending when the listener was closed, and was never told its end"},
		{"close does not tell soon", linux, `call 1 dial c0; return 1 ok conn 1; call 2 shut l0; return 2 ok; rest calm`, ShutPromise, Suspect, ""},
		{"close leaves an accept", linux, `call 1 accept s0; call 2 shut l0; return 2 ok; rest quiet`, ShutPromise, 0, "accept #1 by s0 still waits"},
		{"admitted after close", linux, `call 1 shut l0; return 1 ok; call 2 dial c0; return 2 ok conn 2`, ShutPromise, 0, "dial #2 by c0 succeeded after the listener was closed"},
		{"accepted after close", linux, `call 1 dial c0; return 1 ok conn 1; call 2 shut l0; return 2 ok; call 3 accept s0; return 3 ok conn 1`, ShutPromise, 0, "accept #3 by s0 succeeded after"},
		{"close that the target does not have", linux, `call 1 dial c0; return 1 ok conn 1; call 2 shut l0 1; return 2 unsupported; call 3 listen l0 0; return 3 ok; call 4 dial c0; return 4 refused`, lawful, 0, ""},
		{"close that failed", linux, `call 1 dial c0; return 1 ok conn 1; call 2 shut l0; return 2 failed; call 3 listen l0 0; return 3 ok; call 4 dial c0; return 4 refused`, lawful, 0, ""},
		{"close that failed, and the queue is empty after all", linux, `call 1 dial c0; return 1 ok conn 1; call 2 shut l0; return 2 failed; call 3 listen l0 0; return 3 ok; call 4 dial c0; return 4 ok conn 4`, lawful, 0, ""},
		{"abort that the target does not have", released, `call 1 dial c0; return 1 ok conn 1; call 2 abort c0 conn 1; return 2 unsupported; rest quiet; call 3 dial c0; return 3 refused`, lawful, 0, ""},
		{"opened again", linux, `call 1 dial c0; return 1 ok conn 1; call 2 shut l0; end conn 1 reset; return 2 ok; call 3 listen l0 0; return 3 ok; call 4 dial c0; return 4 ok conn 4`, lawful, 0, ""},
		{"opened again, with an empty queue", linux, `call 1 dial c0; return 1 ok conn 1; call 2 shut l0; end conn 1 reset; return 2 ok; call 3 listen l0 0; return 3 ok; call 4 dial c0; return 4 refused`, MinPending, 0, ""},
	})
}

// history reads events that are divided by semicolons.
func history(t *testing.T, events string) History {
	t.Helper()
	h, err := ParseHistory("backlog 0\n" + strings.ReplaceAll(events, ";", "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func judge(t *testing.T, cases []judgement) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			h := history(t, c.events)
			v := Check(h, c.contract)
			first := v.First()
			if c.breaks == lawful {
				if first != nil {
					t.Fatalf("alarm: %v: %s\n%s", first.Promise, first.Text, Picture(h, c.contract, first))
				}
				return
			}
			want := c.status
			if want == NotStated {
				want = Violated
			}
			if first == nil || first.Promise != c.breaks || v.Of[c.breaks] != want || !strings.Contains(first.Text, c.text) {
				t.Fatalf("want %v %v with %q, got %+v, %v\n%s", c.breaks, want, c.text, first, v.Of, Picture(h, c.contract, first))
			}
		})
	}
}

// TestNothingUncheckedIsHeld: what the contract does not state and what the
// history does not decide is not held.
func TestNothingUncheckedIsHeld(t *testing.T) {
	for p, s := range Check(history(t, "rest quiet"), linux).Of {
		if s != Unknown {
			t.Errorf("nothing happened, and %v is %v", Promise(p), s)
		}
	}
	busy := history(t, `rest quiet; call 1 dial c0; return 1 ok conn 1; call 2 dial c0; return 2 refused; call 3 accept s0; return 3 ok conn 1
		call 4 send c0 5 conn 1; return 4 ok; rest quiet; call 5 recv s0 conn 3; return 5 ok n 5; call 6 abort c0 conn 1; return 6 ok
		call 7 dial c0; return 7 ok conn 7; call 8 accept s0; return 8 ok conn 7; call 9 shut l0; return 9 ok; rest quiet`)
	for p, s := range Check(busy, linux).Of {
		if s != Held {
			t.Errorf("all was exercised, and %v is %v", Promise(p), s)
		}
	}
	for p, s := range Check(busy, Contract{}).Of {
		if want := p == int(Conserve) || p == int(Progress) || p == int(Isolation) || p == int(EarlyData); want != (s == Held) || !want && s != NotStated {
			t.Errorf("nothing is stated, and %v is %v", Promise(p), s)
		}
	}
	// What a planned failure of admission meets is not known: what follows is unknown.
	if s := Check(history(t, `call 1 fail l0; return 1 ok; call 2 dial c0; return 2 refused`), linux).Of[MinPending]; s != Unknown {
		t.Errorf("min-pending after a planned failure is %v", s)
	}
}

// TestCertainBeforeSuspect: a suspect violation never hides a certain one.
func TestCertainBeforeSuspect(t *testing.T) {
	h, err := ParseHistory("backlog 0\ncall 1 dial c0\nrest calm\ncall 2 dial c1\nreturn 2 ok conn 2\ncall 3 dial c1\nreturn 3 ok conn 3\n")
	if err != nil {
		t.Fatal(err)
	}
	v := Check(h, linux)
	if first := v.First(); len(v.Violations) != 2 || first.Promise != MaxPending || first.Suspect {
		t.Errorf("got %+v", v)
	}
}

func TestContractComparable(t *testing.T) {
	var a, b Contract // it would not compile if they did not
	if a != b || linux == a {
		t.Error("contracts do not compare")
	}
}

func TestBounds(t *testing.T) {
	bsd := Bound{Stated: true, Mul: 3, Div: 2, Plus: 1}
	for l, want := range map[int32]int32{0: 1, 1: 2, 2: 4, 128: 193, 1 << 30: 1610612737, -3: -3} {
		if got := bsd.Of(l); got != want {
			t.Errorf("%v of %d is %d, want %d", bsd, l, got, want)
		}
	}
	b := Backlog{Zero: 1, Negative: 128, High: 128}
	for arg, want := range map[int32]int32{0: 1, -1: 128, 5: 5, 1000: 128} {
		if got := b.Effective(arg); got != want {
			t.Errorf("%v: %d is read as %d, want %d", b, arg, got, want)
		}
	}
	for want, got := range map[string]Bound{"not stated": {}, "L": Exactly(0), "L+1": Exactly(1), "floor(3L/2)+1": bsd, "4096": {Stated: true, Plus: 4096}} {
		if got.String() != want {
			t.Errorf("%+v is written %v, want %s", got, got, want)
		}
	}
}
