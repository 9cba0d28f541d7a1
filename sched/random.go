package sched

// random is the random walk: every ready task is as likely as the others.
// What takes a certain order of m steps it finds with a probability that
// falls exponentially with m.
type random struct{ src Source }

// Begin keeps what to draw from.
func (r *random) Begin(src Source) { r.src = src }

// Next reports false: a program has one sample.
func (r *random) Next() bool { return false }

// Pick draws a task.
func (r *random) Pick(ready []Task) int { return r.src.IntN(len(ready)) }
