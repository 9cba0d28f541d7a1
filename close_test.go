package listentest

import "testing"

// TestCheckClose judges hand-written histories of what a close must not leave
// and must not touch: itself, who waits for room, and who was accepted before.
func TestCheckClose(t *testing.T) {
	blocking := with(linux, func(c *Contract) { c.Overflow = Block })
	silent := with(linux, func(c *Contract) { c.Close = AnyClose })
	const accepted = `call 1 dial c0; return 1 ok conn 1; call 2 accept s0; return 2 ok conn 1; `
	const full = `call 1 dial c0; return 1 ok conn 1; `
	judge(t, []judgement{
		{"close ends who was accepted", linux, accepted + `call 3 shut l0; return 3 ok; end conn 1 reset; rest quiet`, ShutPromise, 0, "connection #1 of c0 had been accepted when the listener was closed, and was ended with it"},
		{"before it has returned", linux, accepted + `call 3 shut l0; end conn 1 eof; return 3 ok`, ShutPromise, 0, "connection #1 of c0 had been accepted"},
		{"or one of whom it was learned later", linux, `call 1 dial c0; return 1 ok conn 1; call 2 accept s0; return 2 ok; call 3 shut l0; return 3 ok; end conn 1 reset; named 2 conn 1`, ShutPromise, 0, "connection #1 of c0 had been accepted"},
		{"where that is not stated", silent, accepted + `call 3 shut l0; return 3 ok; end conn 1 reset; rest quiet`, lawful, 0, ""},
		{"it had ended before", linux, accepted + `end conn 1 reset; call 3 shut l0; return 3 ok; rest quiet`, lawful, 0, ""},
		{"it ended behind a rest", linux, accepted + `call 3 shut l0; return 3 ok; rest calm; end conn 1 reset`, lawful, 0, ""},
		{"it ended behind another listen", linux, accepted + `call 3 shut l0; return 3 ok; call 4 listen l0 0; end conn 1 reset; return 4 ok`, lawful, 0, ""},
		{"time ended it", linux, accepted + `call 3 shut l0; return 3 ok; end conn 1 timeout; rest quiet`, lawful, 0, ""},
		{"its client half-closed it", linux, accepted + `call 3 half-close c0 conn 1; return 3 ok; call 4 shut l0; return 4 ok; end conn 1 eof; rest quiet`, lawful, 0, ""},
		{"its acceptor half-closed it", linux, accepted + `call 3 half-close s0 conn 2; return 3 ok; call 4 shut l0; return 4 ok; end conn 1 eof; rest quiet`, lawful, 0, ""},
		{"its acceptor aborts it meanwhile", linux, accepted + `call 3 shut l0; call 4 abort s0 conn 2; end conn 1 reset; return 3 ok; return 4 ok`, lawful, 0, ""},
		{"its acceptor could not half-close it", linux, accepted + `call 3 half-close s0 conn 2; return 3 unsupported; call 4 shut l0; return 4 ok; end conn 1 eof; rest quiet`, ShutPromise, 0, "connection #1 of c0 had been accepted"},
		{"its acceptor closed another one", with(linux, func(c *Contract) { c.Max.Stated = false }), `call 1 dial c0; return 1 ok conn 1; call 2 dial c0; return 2 ok conn 2; call 3 accept s0; return 3 ok conn 1; call 4 accept s0; return 4 ok conn 2
			call 5 hangup s0 conn 4; return 5 ok; call 6 shut l0; return 6 ok; end conn 2 eof; end conn 1 eof`, ShutPromise, 0, "connection #1 of c0 had been accepted"},
		{"it was being accepted", linux, full + `call 2 accept s0; call 3 shut l0; return 2 ok conn 1; end conn 1 reset; return 3 ok; rest quiet`, lawful, 0, ""},
		{"a shutdown may end it", linux, accepted + `call 3 shut l0 1; return 3 ok; end conn 1 reset; rest quiet`, lawful, 0, ""},

		{"a close that does not return", linux, `call 1 shut l0; rest quiet`, ShutPromise, 0, "shut #1 by l0 has not returned at rest"},
		{"nor soon", linux, `call 1 shut l0; rest calm`, ShutPromise, Suspect, "shut #1 by l0 has not returned at rest"},
		{"nor soon, and then not at all", linux, `call 1 shut l0; rest calm; rest quiet`, ShutPromise, 0, "shut #1 by l0 has not returned at rest"},
		{"nor soon, but then", linux, `call 1 shut l0; rest calm; return 1 ok; rest quiet`, ShutPromise, Suspect, "shut #1 by l0 has not returned at rest"},
		{"nor at once", linux, `call 1 shut l0; rest quiet; return 1 failed`, ShutPromise, 0, "shut #1 by l0 has not returned at rest"},
		{"a close beside one who is held", linux, `call 1 shut l0; hold s0 p; rest quiet`, lawful, 0, ""},
		{"where nothing is stated of it", silent, `call 1 shut l0; rest quiet`, lawful, 0, ""},
		{"a drain may wait", linux, full + `call 2 shut l0 2; rest quiet`, lawful, 0, ""},
		{"a close that the target does not have may be slow to say so", linux, `call 1 shut l0; rest quiet; return 1 unsupported`, lawful, 0, ""},

		{"close leaves a dial", blocking, full + `call 2 dial c1; rest quiet; call 3 shut l0; end conn 1 reset; return 3 ok; rest quiet`, ShutPromise, 0, "dial #2 by c1 still waits for room after the listener was closed"},
		{"though not for long", blocking, full + `call 2 dial c1; rest quiet; call 3 shut l0; end conn 1 reset; return 3 ok; rest calm; return 2 refused`, ShutPromise, Suspect, "dial #2 by c1 still waits"},
		{"first not for long, and then for good", blocking, full + `call 2 dial c1; rest quiet; call 3 shut l0; end conn 1 reset; return 3 ok; rest calm; rest quiet`, ShutPromise, 0, ""},
		{"close lets a dial go", blocking, full + `call 2 dial c1; rest quiet; call 3 shut l0; end conn 1 reset; return 3 ok; return 2 refused; rest quiet`, lawful, 0, ""},
		{"a dial that is tried again waits for a listener", with(linux, func(c *Contract) { c.Overflow = Block | Drop }), full + `call 2 dial c1; rest quiet; call 3 shut l0; end conn 1 reset; return 3 ok; rest quiet`, lawful, 0, ""},
		{"a dial that came later waits for a listener", blocking, `call 1 shut l0; call 2 dial c1; return 1 ok; rest quiet`, lawful, 0, ""},
		{"it waits for the next listener", blocking, full + `call 2 dial c1; rest quiet; call 3 shut l0; end conn 1 reset; return 3 ok; call 4 listen l0 0; rest quiet; return 4 ok; return 2 ok conn 2`, lawful, 0, ""},
		{"a close that failed need not let it go", blocking, full + `call 2 dial c1; rest quiet; call 3 shut l0; return 3 failed; rest quiet`, lawful, 0, ""},
	})
}
