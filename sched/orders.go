package sched

// Limits of [Orders]. What has greater numbers is not told apart.
const (
	MostResources = 4
	MostSteps     = 64
)

// An Order is that one task's step Then came after another task's step First
// on a resource, with no third one's step on it in between.
type Order struct{ Resource, First, Then uint8 }

// Orders are a set of what came after what.
type Orders [MostResources][MostSteps]uint64

// Last says for each resource whose step was the last on it. The zero Last is
// that of a program that has not begun.
type Last [MostResources]struct {
	by, step uint8
	some     bool
}

// Step enters that t takes its step, and calls found with what was not in o.
func (o *Orders) Step(l *Last, t Task, found func(Order)) {
	then := t.Step % MostSteps
	for r := range l {
		if t.Touches>>r&1 == 0 {
			continue
		}
		if last := &l[r]; last.some && last.by != t.ID && o[r][last.step]>>then&1 == 0 {
			o[r][last.step] |= 1 << then
			found(Order{uint8(r), last.step, then})
		}
		l[r].by, l[r].step, l[r].some = t.ID, then, true
	}
}

// Sum returns another number for every other Last, 15 bits a resource, the
// first ones lowest.
func (l *Last) Sum() (sum uint64) {
	for r := len(l) - 1; r >= 0; r-- {
		sum = sum<<15 | uint64(l[r].by)<<7 | uint64(l[r].step)<<1
		if l[r].some {
			sum |= 1
		}
	}
	return sum
}
