package sched

// A Record is a Policy that has another one pick, and keeps what a run was
// like.
type Record struct {
	// Choices has what was picked, a byte for each decision among two tasks
	// or more.
	Choices []byte
	Steps   int // taken
	Tasks   int // that took one

	policy Policy
	most   int
	seen   [256]bool
}

// Begin makes the record that of a new run under p. When most choices have
// been made the rest of the run runs on, so that Choices tell all of it.
func (r *Record) Begin(p Policy, most int) {
	*r = Record{Choices: r.Choices[:0], policy: p, most: most}
}

// Pick has the policy pick.
func (r *Record) Pick(ready []Task) int {
	picked := 0
	if len(r.Choices) < r.most {
		picked = r.policy.Pick(ready)
	}
	if len(ready) > 1 && len(r.Choices) < r.most {
		r.Choices = append(r.Choices, byte(picked))
	}
	r.Steps++
	if id := ready[picked].ID; !r.seen[id] {
		r.seen[id] = true
		r.Tasks++
	}
	return picked
}
