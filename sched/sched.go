// Package sched decides which of several tasks takes the next step, where
// something can be run in steps: random walk, PCT, partial-order sampling,
// uniform random walk and systematic enumeration under a bound of
// preemptions. It says as well what was missed at most, when nothing was
// found. It knows nothing of listeners.
//
// A [Spec] names a policy. Its [Scheduler] takes one program after another
// through one or more runs:
//
//	s.Begin(src)
//	for more := true; more; more = s.Next() {
//		run the program, asking s.Pick before every step
//	}
//
// A program is deterministic but for what Pick answers.
package sched

// Resources are a set of what a step reads or writes besides what is its
// task's own. Which bit means what is for the program to say.
type Resources uint64

// Everything is what a step touches of which nothing is known.
const Everything = ^Resources(0)

// A Task is one that is ready to take a step.
type Task struct {
	ID      uint8     // the same during a run, and in every run of a program
	Touches Resources // by its next step
	Step    uint8     // which step that is; what it means is for the program to say
}

// A Policy picks who takes the next step.
type Policy interface {
	// Pick returns an index into ready, which has at least one task, each
	// once. It is asked before every step, also where only one task is ready.
	// The task that took the last step stands first while it is ready, so
	// that 0 means run on.
	Pick(ready []Task) int
}

// A Scheduler is a Policy for the runs of one program after another. Equal
// sources make it pick alike.
type Scheduler interface {
	Policy
	// Begin prepares the first run of a program. What is random in its runs
	// is drawn from src.
	Begin(src Source)
	// Next prepares another run of the same program, and reports false if
	// there is nothing that the policy wants another one for.
	Next() bool
}

// A Source is where randomness comes from: a *rand.Rand of math/rand/v2.
type Source interface {
	// IntN returns a number in [0, n); n is at least 1.
	IntN(n int) int
}
