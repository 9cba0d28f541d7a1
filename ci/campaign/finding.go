package campaign

import (
	"context"
	"fmt"
	"time"

	"github.com/listentest/listentest"
)

// shrinkTime is how long one finding is shrunk at most: a case of a thousand
// dials takes a tenth of a second, and a thousand of those are too long to wait.
const shrinkTime = 30 * time.Second

// findings shrinks the first case of each broken promise.
func (r *run) findings(ctx context.Context) error {
	for _, p := range listentest.Promises() {
		f, ok := r.first[p]
		if !ok || r.explained(f) {
			continue
		}
		runner := &listentest.Runner{Target: r.Target, Pace: r.Pace, Grace: r.Grace}
		if f.slow {
			runner = listentest.Slower(runner)
		}
		shrinking, cancel := context.WithTimeout(ctx, shrinkTime)
		found, err := listentest.Shrink(shrinking, runner, f.schedule, f.violation)
		cancel()
		if err != nil {
			return fmt.Errorf("case %d: %w", f.index, err)
		}
		if found.Seen == 0 {
			found.History = f.history
		}
		r.row.Findings = append(r.row.Findings, Finding{found, f.index, f.policy})
	}
	return nil
}
