package sched

// dfs enumerates, a run each, the interleavings with at most bound
// preemptions, depth first, and each once. A preemption is a switch away from
// a task that could have gone on (Musuvathi and Qadeer, Iterative Context
// Bounding for Systematic Testing of Multithreaded Programs, PLDI 2007); a
// switch where one waits or has ended costs nothing. Next reports false when
// it is exhausted.
type dfs struct {
	bound int
	path  []decision // those of this run, and beyond taken of the last one
	taken int
	spent int // preemptions in this run
	last  int // ID of who took the last step; -1 before the first
}

// A decision is one among two tasks or more.
type decision struct {
	choice, choices int // choices is 1 where the bound leaves none
}

// Begin goes back to the interleaving that runs on.
func (d *dfs) Begin(Source) {
	d.path = d.path[:0]
	d.rewind()
}

func (d *dfs) rewind() { d.taken, d.spent, d.last = 0, 0, -1 }

// Pick repeats the path, and runs on behind its end.
func (d *dfs) Pick(ready []Task) int {
	choice := 0
	if len(ready) > 1 {
		preempts := d.last == int(ready[0].ID)
		if d.taken == len(d.path) {
			next := decision{choices: len(ready)}
			if preempts && d.spent == d.bound {
				next.choices = 1
			}
			d.path = append(d.path, next)
		}
		choice = d.path[d.taken].choice
		d.taken++
		if preempts && choice > 0 {
			d.spent++
		}
	}
	d.last = int(ready[choice].ID)
	return choice
}

// Next goes back to the last decision that has another choice.
func (d *dfs) Next() bool {
	for n := len(d.path); n > 0; n-- {
		if at := &d.path[n-1]; at.choice+1 < at.choices {
			at.choice++
			d.path = d.path[:n]
			d.rewind()
			return true
		}
	}
	return false
}
