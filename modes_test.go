package listentest

import "testing"

// TestCheckModes judges hand-written histories of what no target does yet, or
// few: data, half-open connections, gauges, phantoms, panics, looks.
func TestCheckModes(t *testing.T) {
	later := with(linux, func(c *Contract) { c.Admit, c.Overflow = AdmitLater, EndLater })
	half := with(linux, func(c *Contract) { c.May |= HalfOpen })
	laterHalf := with(half, func(c *Contract) {
		c.Guaranteed, c.Max, c.Admit, c.Overflow = Exactly(2), Exactly(2), AdmitLater, EndLater|Refuse
	})
	halfMust := with(half, func(c *Contract) { c.Must |= HalfOpen })
	phantom := with(linux, func(c *Contract) { c.Anomalies = Phantom })
	const grown = `call 1 listen l0 1; return 1 ok; `
	const shrunk = `call 4 listen l0 0; return 4 ok; `
	const both = `call 7 accept s0; return 7 ok conn 2; call 8 accept s0; return 8 ok conn 3; rest quiet`
	const accepted = `call 1 dial c0; return 1 ok conn 1; call 2 accept s0; return 2 ok conn 1; `
	judge(t, []judgement{
		{"a panic", linux, `call 1 accept s0; return 1 panic`, Isolation, 0, "accept #1 by s0 panicked"},
		{"a poisoned accept", linux, accepted + `call 3 abort c0 conn 1; return 3 ok; call 4 accept s0; return 4 failed`, Isolation, 0, "accept #4 by s0 failed with failed though nobody closed the listener"},
		{"an accept that fails after close", linux, `call 1 accept s0; call 2 shut l0; return 2 ok; return 1 closed`, lawful, 0, ""},
		{"an accept that is given up", linux, `call 1 accept s0; return 1 cancelled`, lawful, 0, ""},

		{"bytes arrive", linux, accepted + `call 3 send c0 9 conn 1; return 3 ok; rest quiet; call 4 recv s0 conn 2; return 4 ok n 9`, lawful, 0, ""},
		{"bytes that were sent before accept are lost", linux, `call 1 dial c0; return 1 ok conn 1; call 2 send c0 9 conn 1; return 2 ok; call 3 accept s0; return 3 ok conn 1; rest quiet; call 4 recv s0 conn 3; return 4 ok n 4`, EarlyData, 0, "recv #4 by s0 on connection #1 got 4 of the 9 bytes that were sent before the rest"},
		{"bytes that the server sent first are lost", linux, accepted + `call 3 send s0 9 conn 2; return 3 ok; rest quiet; call 4 recv c0 conn 1; return 4 ok`, EarlyData, 0, "got 0 of the 9 bytes"},
		{"bytes may be on their way without a rest", linux, accepted + `call 3 send c0 9 conn 1; return 3 ok; rest calm; call 4 recv s0 conn 2; return 4 ok n 4`, lawful, 0, ""},
		{"bytes that nobody sent", linux, accepted + `call 3 send c0 4 conn 1; return 3 ok; call 4 recv s0 conn 2; return 4 ok n 5`, EarlyData, 0, "got 5 bytes, and 4 were sent"},
		{"wrong bytes", linux, accepted + `call 3 send c0 4 conn 1; return 3 ok; call 4 recv s0 conn 2; return 4 corrupt n 2`, EarlyData, 0, "got bytes that are not those that were sent"},
		{"bytes that come back", linux, accepted + `call 3 send c0 4 conn 1; return 3 ok; call 4 recv s0 conn 2; return 4 ok n 4; call 5 recv s0 conn 2; return 5 ok n 3`, EarlyData, 0, "has got 3 bytes in all, after it had 4"},
		{"an end that nobody made", linux, accepted + `rest quiet; call 3 recv s0 conn 2; return 3 eof`, EarlyData, 0, "was told the end, and the other side has not ended it"},
		{"an end that came too soon", linux, accepted + `call 3 send c0 9 conn 1; return 3 ok; call 4 half-close c0 conn 1; return 4 ok; call 5 recv s0 conn 2; return 5 eof n 4`, EarlyData, 0, "was told the end after 4 of 9 bytes"},
		{"an end in time", linux, accepted + `call 3 send c0 9 conn 1; return 3 ok; call 4 half-close c0 conn 1; return 4 ok; call 5 recv s0 conn 2; return 5 eof n 9`, lawful, 0, ""},
		{"a reset that nobody made", linux, accepted + `call 3 recv s0 conn 2; return 3 reset`, EarlyData, 0, "was reset, and nobody had reset it"},
		{"who was given up may have reset it", linux, `call 1 dial c0; call 2 cancel c0; return 2 ok; return 1 cancelled; call 3 accept s0; return 3 ok conn 1; call 4 recv s0 conn 3; return 4 reset`, lawful, 0, ""},
		{"a reset may lose bytes", linux, accepted + `call 3 send c0 9 conn 1; return 3 ok; call 4 abort c0 conn 1; return 4 ok; rest quiet; call 5 recv s0 conn 2; return 5 reset`, lawful, 0, ""},
		{"close with bytes unread may lose what was sent", linux, accepted + `call 3 send s0 1 conn 2; return 3 ok; call 4 send c0 9 conn 1; return 4 ok; call 5 hangup c0 conn 1; return 5 ok; rest quiet; call 6 recv s0 conn 2; return 6 ok n 3`, lawful, 0, ""},

		{"fewer than there are places", with(later, func(c *Contract) { c.Guaranteed = Exactly(2) }),
			`rest quiet; call 1 dial c0; return 1 ok conn 1; call 2 dial c0; return 2 ok conn 2; call 3 dial c0; return 3 ok conn 3; end conn 2 reset; end conn 3 reset; rest quiet`,
			CreditPromise, 0, "of 3 dials from rest 1 were admitted while at most 0 connections were held before, and 2 are guaranteed"},
		{"as many as there are places", with(later, func(c *Contract) { c.Guaranteed, c.Max = Exactly(2), Exactly(2) }),
			`rest quiet; call 1 dial c0; return 1 ok conn 1; call 2 dial c0; return 2 ok conn 2; call 3 dial c0; return 3 ok conn 3; end conn 3 reset; rest quiet`, lawful, 0, ""},

		{"a look that is not the contract's", linux, `call 1 dial c0; return 1 ok conn 1; call 2 dial c0; return 2 would-block`, RefusalMode, 0, "dial #2 by c0 was told would-block, and overflow is refuse+drop"},
		{"a closed listener may look as it likes", linux, `call 1 shut l0; return 1 ok; call 2 dial c0; return 2 reset`, lawful, 0, ""},

		{"half-open ones may count", half, `call 1 syn c0; return 1 ok; call 2 dial c1; return 2 refused`, lawful, 0, ""},
		{"half-open ones do not count", linux, `call 1 syn c0; return 1 ok; call 2 dial c1; return 2 refused`, MinPending, 0, ""},
		{"half-open ones must count", halfMust, `call 1 syn c0; return 1 ok; call 2 dial c1; return 2 ok conn 2`, MaxPending, 0, ""},
		{"time may end half-open ones", halfMust, `call 1 syn c0; return 1 ok; call 2 tick 64; return 2 ok; call 3 dial c1; return 3 ok conn 3`, lawful, 0, ""},
		{"a finished handshake may be in the queue", linux, `call 1 syn c0; return 1 ok; call 2 ack c0 conn 1; return 2 ok; call 3 dial c1; return 3 refused`, lawful, 0, ""},
		{"time may end one whose ack is under way", linux, `call 1 syn c0; return 1 ok; call 2 ack c0 conn 1; end conn 1 timeout; return 2 ok; rest quiet`, lawful, 0, ""},
		{"or that is repeated, and did not come before", linux, `call 1 syn c0; return 1 ok; call 2 ack c0 conn 1; return 2 ok; call 3 ack c0 conn 1; end conn 1 timeout; return 3 ok; rest quiet`, lawful, 0, ""},
		{"but not behind its ack", linux, `call 1 syn c0; return 1 ok; call 2 ack c0 conn 1; return 2 ok; end conn 1 timeout`, MinPending, 0, "was ended before any accept while at most 0"},
		{"nor does time reset it", linux, `call 1 syn c0; return 1 ok; call 2 ack c0 conn 1; end conn 1 reset; return 2 ok`, MinPending, 0, "was ended before any accept while at most 0"},
		{"a client that was told ok may be half-open to the listener", laterHalf, `call 1 dial c0; return 1 ok conn 1; call 2 syn c1; return 2 ok; call 3 dial c2; return 3 refused; call 4 ack c1 conn 2; return 4 ok; call 5 accept s0; return 5 ok conn 2; rest quiet; call 6 accept s0; return 6 ok conn 1`, lawful, 0, ""},
		{"but not behind a rest", laterHalf, `call 1 dial c0; return 1 ok conn 1; rest quiet; call 2 syn c1; return 2 ok; call 3 dial c2; return 3 refused; call 4 ack c1 conn 2; return 4 ok; call 5 accept s0; return 5 ok conn 2`, OrderPromise, 0, ""},
		{"and not once it was turned away", laterHalf, `call 1 dial c0; return 1 ok conn 1; call 2 dial c1; return 2 ok conn 2; call 3 dial c2; return 3 ok conn 3; end conn 1 reset; end conn 2 reset; end conn 3 reset`, MinPending, 0, "no order of what overlapped"},
		{"one that was let in keeps its place when the backlog shrinks", halfMust, grown + `call 2 syn c0; return 2 ok; call 3 syn c1; return 3 ok; ` + shrunk + `call 5 ack c0 conn 2; return 5 ok; call 6 ack c1 conn 3; return 6 ok; rest quiet; ` + both, lawful, 0, ""},
		{"which is one place, also when it is admitted", halfMust, grown + `call 2 syn c0; return 2 ok; call 3 syn c1; return 3 ok; ` + shrunk + `call 5 ack c0 conn 2; return 5 ok; call 6 ack c1 conn 3; return 6 ok; rest quiet; call 7 listen l0 2; return 7 ok; call 8 dial c2; return 8 ok conn 8; call 9 accept s0; return 9 ok conn 2; call 10 accept s0; return 10 ok conn 3`, lawful, 0, ""},
		{"and where it may have a place", half, grown + `call 2 syn c0; return 2 ok; call 3 syn c1; return 3 ok; ` + shrunk + `call 5 ack c0 conn 2; return 5 ok; call 6 ack c1 conn 3; return 6 ok; rest quiet; ` + both, lawful, 0, ""},
		{"but not where it has none", linux, grown + `call 2 syn c0; return 2 ok; call 3 syn c1; return 3 ok; ` + shrunk + `call 5 ack c0 conn 2; return 5 ok; call 6 ack c1 conn 3; return 6 ok; rest quiet; ` + both, MaxPending, 0, "accept #8 by s0 returned connection #3 of c1; without max-pending one would"},
		{"nor is more let in than there was room", half, grown + `call 2 syn c0; return 2 ok; call 3 syn c1; return 3 ok; call 4 dial c2; return 4 ok conn 4; call 5 listen l0 0; return 5 ok; call 6 ack c0 conn 2; return 6 ok; call 7 ack c1 conn 3; return 7 ok; rest quiet; call 8 accept s0; return 8 ok conn 4; call 9 accept s0; return 9 ok conn 2; call 10 accept s0; return 10 ok conn 3`, MaxPending, 0, "connection #3 of c1; without max-pending one would"},
		{"nor does a later growth let them in before", halfMust, `call 1 syn c0; return 1 ok; call 2 ack c0 conn 1; call 3 dial c1; return 3 ok conn 3; return 2 ok; rest quiet; call 4 accept s0; return 4 ok conn 3; call 5 accept s0; return 5 ok conn 1`, MaxPending, 0, "connection #1 of c0; without max-pending one would"},
		{"a syn that is refused with room", linux, `call 1 syn c0; return 1 refused`, MinPending, 0, ""},
		{"accepted from half-open without an ack", linux, `call 1 syn c0; return 1 ok; call 2 accept s0; return 2 ok conn 1`, Conserve, 0, ""},

		{"an ack that is repeated may be the one that counts", linux, `call 1 dial c0; return 1 ok conn 1; call 2 syn c1; return 2 ok; call 3 ack c1 conn 2; return 3 ok; rest quiet; call 4 accept s0; return 4 ok conn 1; call 5 ack c1 conn 2; return 5 ok; call 6 accept s0; return 6 ok conn 2`, lawful, 0, ""},
		{"an ack that is not repeated came when there was no room", linux, `call 1 dial c0; return 1 ok conn 1; call 2 syn c1; return 2 ok; call 3 ack c1 conn 2; return 3 ok; rest quiet; call 4 accept s0; return 4 ok conn 1; call 5 accept s0; return 5 ok conn 2`, MaxPending, 0, "accept #5 by s0 returned connection #2 of c1; without max-pending one would"},
		{"one that may still come counts", linux, `call 1 dial c0; return 1 ok conn 1; call 2 syn c1; return 2 ok; call 3 ack c1 conn 2; return 3 ok; call 4 ack c1 conn 2; rest quiet; call 5 accept s0; return 5 ok conn 1; call 6 accept s0; return 6 ok conn 2; return 4 ok`, lawful, 0, ""},

		{"a phantom is declared", phantom, accepted + `call 3 abort c0 conn 1; return 3 ok; call 4 accept s0; return 4 ok conn nobody`, lawful, 0, ""},
		{"a phantom may hold the place", phantom, accepted + `call 3 abort c0 conn 1; return 3 ok; rest quiet; call 4 dial c0; return 4 refused`, lawful, 0, ""},
		{"nothing has ended, so nothing is a phantom's", phantom, `call 1 dial c0; return 1 refused`, MinPending, 0, ""},

		{"who is dialing may come in behind the listener's count", linux, `call 1 dial c0; gauge l0 0; return 1 ok conn 1; call 2 dial c1; return 2 refused`, lawful, 0, ""},
		{"and so may who is said to be in and is not", with(linux, func(c *Contract) { c.Admit = AdmitLater }), `call 1 dial c0; return 1 ok conn 1; gauge l0 0; call 2 dial c1; return 2 refused`, lawful, 0, ""},
		{"and who returned after the listener was asked", with(linux, func(c *Contract) { c.Must = 0 }), `call 1 dial c0; return 1 ok conn 1; gauge l0 0; call 2 dial c1; return 2 refused`, lawful, 0, ""},
		{"who was in before it was asked does not come again", with(linux, func(c *Contract) { c.Must = 0 }), `call 1 dial c0; return 1 ok conn 1; rest calm; gauge l0 0; call 2 dial c1; return 2 refused`, MinPending, 0, ""},
		{"a count of fewer than are in stands for nothing", linux, `call 1 dial c0; return 1 ok conn 1; rest quiet; gauge l0 0; call 2 dial c1; return 2 refused`, lawful, 0, ""},
		{"the listener's own count", linux, `call 1 dial c0; return 1 ok conn 1; call 2 accept s0; hold s0 dequeued; gauge l0 0; call 3 dial c1; return 3 refused; call 4 resume s0; return 4 ok; return 2 ok conn 1`, MinPending, 0, ""},
		{"without it, a held acceptor may have the place", linux, `call 1 dial c0; return 1 ok conn 1; call 2 accept s0; hold s0 dequeued; call 3 dial c1; return 3 refused; call 4 resume s0; return 4 ok; return 2 ok conn 1`, lawful, 0, ""},
	})
}

// TestCreditWindow: a refusal beside an acceptor that is held inside accept is
// an observation.
func TestCreditWindow(t *testing.T) {
	h := history(t, `call 1 dial c0; return 1 ok conn 1; call 2 accept s0; hold s0 dequeued; call 3 dial c1; return 3 refused; call 4 resume s0; return 4 ok; return 2 ok conn 1`)
	v := Check(h, linux)
	want := "credit window: dial #3 by c1 was refused while s0 is held inside accept #2 at dequeued"
	if len(v.Observations) != 1 || v.Observations[0].Text != want || v.First() != nil {
		t.Errorf("got %+v", v)
	}
	for why, events := range map[string]string{
		"a full queue":                         `call 1 dial c0; return 1 ok conn 1; call 2 dial c1; return 2 refused`,
		"a hold that began during the refusal": `call 1 dial c0; return 1 ok conn 1; call 2 accept s0; call 3 dial c1; hold s0 dequeued; return 3 refused; call 4 resume s0; return 4 ok; return 2 ok conn 1`,
		"a queue that is full besides":         `call 1 dial c0; return 1 ok conn 1; call 2 accept s0; hold s0 dequeued; call 3 dial c1; return 3 ok conn 3; call 4 dial c1; return 4 refused; call 5 resume s0; return 5 ok; return 2 ok conn 1`,
	} {
		if v := Check(history(t, events), linux); len(v.Observations) != 0 || v.First() != nil {
			t.Errorf("%s is no window: %+v", why, v)
		}
	}
}

// TestDoubt: a listener's own count that is not what can be held is an
// observation, and only where it is certain.
func TestDoubt(t *testing.T) {
	dead := with(linux, func(c *Contract) { c.Must, c.May = Completed, Completed })
	const one = `call 1 dial c0; return 1 ok conn 1; `
	for _, c := range []struct {
		why    string
		c      Contract
		events string
		want   string
	}{
		{"one too many", linux, one + `gauge l0 2`, "l0 counts 2 in its queue while at most 1 connection was held"},
		{"one too few", linux, one + `rest quiet; gauge l0 0`, "l0 counts 0 in its queue while at least 1 connection was held"},
		{"one that is not there", linux, `gauge l0 1`, "l0 counts 1 in its queue while at most 0 connections were held"},
		{"more than all who may be in", linux, one + `call 2 dial c1; gauge l0 3`, "l0 counts 3 in its queue while at most 2 connections were held"},
		{"that of two is as good as the other", linux, one + `call 2 accept s0; gauge l0 2`, "l0 counts 2 in its queue while at most 1 connection was held"},
		{"only the first is told", linux, `gauge l0 1; gauge l0 2`, "l0 counts 1 in its queue while at most 0 connections were held"},

		{"as it is", linux, one + `gauge l0 1; call 2 accept s0; return 2 ok conn 1; gauge l0 0`, ""},
		{"asked before the return", linux, `call 1 dial c0; return 1 ok conn 1; call 2 accept s0; return 2 ok conn 1; gauge l0 1`, ""},
		{"asked before a dial returned", linux, `call 1 dial c0; return 1 ok conn 1; gauge l0 0`, ""},
		{"of a half-open one nothing is sure", with(linux, func(c *Contract) { c.May |= HalfOpen }), `call 1 syn c0; return 1 ok; rest quiet; gauge l0 0; gauge l0 1`, ""},
		{"who is dead may be in the queue", dead, one + `call 2 abort c0 conn 1; return 2 ok; rest quiet; gauge l0 1`, ""},
		{"who is accepted is not", with(linux, func(c *Contract) { c.Credit, c.Must, c.May = CreditClose, c.Must|Accepted, c.May|Accepted }), one + `call 2 accept s0; return 2 ok conn 1; gauge l0 0`, ""},
		{"of a group it is one listener's", linux, `call 1 listen l1 1; return 1 ok; call 2 dial c0; return 2 ok conn 2; rest quiet; gauge l0 0`, ""},
		{"nothing is known of l1", linux, `gauge l1 1`, ""},
		{"nor behind a planned failure", linux, one + `call 2 fail l0 1; return 2 ok; call 3 dial c0; return 3 failed; gauge l0 5`, ""},
	} {
		v := Check(history(t, c.events), c.c)
		got := ""
		if len(v.Observations) > 0 {
			got = v.Observations[0].Text
		}
		if got != c.want || len(v.Observations) > 1 || v.First() != nil {
			t.Errorf("%s: %+v", c.why, v)
		}
	}
	// A count that is in doubt does not stand for what is held.
	v := Check(history(t, one+`rest quiet; gauge l0 0; call 2 dial c1; return 2 refused`), linux)
	if v.First() != nil || len(v.Observations) != 1 {
		t.Errorf("a refusal beside a count in doubt: %+v", v)
	}
}
