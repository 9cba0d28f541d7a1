package listentest

import (
	"fmt"
	"strings"
	"testing"
)

// A run under schedule control is the same again, unless the listener goes by
// something that is not controlled. Then a finding may not show again, and a
// case that passes says less than it seems to; so [Config.Test] makes a share
// of its runs once more and compares.

// repeatOneIn is the share: one of so many cases, drawn from the seed.
const repeatOneIn = 20

// uncontrolled are the causes that are known.
const uncontrolled = `what a run may go by that is not under control: maps whose keys are pointers; what the collector decides, as for weak
pointers and package unique; goroutines outside the bubble; system calls that take long; the real clock; what an
earlier run has left behind in a variable of a package`

// repeat runs a schedule that has just been run, if its turn has come, and fails t where two runs
// differ: with trouble, which is no verdict about the listener, and once.
func (s *suite) repeat(t *testing.T, r *Runner, schedule Schedule, from string) {
	t.Helper()
	if !s.controlled() || s.unlike || s.shares.IntN(repeatOneIn) > 0 {
		return
	}
	if text := s.differs(t, r, schedule, from); text != "" {
		s.unlike = true
		t.Error(text)
	}
}

// differs runs a schedule twice, and says in which way the two runs differ; ""
// if they are the same. It has been run before: what is done once in a process
// is no difference.
func (s *suite) differs(t *testing.T, r *Runner, schedule Schedule, from string) string {
	t.Helper()
	hash, first := s.trace(t, r, schedule)
	hashAgain, again := s.trace(t, r, schedule)
	if hash == hashAgain && first == again {
		return ""
	}
	return fmt.Sprintf("trouble, and no verdict about the listener: a run of %s cannot be made again, so that what is found may not show twice\n"+
		"%s: trace hash %016x, and run again %016x; %s\n%s\n\n%s",
		s.target.Name(), from, hash, hashAgain, unlike(first, again), uncontrolled, schedule)
}

// trace runs a schedule and returns the hash of its trace, 0 if the session is
// not a Net's, and its history.
func (s *suite) trace(t *testing.T, r *Runner, schedule Schedule) (hash uint64, history string) {
	t.Helper()
	h, err := r.Run(t.Context(), schedule)
	if err != nil {
		t.Fatal(err)
	}
	return r.Trace().Hash, h.String()
}

// unlike says where two texts differ first.
func unlike(a, b string) string {
	linesA, linesB := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(linesA), len(linesB)) {
		if linesA[i] != linesB[i] {
			return fmt.Sprintf("the histories differ at line %d: %q, and %q", i+1, linesA[i], linesB[i])
		}
	}
	if len(linesA) != len(linesB) {
		return fmt.Sprintf("one history has %d lines, and the other %d", len(linesA), len(linesB))
	}
	return "the histories are equal"
}
