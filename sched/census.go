package sched

// A census counts the steps of each task in a program's first run, which runs
// on. Policies that must know the length of a program beforehand embed one,
// and sample in the second run.
type census struct {
	over    bool // the first run is
	steps   int
	of      [256]int
	decided bool // there was something to pick
}

// count answers in the first run.
func (c *census) count(ready []Task) int {
	c.steps++
	c.of[ready[0].ID]++
	c.decided = c.decided || len(ready) > 1
	return 0
}

// Next asks for a second run, unless every run is the same.
func (c *census) Next() bool {
	again := !c.over && c.decided
	c.over = true
	return again
}
