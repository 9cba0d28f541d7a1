// Package shrink makes a failing value smaller while it goes on failing. It
// knows nothing of what the value is.
package shrink

import (
	"context"
	"fmt"
	"iter"
)

// A Problem is what [Minimize] works on. Values of type T are not changed.
type Problem[T any] struct {
	// Smaller yields candidates, each simpler than its argument in an order
	// without infinite descent, the boldest first.
	Smaller func(T) iter.Seq[T]
	// Key returns the same string for the same value only; what did not fail
	// once is not tried again.
	Key func(T) string
	// Fails reports whether a value still fails in the same way: a failure of
	// another kind is not followed. An error ends the shrinking.
	Fails func(context.Context, T) (bool, error)
	// Budget bounds the calls of Fails; 10,000 if 0.
	Budget int
	// Runs and Need are for failures that do not show every time: a candidate
	// fails if it does so in Need of Runs calls. 1 if 0.
	Runs, Need int
}

// Stats says what a minimization took.
type Stats struct {
	Calls int  // of Fails
	Steps int  // successful ones
	Done  bool // no candidate is left; false if the budget or the context ended it
}

// Minimize returns the simplest failing value that it reached from v, which
// must fail. The value stands even with an error, which is from Fails.
func Minimize[T any](ctx context.Context, v T, p Problem[T]) (T, Stats, error) {
	p.Budget, p.Runs, p.Need = positive(p.Budget, 10_000), positive(p.Runs, 1), positive(p.Need, 1)
	m := minimizer[T]{Problem: p, passed: map[string]bool{}}
	for {
		next, ok, err := m.better(ctx, v)
		if err != nil {
			return v, m.Stats, fmt.Errorf("shrink: %w", err)
		}
		if !ok {
			m.Done = m.Calls < m.Budget && ctx.Err() == nil
			return v, m.Stats, nil
		}
		v = next
		m.Steps++
	}
}

func positive(n, otherwise int) int {
	if n > 0 {
		return n
	}
	return otherwise
}

type minimizer[T any] struct {
	Problem[T]
	Stats
	passed map[string]bool
}

// better returns the first candidate that fails.
func (m *minimizer[T]) better(ctx context.Context, v T) (T, bool, error) {
	for c := range m.Smaller(v) {
		if m.Calls >= m.Budget || ctx.Err() != nil {
			break
		}
		key := m.Key(c)
		if m.passed[key] {
			continue
		}
		fails, err := m.fails(ctx, c)
		if fails || err != nil {
			return c, fails, err
		}
		m.passed[key] = true
	}
	return v, false, nil
}

// fails runs a candidate until Need failures are seen or can be no more.
func (m *minimizer[T]) fails(ctx context.Context, c T) (bool, error) {
	failed := 0
	for run := range m.Runs {
		if failed+m.Runs-run < m.Need || m.Calls >= m.Budget {
			break
		}
		m.Calls++
		fails, err := m.Fails(ctx, c)
		if err != nil {
			return false, err
		}
		if fails {
			failed++
		}
		if failed >= m.Need {
			return true, nil
		}
	}
	return false, nil
}
