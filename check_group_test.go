package listentest

import "testing"

// TestCheckGroup judges histories with several listeners at the address. Each
// holds one connection; a dial goes to one that nobody names.
func TestCheckGroup(t *testing.T) {
	const (
		opened  = `call 1 listen l1 0; return 1 ok; `
		settled = `call 1 dial c0; return 1 ok conn 1; call 2 listen l1 0; return 2 ok; ` // #1 is at l0
	)
	shared := with(linux, func(c *Contract) { c.Order, c.Close = FIFO, CloseEnds })
	moving := with(shared, func(c *Contract) { c.Close = CloseMoves })
	judge(t, []judgement{
		{"refused with no connection anywhere", shared, opened + `call 2 dial c0; return 2 refused`, MinPending, 0, "was refused while at most 0 connections were held, and 1 is guaranteed"},
		{"refused while the other has room", shared, opened + `call 2 dial c0; return 2 ok conn 2; call 3 dial c1; return 3 refused`, lawful, 0, ""},
		{"the least of them is guaranteed", shared, `call 1 listen l0 1; return 1 ok; ` + `call 2 listen l1 0; return 2 ok; call 3 dial c0; return 3 ok conn 3; call 4 dial c1; return 4 refused`, lawful, 0, ""},
		{"and no more than the one that joins", shared, `call 1 listen l0 1; return 1 ok; call 2 listen l1 0; call 3 dial c0; return 3 ok conn 3; call 4 dial c1; return 4 refused; return 2 ok`, lawful, 0, ""},
		{"one that is opened in vain changes nothing", shared, `call 1 listen l0 1; return 1 ok; call 2 listen l1 0; return 2 failed; call 3 dial c0; return 3 ok conn 3; call 4 dial c1; return 4 refused`, MinPending, 0, "at most 1 connection was held, and 2 are guaranteed"},
		{"both are full", shared, opened + `call 2 dial c0; return 2 ok conn 2; call 3 dial c1; return 3 ok conn 3`, lawful, 0, ""},
		{"more than both hold", shared, opened + `call 2 dial c0; return 2 ok conn 2; call 3 dial c1; return 3 ok conn 3; call 4 dial c2; return 4 ok conn 4`, MaxPending, 0, "admitted while at least 2 connections were held, and at most 2 may be"},
		{"more than a smaller backlog holds, and room at the other", shared, `call 1 listen l0 1; return 1 ok; call 2 dial c0; return 2 ok conn 2; call 3 dial c0; return 3 ok conn 3; call 4 listen l0 0; return 4 ok; call 5 listen l1 0; return 5 ok; call 6 dial c1; return 6 ok conn 6`, lawful, 0, ""},
		{"an acceptor of a listener that is not there", shared, `call 1 accept s8; call 2 dial c0; return 2 ok conn 2; rest quiet`, lawful, 0, ""},
		{"and it is told so", shared, `call 1 accept s8; return 1 closed; call 2 dial c0; return 2 refused`, MinPending, 0, "at most 0"},
		{"one waits, and the other has a connection", shared, settled + `call 3 accept s8; rest quiet`, lawful, 0, ""},
		{"out of order, by two queues", shared, opened + `call 2 dial c0; return 2 ok conn 2; call 3 dial c1; return 3 ok conn 3; call 4 accept s8; return 4 ok conn 3; call 5 accept s0; return 5 ok conn 2`, lawful, 0, ""},
		{"out of order at l0, before there was another", shared, `call 1 listen l0 1; return 1 ok; call 2 dial c0; return 2 ok conn 2; call 3 dial c1; return 3 ok conn 3; call 4 accept s0; return 4 ok conn 3; call 5 accept s0; return 5 ok conn 2; call 6 listen l1 0; return 6 ok`, OrderPromise, 0, ""},
		{"accepted at both", shared, settled + `call 3 accept s0; return 3 ok conn 1; call 4 accept s8; return 4 ok conn 1`, Conserve, 0, "which accept #3 returns too"},

		{"who waits at one that is closed is ended", shared, opened + `call 2 dial c0; return 2 ok conn 2; call 3 shut l1; end conn 2 reset; return 3 ok`, lawful, 0, ""},
		{"or goes on to the other", shared, opened + `call 2 dial c0; return 2 ok conn 2; call 3 dial c1; return 3 ok conn 3; call 4 shut l1; return 4 ok; call 5 accept s0; return 5 ok conn 2; call 6 accept s0; return 6 ok conn 3`, lawful, 0, ""},
		{"and may leave room", shared, opened + `call 2 dial c0; return 2 ok conn 2; call 3 shut l1; return 3 ok; call 4 dial c1; return 4 ok conn 4`, lawful, 0, ""},
		{"who waits at the other is not", shared, settled + `call 3 shut l1; end conn 1 reset; return 3 ok`, MinPending, 0, "was ended before any accept while at most 0"},
		{"but with the first of them", shared, settled + `call 3 shut l0; end conn 1 reset; return 3 ok`, lawful, 0, ""},
		{"half-open at one that is closed", with(shared, func(c *Contract) { c.Must, c.May = c.Must|HalfOpen, c.May|HalfOpen }), `call 1 syn c0; return 1 ok; call 2 listen l1 0; return 2 ok; call 3 shut l0; return 3 ok; call 4 dial c1; return 4 ok conn 4`, lawful, 0, ""},
		{"refused while one is closed", shared, opened + `call 2 shut l1; call 3 dial c0; return 3 refused; return 2 ok`, lawful, 0, ""},
		{"or behind that, as it had come before", shared, opened + `call 2 dial c0; call 3 shut l1; return 3 ok; return 2 reset`, lawful, 0, ""},
		{"refused behind that", shared, opened + `call 2 shut l1; return 2 ok; call 3 dial c0; return 3 refused`, MinPending, 0, "was refused while at most 0"},
		{"the other alone is guaranteed then", shared, `call 1 listen l1 1; return 1 ok; call 2 shut l0; return 2 ok; call 3 dial c0; return 3 ok conn 3; call 4 dial c1; return 4 refused`, MinPending, 0, "at most 1 connection was held, and 2 are guaranteed"},
		{"and no more than that", shared, opened + `call 2 shut l0; return 2 ok; call 3 dial c0; return 3 ok conn 3; call 4 dial c1; return 4 ok conn 4`, MaxPending, 0, "at most 1 may be"},
		{"a close that failed", shared, opened + `call 2 shut l1; return 2 failed; call 3 dial c0; return 3 refused`, lawful, 0, ""},
		{"accepted before the close of another", shared, settled + `call 3 accept s0; return 3 ok conn 1; call 4 shut l1; return 4 ok; end conn 1 reset; rest quiet`, ShutPromise, 0, "had been accepted"},
		{"admitted behind the close of both", shared, opened + `call 2 shut l0; return 2 ok; call 3 shut l1; return 3 ok; call 4 dial c0; return 4 ok conn 4`, ShutPromise, 0, "succeeded after"},
		{"refused behind the close of both", shared, opened + `call 2 shut l0; return 2 ok; call 3 shut l1; return 3 ok; call 4 dial c0; return 4 refused`, lawful, 0, ""},
		{"one of them is opened again", shared, opened + `call 2 shut l0; return 2 ok; call 3 shut l1; return 3 ok; call 4 listen l1 0; return 4 ok; call 5 dial c0; return 5 refused`, MinPending, 0, "at most 0"},
		{"hand-over: the next is there before the last is gone", shared, `call 1 listen l1 0; return 1 ok; call 2 shut l0; return 2 ok; call 3 dial c0; return 3 ok conn 3; call 4 accept s8; return 4 ok conn 3`, lawful, 0, ""},
		{"ended at a close that moves", moving, opened + `call 2 dial c0; return 2 ok conn 2; call 3 shut l1; end conn 2 reset; return 3 ok; rest quiet`, ShutPromise, 0, "#2 of c0 was pending when one listener was closed"},
		{"moved, whatever room there is", moving, opened + `call 2 dial c0; return 2 ok conn 2; call 3 dial c1; return 3 ok conn 3; call 4 shut l1; return 4 ok; rest quiet; call 5 accept s0; return 5 ok conn 2; call 6 accept s0; return 6 ok conn 3`, lawful, 0, ""},
		{"ended as there was no room", with(moving, func(c *Contract) { c.Overflow |= EndLater }), opened + `call 2 dial c0; return 2 ok conn 2; call 3 dial c1; return 3 ok conn 3; call 4 dial c1; return 4 ok conn 4; call 5 shut l1; end conn 4 reset; return 5 ok; rest quiet`, lawful, 0, ""},
		{"ended by its client as one is closed", moving, opened + `call 2 dial c0; return 2 ok conn 2; call 3 abort c0 conn 2; return 3 ok; call 4 shut l1; end conn 2 reset; return 4 ok; rest quiet`, lawful, 0, ""},
		{"ended by the next close, which is the last", moving, opened + `call 2 dial c0; return 2 ok conn 2; call 3 shut l1; return 3 ok; call 4 shut l0; end conn 2 reset; return 4 ok; rest quiet`, lawful, 0, ""},
		{"half-open for too long as one is closed", moving, opened + `call 2 syn c0; return 2 ok; call 3 shut l1; end conn 2 timeout; return 3 ok; rest quiet`, lawful, 0, ""},
		{"ended by the last close", moving, `call 1 dial c0; return 1 ok conn 1; call 2 shut l0; end conn 1 reset; return 2 ok; rest quiet`, lawful, 0, ""},
		{"a close beside a listen is not judged", shared, opened + `call 2 shut l0; call 3 listen l2 0; return 3 ok; return 2 ok; call 4 dial c0; return 4 refused`, lawful, 0, ""},
		{"the count of one says nothing of the other", with(shared, func(c *Contract) { c.Must = 0 }), `call 1 listen l1 1; return 1 ok; call 2 listen l0 1; return 2 ok; call 3 dial c0; return 3 ok conn 3; call 4 dial c1; return 4 ok conn 4; rest quiet; gauge l0 0; call 5 dial c2; return 5 refused`, lawful, 0, ""},
	})
}
