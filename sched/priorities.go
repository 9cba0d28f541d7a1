package sched

// priorities of tasks, by ID; 0 is one that is not drawn yet.
type priorities [256]int

// drawn is the range of drawn priorities. Two that are equal, which is
// improbable, are ranked by their place in ready.
const drawn = 1 << 30

// highest draws what is missing from above least, and returns the index of
// the task of the highest priority.
func (p *priorities) highest(ready []Task, src Source, least int) int {
	best := 0
	for i, t := range ready {
		if p[t.ID] == 0 {
			p[t.ID] = least + src.IntN(drawn)
		}
		if p[t.ID] > p[ready[best].ID] {
			best = i
		}
	}
	return best
}
