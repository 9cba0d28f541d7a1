package sched

// A Systematic walk makes every run of a program that has at most Bound
// preemptions: decisions to take a goroutine off that could have run on. Who
// takes over where one blocks is tried in full, and is no preemption. Those
// runs come first that decide otherwise late. Plan gives what the next run is
// to be; Ran tells what it was.
type Systematic struct {
	Bound int
	// Runs counts the runs that Ran was told of. Exhausted is set when there
	// is no further one, and Cut if a run had more decisions than a trace
	// keeps, so that not all was tried.
	Runs      int
	Exhausted bool
	Cut       bool
	prefix    []byte
}

// Plan returns the plan of the next run. Its Seed may be set, to one value for
// all runs.
func (s *Systematic) Plan() Plan { return Plan{Mode: Replaying, Choices: s.prefix} }

// Ran tells of the run that was made, which must have followed the plan.
func (s *Systematic) Ran(t Trace) {
	s.Runs++
	s.Cut = s.Cut || t.Cut
	used := make([]int, len(t.Decisions)+1) // preemptions before each decision
	for i, d := range t.Decisions {
		used[i+1] = used[i] + cost(d)
	}
	for i := len(t.Decisions) - 1; i >= 0; i-- {
		d := t.Decisions[i]
		if next := (Decision{d.Of, d.Picked + 1, d.Ran, d.Yielded}); next.Picked < d.Of && used[i]+cost(next) <= s.Bound {
			s.prefix = make([]byte, i+1)
			for j, e := range t.Decisions[:i] {
				s.prefix[j] = e.Picked
			}
			s.prefix[i] = next.Picked
			return
		}
	}
	s.Exhausted = true
}

// cost is 1 for a decision that takes a goroutine off that could have run on,
// or that lets one run on which has just asked others to: who waits in a loop
// could have that for ever.
func cost(d Decision) int {
	if d.Ran && d.Picked > 0 || d.Yielded && d.Picked == d.Of-1 {
		return 1
	}
	return 0
}
