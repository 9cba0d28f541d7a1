package sched

// pos is partial-order sampling (Yuan, Yang and Gu, Partial Order Aware
// Concurrency Sampling, CAV 2018). The priorities are those of steps, not of
// tasks: a task has a new one when it has taken its step, and when somebody
// took a step that races with it. Orders of steps that do not race, which make
// no difference, take nothing from the probability of those that do.
type pos struct {
	src Source
	priorities
}

// Begin forgets all priorities.
func (p *pos) Begin(src Source) { *p = pos{src: src} }

// Next reports false: a program has one sample.
func (p *pos) Next() bool { return false }

// Pick returns the task whose step has the highest priority.
func (p *pos) Pick(ready []Task) int {
	best := p.highest(ready, p.src, 1)
	for i, t := range ready {
		if i == best || t.Touches&ready[best].Touches != 0 {
			p.priorities[t.ID] = 0
		}
	}
	return best
}
