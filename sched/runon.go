package sched

// runOn switches only where the running task cannot go on.
type runOn struct{}

// Begin has nothing to prepare.
func (runOn) Begin(Source) {}

// Next reports false: a second run would be the same.
func (runOn) Next() bool { return false }

// Pick runs on.
func (runOn) Pick([]Task) int { return 0 }
