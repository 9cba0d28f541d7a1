package overlay_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/listentest/listentest/sched"
)

var runs = flag.Int("runs", 20, "how often a program runs under control, at least twice")

var plans = map[string]sched.Plan{
	"run on": {Seed: 1},
	"random": {Mode: sched.Random, Seed: 2},
	"PCT":    {Mode: sched.PCT, Seed: 3, Changes: []uint64{10, 30}},
	"POS":    {Mode: sched.POS, Seed: 5},
	"replay": {Mode: sched.Replaying, Seed: 4, Choices: []byte{1, 2, 0, 1, 1, 0, 2, 3, 0, 1, 0, 1}},
}

// A sight is a hash of what was seen. It has no lock, which would have points.
type sight uint64

//go:norace
func (s *sight) add(text string) {
	for i := range len(text) {
		*s = (*s ^ sight(text[i])) * 1099511628211
	}
}

// run runs a program under control, and says what it did and saw.
func run(t *testing.T, p sched.Plan, program func(see func(...any))) string {
	var saw sight
	var trace sched.Trace
	synctest.Test(t, func(t *testing.T) {
		c, err := sched.Begin(p)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { trace = c.End() }()
		program(func(what ...any) { saw.add(fmt.Sprintln(what...)) })
	})
	if trace.Cut {
		t.Fatal("there was more than a trace has room for")
	}
	return fmt.Sprintf("%016x %016x %d points, %d decisions", trace.Hash, saw, trace.Points, len(trace.Decisions))
}

// TestSame: equal plans make equal runs, whatever the collector does meanwhile
// and a goroutine outside the bubble. What it logs is the same in every
// process, which TestProcesses compares.
func TestSame(t *testing.T) {
	if !sched.Controlled() {
		t.Skip("skipped: built without schedule control")
	}
	for _, name := range slices.Sorted(maps.Keys(programs)) {
		for _, how := range slices.Sorted(maps.Keys(plans)) {
			n := *runs
			switch name {
			case "long loop", "collection", "weak pointers":
				n = min(n, 50) // they take milliseconds
			case "long system calls":
				n = min(n, 10)
			}
			run(t, plans[how], programs[name]) // what is done once in a process
			first := run(t, plans[how], programs[name])
			fmt.Printf("same: %s, %s: %s\n", name, how, first)
			storm := start(storms[how])
			for i := range n - 1 {
				if again := run(t, plans[how], programs[name]); again != first {
					t.Errorf("%s, %s: run %d gives %s, and the first %s", name, how, i, again, first)
					break
				}
			}
			storm()
		}
	}
}

// storms are what goes on outside the bubble, by the name of a plan.
var storms = map[string]func(){
	"random": func() { b := make([]byte, 1<<12); garbageOutside = &b },
	"PCT":    func() { os.ReadFile("overlay.go") },
}

var garbageOutside *[]byte

// start runs f over and over outside the bubble, under a collector that has no
// rest, until the function that it returns is called.
func start(f func()) (stop func()) {
	if f == nil {
		return func() {}
	}
	percent := debug.SetGCPercent(1)
	end, ended := make(chan bool), make(chan bool)
	go func() {
		defer close(ended)
		for {
			select {
			case <-end:
				return
			default:
				f()
				runtime.Gosched()
			}
		}
	}()
	return func() {
		close(end)
		<-ended
		debug.SetGCPercent(percent)
	}
}
