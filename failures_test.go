package listentest

import "testing"

// TestCheckPlannedFailures judges hand-written histories in which a dial or an
// accept fails: by plan, which exempts this one operation, and without one.
func TestCheckPlannedFailures(t *testing.T) {
	blocking := with(linux, func(c *Contract) { c.Overflow = Block })
	dropping := with(linux, func(c *Contract) { c.Overflow, c.Retry = Drop, 1000 })
	const full = `call 1 dial c0; return 1 ok conn 1; `
	judge(t, []judgement{
		{"an accept that meets its failure", linux, `call 1 fail s0; return 1 ok; call 2 accept s0; return 2 failed`, lawful, 0, ""},
		{"the one behind it has none", linux, `call 1 fail s0; return 1 ok; call 2 accept s0; return 2 failed; call 3 accept s0; return 3 failed`, Isolation, 0, "accept #3 by s0 failed with failed though nobody closed the listener"},
		{"nor has it if the first was given up", linux, `call 1 fail s0; return 1 ok; call 2 accept s0; return 2 cancelled; call 3 accept s0; return 3 failed`, Isolation, 0, "accept #3"},
		{"nor has another acceptor", linux, `call 1 fail s1; return 1 ok; call 2 accept s0; return 2 failed`, Isolation, 0, "accept #2"},
		{"a plan is not for what came before", linux, `call 1 accept s0; return 1 failed; call 2 fail s0; return 2 ok`, Isolation, 0, "accept #1"},
		{"a plan that the target does not have", linux, `call 1 fail s0; return 1 unsupported; call 2 accept s0; return 2 failed`, Isolation, 0, "accept #2"},
		{"which leaves the plan before it in force", linux, `call 1 fail s0; return 1 ok; call 2 fail s0 1; return 2 unsupported; call 3 accept s0; return 3 failed`, lawful, 0, ""},
		{"a plan is for failures only", linux, `call 1 fail s0; return 1 ok; call 2 accept s0; return 2 closed`, Isolation, 0, "accept #2 by s0 failed with closed"},

		{"a failed accept takes nothing", linux, full + `call 2 fail s0; return 2 ok; call 3 accept s0; return 3 failed; call 4 dial c1; return 4 ok conn 4`, MaxPending, 0, "dial #4 by c1 was admitted while at least 1 connection was held"},
		{"so its connection has its place", linux, full + `call 2 fail s0; return 2 ok; call 3 accept s0; return 3 failed; call 4 dial c1; return 4 refused`, lawful, 0, ""},
		{"and is there for the next", linux, full + `call 2 fail s0; return 2 ok; call 3 accept s0; return 3 failed; call 4 accept s0; return 4 ok conn 1`, lawful, 0, ""},
		{"which must not wait", linux, full + `call 2 fail s0; return 2 ok; call 3 accept s0; return 3 failed; call 4 accept s0; rest quiet`, Progress, 0, "accept #4 by s0 waits at rest while a connection is pending: held by #1 of c0"},
		{"a failure may come late", linux, `call 1 fail s0; return 1 ok; call 2 accept s0; call 3 dial c0; return 3 ok conn 3; rest quiet; return 2 failed`, lawful, 0, ""},
		{"one that was not planned may not", linux, `call 1 accept s0; call 2 dial c0; return 2 ok conn 2; rest quiet; return 1 cancelled`, Progress, 0, "accept #1 by s0 waits at rest"},
		{"even behind a close", linux, `call 1 fail s0; return 1 ok; call 2 accept s0; call 3 shut l0; return 3 ok; rest quiet; return 2 failed`, lawful, 0, ""},
		{"an accept that meets it not is one like others", linux, full + `call 2 fail s0; return 2 ok; call 3 accept s0; return 3 ok conn 1; call 4 accept s0; return 4 ok conn 1`, Conserve, 0, "accept #4 by s0 returned connection #1"},

		{"a dial that meets its failure holds no place", linux, `call 1 fail c0; return 1 ok; call 2 dial c0; return 2 failed; call 3 dial c1; return 3 refused`, MinPending, 0, "dial #3 by c1 was refused while at most 0 connections were held"},
		{"one that failed without may have come too late", linux, `call 1 dial c0; return 1 failed; call 2 dial c1; return 2 refused`, lawful, 0, ""},
		{"not even a phantom's", with(linux, func(c *Contract) { c.Anomalies = Phantom }), `call 1 fail c0; return 1 ok; call 2 dial c0; return 2 failed; call 3 dial c1; return 3 refused`, MinPending, 0, "dial #3 by c1 was refused while at most 0 connections were held"},
		{"nor while it is open", linux, `call 1 fail c0; return 1 ok; call 2 dial c0; call 3 dial c1; return 3 refused; return 2 failed`, MinPending, 0, "dial #3 by c1 was refused while at most 0 connections were held"},
		{"a deadline that was past by plan", linux, `call 1 fail c0 3; return 1 ok; call 2 dial c0; return 2 timeout`, lawful, 0, ""},
		{"a timeout for want of a descriptor", linux, `call 1 fail c0; return 1 ok; call 2 dial c0; return 2 timeout`, MinPending, Suspect, "dial #2 by c0 timed out"},
		{"a refusal is no failure", linux, `call 1 fail c0; return 1 ok; call 2 dial c0; return 2 refused`, MinPending, 0, "dial #2 by c0 was refused"},
		{"a dial that meets it not is one like others", linux, `call 1 fail c0; return 1 ok; call 2 dial c0; return 2 ok conn 2; call 3 dial c1; return 3 ok conn 3`, MaxPending, 0, "dial #3 by c1 was admitted"},
		{"so is one whose connection was accepted", linux, `call 1 fail c0 3; return 1 ok; call 2 dial c0; return 2 timeout; call 3 accept s0; return 3 ok conn 2`, lawful, 0, ""},
		{"a planned failure is no refusal at a rest", linux, `call 1 fail c0; return 1 ok; call 2 dial c0; rest quiet; return 2 failed`, lawful, 0, ""},
		{"nor does it wait beside room", blocking, full + `call 2 fail c1; return 2 ok; call 3 dial c1; rest quiet; call 4 accept s0; return 4 ok conn 1; rest quiet; rest quiet; return 3 failed`, lawful, 0, ""},
		{"nor for a retry", dropping, full + `call 2 fail c1; return 2 ok; call 3 dial c1; rest quiet; call 4 accept s0; return 4 ok conn 1; rest quiet; clock 1000; rest quiet; return 3 failed`, lawful, 0, ""},
		{"what failed by plan was not dialed", linux, `call 1 fail c0; return 1 ok; call 2 dial c0; return 2 failed; call 3 accept s0; return 3 ok`, Conserve, 0, "a connection, which makes 1, while only 0 were dialed"},
	})
}
