package listentest

import "slices"

// Limits of a [Schedule]; longer ones are cut by [Schedule.Norm], so that a
// fuzzer's input cannot ask for unbounded work.
const (
	MaxSteps   = 4096
	MaxChoices = 4096
)

// MaxOps is the most operations that a run calls, repeats included; what
// would be beyond is skipped, and so is a fill that would not be a whole one.
const MaxOps = 4 * MaxSteps

// A Schedule says who does what, in which order. It is the one value that
// generators, fuzzers, the shrinker, the corpus and the replayer exchange.
// Every value runs: a step that means nothing where it stands is a recorded
// [Skip], never an error.
type Schedule struct {
	// Backlog is the argument of the listen call that opens l0 before the
	// first step. Any value is meant as it stands, also 0 and negative ones.
	Backlog int32
	// Steps run from first to last; at most MaxSteps.
	Steps []Step
	// Choices answer the scheduler's decisions among two or more runnable
	// actors, a byte each; 0, and every decision past the end, means run on.
	// Only targets of level [Full] read them.
	Choices []byte
}

// A Step is one line of a schedule.
type Step struct {
	Kind  Kind
	Along bool // the next step does not wait for this one; text "&"
	Actor Actor
	N     int16 // its meaning depends on Kind
}

// Norm returns the one spelling of s that text and bytes keep: sizes cut to
// the limits, every step in its own canonical form, no trailing zero choices.
// s and its Norm run alike.
func (s Schedule) Norm() Schedule {
	var n Schedule
	s.normInto(&n)
	return n
}

// normInto makes n the Norm of s, in the memory that n has.
func (s Schedule) normInto(n *Schedule) {
	n.Backlog, n.Steps = s.Backlog, sized(n.Steps, min(len(s.Steps), MaxSteps))
	for i := range n.Steps {
		n.Steps[i] = s.Steps[i].Norm()
	}
	n.Choices = append(n.Choices[:0], trimmed(s.Choices[:min(len(s.Choices), MaxChoices)])...)
}

// trimmed returns choices without the trailing ones that run on.
func trimmed(choices []byte) []byte {
	for len(choices) > 0 && choices[len(choices)-1] == 0 {
		choices = choices[:len(choices)-1]
	}
	return choices
}

// Equal reports whether s and t are the same value.
func (s Schedule) Equal(t Schedule) bool {
	return s.Backlog == t.Backlog && slices.Equal(s.Steps, t.Steps) && slices.Equal(s.Choices, t.Choices)
}

// Norm returns the canonical form of t: an unassigned kind is a settle, an
// actor of a role that the kind does not know keeps its number and changes
// its role, and an N or an Along that means nothing is dropped.
func (t Step) Norm() Step {
	if int(t.Kind) >= len(kinds) {
		t.Kind = Settle
	}
	k := &kinds[t.Kind]
	t.Actor = t.Actor.as(k.roles)
	t.Along = t.Along && !k.instant
	if t.N < k.least || t.N > k.most {
		t.N = k.none
	}
	return t
}

// count returns how often a repeating step runs; at most 1 means once.
func (t Step) count() int { return max(int(t.N), 1) }
