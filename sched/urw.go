package sched

// urw is the uniform random walk (Zhao, Wolff, Mathur and Roychoudhury,
// Selectively Uniform Concurrency Testing, ASPLOS 2025): a task is picked with
// a probability proportional to the steps that it has left. That makes all
// interleavings equally likely where the numbers of steps, which are those of
// the run that ran on, are exact and no task waits for another. Elsewhere it
// is near to that.
type urw struct {
	census
	src Source
}

// Begin prepares the run that counts steps.
func (u *urw) Begin(src Source) { *u = urw{src: src} }

// Pick draws a task by what is left of it.
func (u *urw) Pick(ready []Task) int {
	if !u.over {
		return u.count(ready)
	}
	total := 0
	for _, t := range ready {
		total += u.left(t)
	}
	n, picked := u.src.IntN(total), 0
	for n >= u.left(ready[picked]) {
		n -= u.left(ready[picked])
		picked++
	}
	u.of[ready[picked].ID]--
	return picked
}

// left is at least 1: a task that is ready has a step left, whatever was
// counted.
func (u *urw) left(t Task) int { return max(u.of[t.ID], 1) }
