package listentest

import "testing"

// TestCheckDetails judges hand-written histories in which one term of one rule
// decides: each is there because a mistake in that term was not noticed (see
// ci/mutants). Where it says which words it wants, the intervals have to find
// it, and not the search.
func TestCheckDetails(t *testing.T) {
	released := with(linux, func(c *Contract) { c.Must, c.May = Completed, Completed })
	closing := with(linux, func(c *Contract) { c.Credit, c.Must, c.May = CreditClose, Completed|Accepted, Completed|Accepted })
	dropping := with(linux, func(c *Contract) { c.Overflow, c.Retry = Drop, 1000 })
	half := with(linux, func(c *Contract) { c.May |= HalfOpen })
	severs := with(linux, func(c *Contract) { c.Anomalies = Severs })
	later := with(linux, func(c *Contract) { c.Admit = AdmitLater })
	two := func(c Contract) Contract { c.Guaranteed, c.Max = Exactly(2), Exactly(2); return c }
	const full = `call 1 dial c0; return 1 ok conn 1; `
	const crowd = `call 1 tick 1; call 2 tick 1; call 3 tick 1; call 4 tick 1; call 5 tick 1; call 6 tick 1; call 7 tick 1; ` // more overlap than the search takes
	judge(t, []judgement{
		{"refused, and accepted where it is not judged any more", linux, `call 1 dial c0; return 1 refused; call 2 fail l0; return 2 ok; call 3 accept s0; return 3 ok conn 1`, MinPending, 0, "was refused while at most 0"},
		{"a listen that failed changes nothing", linux, `call 1 listen l0 3; return 1 failed; call 2 dial c0; return 2 ok conn 2; call 3 dial c0; return 3 refused`, lawful, 0, ""},
		{"a refused dial holds no place behind its return", half, full + `call 2 dial c0; return 2 refused; call 3 accept s0; return 3 ok conn 1; call 4 dial c0; return 4 refused`, MinPending, 0, "while at most 0 connections were held, and 1 is guaranteed: nobody held a place"},
		{"an ack may have its effect before it returns", linux, `call 1 syn c0; return 1 ok; call 2 ack c0 conn 1; call 3 dial c1; return 3 refused; return 2 ok`, lawful, 0, ""},
		{"and behind its return, until a rest", linux, full + `call 2 syn c1; return 2 ok; call 3 ack c1 conn 2; return 3 ok; call 4 accept s0; return 4 ok conn 1; call 5 accept s0; return 5 ok conn 2`, lawful, 0, ""},
		{"the dead hold no place behind a rest", released, full + `call 2 abort c0 conn 1; return 2 ok; rest quiet; call 3 dial c0; return 3 refused`, MinPending, 0, "was refused while at most 0 connections were held, and 1 is guaranteed: nobody held a place"},
		{"nor does one of them that an accept takes", released, full + `call 2 abort c0 conn 1; return 2 ok; rest quiet; call 3 accept s0; call 4 dial c1; return 4 refused; return 3 ok`, MinPending, 0, ""},
		{"nor are they a reason to turn away later what was open at that rest", released, full + `call 2 dial c1; call 3 abort c0 conn 1; return 3 ok; rest quiet; return 2 ok conn 2; end conn 2 reset; call 4 accept s0; return 4 ok`, MinPending, 0, "connection #2 of c1 was ended"},
		{"a close empties the queue, and nobody need be told of it", linux, full + `call 2 shut l0; return 2 ok; call 3 listen l0 0; return 3 ok; call 4 dial c0; return 4 refused`, MinPending, 0, "was refused while at most 0 connections were held, and 1 is guaranteed: nobody held a place"},
		{"an accept that waits at a rest had taken nothing before it", linux, full + `call 2 accept s0; call 3 dial c1; return 3 ok conn 3; rest quiet; return 2 ok conn 1`, MaxPending, 0, "dial #3 by c1 was admitted while at least 1 connection was held"},
		{"an accepted one may give its place back before its hangup returns", closing, full + `call 2 accept s0; return 2 ok conn 1; call 3 hangup s0 conn 2; call 4 dial c0; return 4 ok conn 4; return 3 ok`, lawful, 0, ""},
		{"an accepted one that was told its end may have", closing, full + `call 2 accept s0; return 2 ok conn 1; end conn 1 reset; call 3 dial c0; return 3 ok conn 3`, lawful, 0, ""},
		{"a stranger was one of those that were held", linux, full + `call 2 accept s0; return 2 ok; call 3 dial c0; return 3 refused`, MinPending, 0, "was refused while at most 0 connections were held"},
		{"and one that was told its end may be what it took, and hold its place until it returns", linux, full + `call 2 accept s0; end conn 1 reset; call 3 dial c1; return 3 refused; return 2 ok`, lawful, 0, ""},
		{"or one that was reset, which nobody knows", two(linux), crowd + `call 8 dial c0; return 8 ok conn 8; call 9 dial c0; return 9 ok conn 9; call 10 dial c0; call 11 accept s0; return 10 reset; return 11 ok; call 12 dial c0; return 12 refused`, lawful, 0, ""},
		{"the listener counts those that are accepted no more", with(closing, func(c *Contract) { c.Must = Completed }), full + `call 2 accept s0; return 2 ok conn 1; rest quiet; gauge l0 0; call 3 dial c0; return 3 refused`, lawful, 0, ""},
		{"the listener's count is of its moment", linux, full + `call 2 accept s0; gauge l0 0; return 2 ok conn 1; call 3 dial c0; return 3 ok conn 3; call 4 dial c0; return 4 refused`, lawful, 0, ""},
		{"a listen beside a shut is not judged", linux, full + `call 2 shut l0; call 3 listen l0 1; return 3 ok; return 2 ok; end conn 1 reset; call 4 dial c0; return 4 refused; call 5 dial c0; return 5 ok conn 5`, lawful, 0, ""},
		{"one that was turned away may come again, as a phantom", with(linux, func(c *Contract) { c.Admit, c.Anomalies, c.Overflow = AdmitNever, Phantom, 0 }), `rest quiet; call 1 dial c0; return 1 ok conn 1; call 2 dial c0; return 2 ok conn 2; end conn 2 reset; end conn 1 reset`, lawful, 0, ""},
		{"an accepted phantom need not hold a place", with(linux, func(c *Contract) {
			c.Credit, c.Anomalies, c.Must, c.May = CreditClose, Phantom, c.Must|Accepted, c.May|Accepted
		}), full + `call 2 accept s0; return 2 ok conn 1; call 3 hangup s0 conn 2; return 3 ok; call 4 abort c0 conn 1; return 4 ok; call 5 accept s0; return 5 ok conn nobody; call 6 dial c1; return 6 ok conn 6`, lawful, 0, ""},
		{"an abort that is open at a rest", with(linux, func(c *Contract) { c.Must, c.May = Completed, Completed }), full + `call 2 abort c0 conn 1; rest quiet; call 3 dial c1; return 3 refused; return 2 ok`, lawful, 0, ""},
		{"a client that leaves a closed listener is told nothing", linux, full + `call 2 shut l0; return 2 ok; call 3 abort c0 conn 1; return 3 ok; rest quiet`, lawful, 0, ""},
		{"an accept that will fail waits as well", with(linux, func(c *Contract) { c.Admit = AdmitNever }), full + `call 2 dial c1; return 2 refused; call 3 accept s0; rest quiet; call 4 shut l0; return 3 closed; return 4 ok`, Progress, 0, "no order of what overlapped explains that at rest all who are waiting wait"},
		{"given up after a quiet rest", linux, `call 1 dial c0; rest quiet; return 1 cancelled`, MinPending, 0, "dial #1 by c0 was still open at rest"},
		{"given up after a calm rest", linux, `call 1 dial c0; rest calm; return 1 cancelled`, lawful, 0, ""},
		{"timed out", linux, crowd + `call 8 dial c0; return 8 timeout`, MinPending, Suspect, "timed out"},
		{"a dial that is open at a rest was not admitted before it", linux, `call 1 dial c1; call 2 dial c0; return 2 ok conn 2; rest quiet; return 1 ok conn 1`, MaxPending, 0, "dial #1 by c1 was admitted while at least 1 connection was held"},
		{"more than the most, and no dial that shows it", later, full + `call 2 dial c0; return 2 ok conn 2; rest quiet`, MaxPending, 0, "at least 2 connections were held, and at most 1 may be"},
		{"ended by its client", linux, full + `call 2 abort c0 conn 1; end conn 1 reset; return 2 ok`, lawful, 0, ""},
		{"ended by its client before there was room", later, full + `rest quiet; call 2 dial c1; return 2 ok conn 2; call 3 abort c1 conn 2; end conn 2 reset; return 3 ok; call 4 accept s0; return 4 ok conn 1; call 5 dial c0; return 5 refused`, MinPending, 0, ""},
		{"a finished handshake that found no room is half-open", half, full + `call 2 syn c1; return 2 ok; call 3 ack c1 conn 2; return 3 ok; rest quiet; call 4 accept s0; return 4 ok conn 1; call 5 dial c0; return 5 refused`, lawful, 0, ""},
		{"what explains the whole is blamed, not what explains the event", two(linux), full + `call 2 dial c0; return 2 ok conn 2; call 3 dial c0; return 3 ok conn 3; end conn 1 reset; end conn 2 reset; call 4 accept s0`, MinPending, 0, "dial #3 by c0 returned ok; without min-pending one would"},

		{"an accept that is told the end", linux, `call 1 accept s0; return 1 eof`, Isolation, 0, "failed with eof"},
		{"what returned ok beside others may not be pending at a close", with(linux, func(c *Contract) { c.Admit = AdmitUnlessOverlapped }), `call 1 dial c0; call 2 dial c1; return 1 ok conn 1; return 2 ok conn 2; call 3 shut l0; end conn 1 reset; return 3 ok; rest quiet`, lawful, 0, ""},
		{"a listen that failed opens nothing", linux, `call 1 shut l0; return 1 ok; call 2 listen l0 0; return 2 failed; call 3 accept s0; rest quiet`, ShutPromise, 0, ""},

		{"what is sent to one that has hung up is answered by a reset", linux, full + `call 2 accept s0; return 2 ok conn 1; call 3 hangup c0 conn 1; return 3 ok; call 4 send s0 1 conn 2; return 4 ok; call 5 recv s0 conn 2; return 5 reset`, lawful, 0, ""},
		{"and what is sent to one that has closed half is not", linux, full + `call 2 accept s0; return 2 ok conn 1; call 3 half-close c0 conn 1; return 3 ok; call 4 send s0 1 conn 2; return 4 ok; call 5 recv s0 conn 2; return 5 reset`, EarlyData, 0, "was reset, and nobody had reset it"},
		{"a close that severs ends what was accepted", severs, full + `call 2 accept s0; return 2 ok conn 1; call 3 shut l0; return 3 ok; call 4 recv c0 conn 1; return 4 eof`, lawful, 0, ""},
		{"even what is accepted beside it", severs, full + `call 2 shut l0; call 3 accept s0; return 3 ok conn 1; return 2 ok; call 4 recv s0 conn 3; return 4 reset`, lawful, 0, ""},
		{"but not what is dialed at the next listener", severs, full + `call 2 shut l0; return 2 ok; call 3 listen l0 0; return 3 ok; call 4 dial c0; return 4 ok conn 4; call 5 accept s0; return 5 ok conn 4; call 6 recv s0 conn 5; return 6 reset`, EarlyData, 0, "was reset, and nobody had reset it"},
		{"nor does one that does not sever", linux, full + `call 2 accept s0; return 2 ok conn 1; call 3 shut l0; return 3 ok; call 4 recv c0 conn 1; return 4 eof`, EarlyData, 0, "was told the end"},
		{"an accept fills nothing where completed ones need not hold a place", with(linux, func(c *Contract) {
			c.Credit, c.Must, c.May = CreditClose, Accepted|HalfOpen, Completed|Accepted|HalfOpen
		}), full + `call 2 accept s0; call 3 dial c1; return 2 ok conn 1; rest quiet; call 4 accept s0; return 4 ok conn 3; return 3 ok conn 3`, lawful, 0, ""},
		{"one that timed out while its ack was open may have been in time", two(half), `call 1 syn c0; return 1 ok; call 2 ack c0 conn 1; end conn 1 timeout; call 3 syn c1; return 3 ok; call 4 dial c2; return 4 refused`, lawful, 0, ""},
		{"but not behind its ack", two(half), `call 1 syn c0; return 1 ok; call 2 ack c0 conn 1; return 2 ok; end conn 1 timeout; call 3 syn c1; return 3 ok; call 4 dial c2; return 4 refused`, MinPending, 0, ""},
		{"nor before it", two(half), `call 1 syn c0; return 1 ok; end conn 1 timeout; call 2 ack c0 conn 1; call 3 syn c1; return 3 ok; call 4 dial c2; return 4 refused`, MinPending, 0, ""},
		{"a program that ended", linux, `call 1 accept s0; died panic lib.f`, Isolation, 0, "the program ended by a panic, in lib.f"},
		{"a program that hangs", linux, `call 1 accept s0; died timeout lib.f`, Isolation, 0, "the program hangs, in lib.f"},
		{"bytes arrive while their send is open", linux, full + `call 2 accept s0; return 2 ok conn 1; call 3 send c0 9 conn 1; call 4 recv s0 conn 2; return 4 ok n 9; return 3 ok`, lawful, 0, ""},
		{"one byte is lost", linux, full + `call 2 accept s0; return 2 ok conn 1; call 3 send c0 9 conn 1; return 3 ok; rest quiet; call 4 recv s0 conn 2; return 4 ok n 8`, EarlyData, 0, "got 8 of the 9 bytes"},

		{"overlapping dials are no probe", two(half), `rest quiet; call 1 dial c0; call 2 dial c1; call 3 dial c2; return 1 refused; return 2 refused; return 3 refused`, lawful, 0, ""},
		{"turned away for one that was half-open, and turned away for that", with(half, func(c *Contract) { c.Admit, c.Overflow = AdmitLater, EndLater|Refuse }), `rest quiet; call 1 dial c0; return 1 ok conn 1; call 2 dial c0; return 2 refused; end conn 1 reset`, lawful, 0, ""},
		{"a retry's time begins again behind a full queue", dropping, full + `call 2 dial c1; rest quiet; call 3 accept s0; return 3 ok conn 1; rest quiet; call 4 dial c0; return 4 ok conn 4; rest quiet; clock 1000; rest quiet`, lawful, 0, ""},
		{"a retry may be late at a calm rest", two(dropping), full + `call 2 dial c0; return 2 ok conn 2; call 3 dial c1; rest quiet; call 4 accept s0; return 4 ok conn 1; call 5 accept s0; return 5 ok conn 2; rest quiet; clock 1000; rest calm`, lawful, 0, ""},
	})
}

// TestCheckUndecided: what a history does not decide is unknown, and what
// breaks one promise breaks no other.
func TestCheckUndecided(t *testing.T) {
	blocking := with(linux, func(c *Contract) { c.Overflow, c.Guaranteed = Block, Exactly(2) })
	dropping := with(linux, func(c *Contract) { c.Overflow, c.Retry, c.Guaranteed = Drop, 1000, Exactly(2) })
	for _, c := range []struct {
		name     string
		contract Contract
		events   string
		promise  Promise
	}{
		{"a probe begins at a quiet rest", linux, `rest calm; call 1 dial c0; return 1 ok conn 1; call 2 dial c0; return 2 refused`, CreditPromise},
		{"a probe begins with nothing open", linux, `call 1 accept s0; rest quiet; call 2 dial c0; return 2 ok conn 2; call 3 dial c0; return 3 refused`, CreditPromise},
		{"a probe of a closed listener", linux, `call 1 shut l0; return 1 ok; rest quiet; call 2 dial c0; return 2 refused`, CreditPromise},
		{"a dial that one rest saw open", blocking, `rest quiet; call 1 dial c0; rest quiet`, Progress},
		{"a dial that came when there was room", dropping, `rest quiet; call 1 dial c0; clock 1000; rest quiet`, Progress},
	} {
		if s := Check(history(t, c.events), c.contract).Of[c.promise]; s != Unknown {
			t.Errorf("%s: %v is %v", c.name, c.promise, s)
		}
	}
}
