package sched

// runOn switches only where the running task cannot go on.
type runOn struct{}

func (runOn) Begin(Source)    {}
func (runOn) Next() bool      { return false }
func (runOn) Pick([]Task) int { return 0 }
