package sched

// pct is probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi and
// Nagarakatte, A Randomized Scheduler with Probabilistic Guarantees of Finding
// Bugs, ASPLOS 2010). Tasks have random priorities and the highest one runs;
// behind depth-1 steps, drawn over the steps of the program, whoever took that
// step falls below all others. What needs depth orderings to go wrong shows
// with the probability that [Missed] is about.
type pct struct {
	census
	depth   int
	src     Source
	step    int
	changes []int // steps, the first is 1; behind changes[i] a task falls to priority i+1
	priorities
}

// Begin prepares the run that counts steps.
func (p *pct) Begin(src Source) { *p = pct{depth: p.depth, src: src, changes: p.changes[:0]} }

// Next draws the changes of the second run, over the steps of the first.
func (p *pct) Next() bool {
	if !p.census.Next() {
		return false
	}
	for range p.depth - 1 {
		p.changes = append(p.changes, 1+p.src.IntN(p.steps))
	}
	return true
}

// Pick returns the task of the highest priority.
func (p *pct) Pick(ready []Task) int {
	if !p.over {
		return p.count(ready)
	}
	best := p.highest(ready, p.src, p.depth)
	p.step++
	for i, at := range p.changes {
		if at == p.step {
			p.priorities[ready[best].ID] = i + 1
		}
	}
	return best
}
