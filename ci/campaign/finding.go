package campaign

import (
	"context"
	"fmt"

	"github.com/listentest/listentest"
)

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
		found, err := listentest.Shrink(ctx, runner, f.schedule, f.violation)
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
