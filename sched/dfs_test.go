package sched_test

import "testing"

// blocking are programs whose tasks wait for each other.
var blocking = map[string]program{
	"a lock": { // the first step takes it, the last gives it back
		{{after: free(1, 3)}, {}, {}},
		{{after: free(0, 3)}, {}, {}},
	},
	"a wake-up": {
		own(3),
		{{}, {after: func(done []int) bool { return done[0] >= 2 }}, {}},
		{{after: func(done []int) bool { return done[1] >= 1 }}, {}},
	},
	"a dead lock": {
		{{}, {after: func(done []int) bool { return done[1] == 0 }}},
		{{}, {after: func(done []int) bool { return done[0] == 0 }}},
	},
}

// free says whether a task is not between its first step and its last one.
func free(task, steps int) func([]int) bool {
	return func(done []int) bool { return done[task] == 0 || done[task] == steps }
}

// TestDFS: all interleavings within the bound, each once, and then it says
// that it is exhausted. They are compared with those that a recursion without
// policies finds.
func TestDFS(t *testing.T) {
	programs := map[string]program{
		"one task":    {own(3)},
		"no task":     {},
		"two tasks":   {own(3), own(4)},
		"three tasks": {own(2), own(3), own(2)},
		"four tasks":  {own(2), own(1), own(2), own(1)},
	}
	for name, p := range blocking {
		programs[name] = p
	}
	for name, p := range programs {
		all := p.interleavings()
		for bound, word := range []string{"dfs:0", "dfs:1", "dfs:2", "dfs:3", "dfs:8"} {
			if word == "dfs:8" {
				bound = 8
			}
			s, seen := scheduler(t, word), map[string]bool{}
			s.Begin(nil)
			for more := true; more; more = s.Next() {
				trace := p.run(s)
				if cost, ok := all[trace]; !ok || cost > bound || seen[trace] {
					t.Errorf("%s, %s: %q of %d preemptions, seen before: %v", name, word, trace, cost, seen[trace])
				}
				seen[trace] = true
			}
			within := 0
			for _, cost := range all {
				if cost <= bound {
					within++
				}
			}
			if len(seen) != within {
				t.Errorf("%s, %s: %d of %d interleavings", name, word, len(seen), within)
			}
		}
	}
	if n := len(programs["three tasks"].interleavings()); n != 210 {
		t.Errorf("7!/(2!3!2!) is 210, and %d were found", n)
	}
}
