package sched_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/listentest/listentest/sched"
)

// A program is a few tasks, each a list of steps.
type program [][]step

// A step is ready when after says so, given what every task has done; always
// if after is nil.
type step struct {
	touches sched.Resources
	after   func(done []int) bool
}

// own returns n steps that touch nothing of others.
func own(n int) []step { return make([]step, n) }

// racing returns n steps that all race with each other.
func racing(n int) []step { return slices.Repeat([]step{{touches: 1}}, n) }

func (p program) ready(task int, done []int) bool {
	if done[task] == len(p[task]) {
		return false
	}
	after := p[task][done[task]].after
	return after == nil || after(done)
}

// run runs p under a policy, and returns who took each step. As the policy
// is promised, who took the last step stands first.
func (p program) run(policy sched.Policy) string {
	var trace []byte
	done := make([]int, len(p))
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	for {
		var tasks []sched.Task
		for _, t := range order {
			if p.ready(t, done) {
				tasks = append(tasks, sched.Task{ID: uint8('a' + t), Touches: p[t][done[t]].touches})
			}
		}
		if len(tasks) == 0 {
			return string(trace)
		}
		id := tasks[policy.Pick(tasks)].ID
		t := int(id - 'a')
		done[t]++
		order = slices.Insert(slices.DeleteFunc(order, func(o int) bool { return o == t }), 0, t)
		trace = append(trace, id)
	}
}

// interleavings returns all runs of p with the number of their preemptions:
// by recursion over who is ready, and without any policy.
func (p program) interleavings() map[string]int {
	all := map[string]int{}
	var extend func(trace string, done []int, preemptions int)
	extend = func(trace string, done []int, preemptions int) {
		end := true
		for t := range p {
			if !p.ready(t, done) {
				continue
			}
			end = false
			cost := preemptions
			if n := len(trace); n > 0 {
				if last := int(trace[n-1] - 'a'); last != t && p.ready(last, done) {
					cost++
				}
			}
			next := slices.Clone(done)
			next[t]++
			extend(trace+string(rune('a'+t)), next, cost)
		}
		if end {
			all[trace] = preemptions
		}
	}
	extend("", make([]int, len(p)), 0)
	return all
}

// scheduler returns a scheduler by its name.
func scheduler(t *testing.T, word string) sched.Scheduler {
	t.Helper()
	spec, err := sched.Parse(word)
	if err != nil {
		t.Fatal(err)
	}
	return spec.New()
}

func source(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

// sample returns the last of the runs that s wants for p, of which there are
// two at most.
func (p program) sample(s sched.Scheduler, src sched.Source) string {
	s.Begin(src)
	trace := p.run(s)
	if s.Next() {
		trace = p.run(s)
	}
	return trace
}

// deviation returns how many standard deviations the chi-square statistic of
// counts lies above its mean, if outcome o has the probability of[o]. What is
// none of of is counted as infinitely far.
func deviation(counts map[string]int, of map[string]float64, n int) float64 {
	sum := 0.0
	for o, c := range counts {
		if of[o] == 0 {
			return math.Inf(1)
		}
		sum += float64(c) * float64(c) / (float64(n) * of[o])
	}
	degrees := float64(len(of) - 1)
	return (sum - float64(n) - degrees) / math.Sqrt(2*degrees)
}

// uniform returns the distribution in which all interleavings of p are equal.
func (p program) uniform() map[string]float64 {
	all := p.interleavings()
	of := map[string]float64{}
	for trace := range all {
		of[trace] = 1 / float64(len(all))
	}
	return of
}

// walk returns the distribution of the random walk over independent tasks:
// a step has the probability 1 in the number of tasks that are not at an end.
func (p program) walk() map[string]float64 {
	of := map[string]float64{}
	for trace := range p.interleavings() {
		left := make([]int, len(p))
		for t := range p {
			left[t] = len(p[t])
		}
		of[trace] = 1
		for _, id := range trace {
			ready := 0
			for _, n := range left {
				ready += min(n, 1)
			}
			of[trace] /= float64(ready)
			left[id-'a']--
		}
	}
	return of
}

func ExampleScheduler() {
	spec, _ := sched.Parse("dfs:0")
	s := spec.New()
	s.Begin(nil) // it draws nothing
	for more := true; more; more = s.Next() {
		fmt.Println(program{own(2), own(2)}.run(s))
	}
	// Output:
	// aabb
	// bbaa
}
