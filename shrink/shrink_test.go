package shrink_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"

	"github.com/listentest/listentest/shrink"
)

// smallerLists drops an element or halves or lowers one.
func smallerLists(v []int) iter.Seq[[]int] {
	return func(yield func([]int) bool) {
		for i := range v {
			if !yield(slices.Delete(slices.Clone(v), i, i+1)) {
				return
			}
		}
		for i, n := range v {
			for _, m := range []int{0, n / 2, n - 1} {
				if m < 0 || m >= n {
					continue
				}
				w := slices.Clone(v)
				if w[i] = m; !yield(w) {
					return
				}
			}
		}
	}
}

func problem(fails func([]int) bool) shrink.Problem[[]int] {
	return shrink.Problem[[]int]{
		Smaller: smallerLists,
		Key:     func(v []int) string { return fmt.Sprint(v) },
		Fails:   func(_ context.Context, v []int) (bool, error) { return fails(v), nil },
	}
}

func sum(v []int) (n int) {
	for _, x := range v {
		n += x
	}
	return n
}

// TestQuality pins what failures must shrink to.
func TestQuality(t *testing.T) {
	start := []int{9, 40, 3, 77, 0, 5}
	for name, c := range map[string]struct {
		fails func([]int) bool
		want  []int
	}{
		"always":         {func([]int) bool { return true }, []int{}},
		"one is large":   {func(v []int) bool { return slices.ContainsFunc(v, func(x int) bool { return x > 20 }) }, []int{21}},
		"two of them":    {func(v []int) bool { return len(v) >= 2 }, []int{0, 0}},
		"sum is large":   {func(v []int) bool { return sum(v) >= 50 }, []int{50}},
		"only the start": {func(v []int) bool { return slices.Equal(v, start) }, start},
	} {
		got, stats, err := shrink.Minimize(context.Background(), start, problem(c.fails))
		if err != nil || !stats.Done || !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, %+v, %v; want %v", name, got, stats, err, c.want)
		}
	}
}

// TestCache: what did not fail is not tried twice.
func TestCache(t *testing.T) {
	tried := map[string]int{}
	p := problem(func(v []int) bool {
		tried[fmt.Sprint(v)]++
		return sum(v) >= 50
	})
	_, stats, err := shrink.Minimize(context.Background(), []int{60, 60, 60}, p)
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for v, n := range tried {
		total += n
		if n > 1 {
			t.Errorf("%s was tried %d times", v, n)
		}
	}
	if total != stats.Calls {
		t.Errorf("%d calls are counted, %d were made", stats.Calls, total)
	}
}

func TestBudget(t *testing.T) {
	p := problem(func(v []int) bool { return sum(v) >= 50 })
	p.Budget = 3
	got, stats, err := shrink.Minimize(context.Background(), []int{60, 60, 60}, p)
	if err != nil || stats.Calls != 3 || stats.Done || sum(got) < 50 {
		t.Errorf("got %v, %+v, %v", got, stats, err)
	}
}

func TestContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	calls := 0
	p := problem(func([]int) bool {
		if calls++; calls == 2 {
			cancel()
		}
		return false
	})
	got, stats, err := shrink.Minimize(ctx, []int{1, 2, 3}, p)
	if err != nil || stats.Done || calls != 2 || len(got) != 3 {
		t.Errorf("got %v, %+v, %v after %d calls", got, stats, err, calls)
	}
}

func TestError(t *testing.T) {
	trouble := errors.New("no descriptor")
	p := problem(nil)
	p.Fails = func(context.Context, []int) (bool, error) { return false, trouble }
	if got, _, err := shrink.Minimize(context.Background(), []int{1}, p); !errors.Is(err, trouble) || len(got) != 1 {
		t.Errorf("got %v, %v", got, err)
	}
}

// TestFlaky: a failure that shows in two of three runs is shrunk all the
// same, and one that shows in one of many is not taken for it.
func TestFlaky(t *testing.T) {
	calls := 0
	p := problem(func(v []int) bool {
		calls++
		if len(v) == 1 { // this one is rare
			return calls%40 == 0
		}
		return len(v) >= 2 && calls%3 != 0
	})
	p.Runs, p.Need = 9, 5
	got, stats, err := shrink.Minimize(context.Background(), []int{5, 5, 5, 5}, p)
	if err != nil || !stats.Done || !slices.Equal(got, []int{0, 0}) {
		t.Errorf("got %v, %+v, %v", got, stats, err)
	}
}
