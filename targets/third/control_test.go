package third

import (
	"flag"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/sched"
	"github.com/listentest/listentest/targets/third/netstack"
)

var (
	runs      = flag.Int("runs", 3, "how often TestControlledSame runs each schedule, at least twice")
	processes = flag.Int("processes", 2, "in how many processes TestControlledProcesses has TestControlledSame run")
)

// controlled are the libraries that are held to be the same again.
var controlled = []string{"bufconn", "fasthttputil", "limit-listener", "yamux", "go-yamux", "gonet", "quic-go"}

// needsControl skips a test that a plain go test cannot run.
func needsControl(t testing.TB) {
	t.Helper()
	if !sched.Controlled() {
		t.Skip("skipped: built without schedule control; listentest go test runs it")
	}
}

// netOf returns the listener of a library; of gVisor the one whose backlog can
// be asked for, for a full queue of 4096 is more goroutines than a trace has room for.
func netOf(t testing.TB, name string) listentest.Target {
	t.Helper()
	if name == "gonet" {
		n, err := netstack.Gonet(name, true)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	return libraries[name].target(newPipe)
}

// inControl runs schedules in bubbles, each in one of its own.
func inControl(t *testing.T, target listentest.Target) *listentest.Runner {
	return &listentest.Runner{Target: target, Bubble: listentest.Bubble(t, func(string) {})}
}

// A planned schedule is one with who runs next.
type planned struct {
	listentest.Schedule
	sched.Plan
}

// sampled returns a dozen drawn schedules in which an acceptor, a client and a
// goroutine of the library are held at some point, three of each with Choices
// and under each plan that draws.
func sampled() (all []planned) {
	modes := []sched.Mode{sched.RunOn, sched.Random, sched.PCT, sched.POS}
	for i := range 12 {
		rng := rand.New(rand.NewPCG(16, uint64(i)))
		s := listentest.Generate(rng)
		s.Backlog = int32(1 + i%3)
		holds := []listentest.Step{{Kind: listentest.Preempt, Actor: listentest.Acceptor(0)}, {Kind: listentest.Preempt, Actor: listentest.Client(0)}, {Kind: listentest.Preempt, Actor: listentest.Task(i % 4)}}
		s.Steps = append(holds, s.Steps...)
		for j := range s.Steps {
			if step := &s.Steps[j]; step.Kind == listentest.Preempt {
				step.N = int16(1 + rng.IntN(20))
			}
			if step := &s.Steps[j]; step.Kind == listentest.Preempt && step.Actor == listentest.Acceptor(0) {
				step.N = 1 + step.N%4 // some have few points
			}
		}
		p := planned{s, sched.Plan{Mode: modes[i%len(modes)], Seed: rng.Uint64()}}
		switch p.Mode {
		case sched.RunOn:
			for range 200 {
				p.Schedule.Choices = append(p.Schedule.Choices, byte(rng.IntN(4)))
			}
		case sched.PCT:
			p.Changes = []uint64{rng.Uint64N(300), rng.Uint64N(3000)}
		}
		all = append(all, p)
	}
	return all
}

// did runs a schedule, and says what was done and what was seen.
func (p planned) did(t *testing.T, r *listentest.Runner) (what string, h listentest.History) {
	t.Helper()
	r.Plan = p.Plan
	h, err := r.Run(t.Context(), p.Schedule)
	if err != nil {
		t.Fatal(err)
	}
	trace, saw := r.Trace(), fnv.New64a()
	saw.Write([]byte(h.String()))
	return fmt.Sprintf("%016x %016x %d points, %d decisions", trace.Hash, saw.Sum64(), trace.Points, len(trace.Decisions)), h
}

// TestControlledSame: what a library does is the same again, in whatever state
// the collector is. What it prints is the same in every process.
func TestControlledSame(t *testing.T) {
	needsControl(t)
	for _, name := range controlled {
		t.Run(name, func(t *testing.T) {
			for _, during := range []string{"rest", "GOGC=1", "storm"} {
				t.Run(during, func(t *testing.T) {
					t.Cleanup(storms[during]())
					same(t, name)
				})
			}
		})
	}
}

// same runs each schedule often.
func same(t *testing.T, name string) {
	r := inControl(t, netOf(t, name))
	holds := 0
	for i, p := range sampled() {
		p.did(t, r) // what is done once in a process
		first, h := p.did(t, r)
		text := h.String()
		holds += strings.Count(text, "\nhold ")
		fmt.Printf("same: %s, %d: %s\n", t.Name(), i, first)
		for n := 2; n < *runs+1; n++ {
			again, h := p.did(t, r)
			if again != first {
				t.Errorf("schedule %d: run %d gives %s, and the first %s\n%v\n%v\n%v", i, n, again, first, p.Schedule, text, h)
				break
			}
		}
	}
	if holds == 0 {
		t.Error("nobody was ever held")
	}
}

// TestControlledShared: in the one bubble that a worker has for all its cases,
// too, what was seen is the same again, whatever ran before.
func TestControlledShared(t *testing.T) {
	needsControl(t)
	for _, name := range controlled {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &listentest.Runner{Target: netOf(t, name), Bubble: listentest.SharedBubble()}
				all, first := sampled(), map[int]string{}
				for n := range *runs {
					for j := range all {
						i := (j*(n+1) + n) % len(all) // others come before
						_, h := all[i].did(t, r)
						if text := h.String(); first[i] == "" {
							first[i] = text
						} else if text != first[i] {
							t.Fatalf("schedule %d: run %d saw\n%v\nand the first\n%v", i, n, text, first[i])
						}
					}
				}
			})
		})
	}
}

// storms are what the collector does meanwhile; what each returns ends it.
var storms = map[string]func() func(){
	"rest": func() func() { return func() {} },
	"GOGC=1": func() func() {
		percent := debug.SetGCPercent(1)
		return func() { debug.SetGCPercent(percent) }
	},
	"storm": func() func() { // outside the bubbles
		end, ended := make(chan bool), make(chan bool)
		go func() {
			defer close(ended)
			for {
				select {
				case <-end:
					return
				default:
					runtime.GC()
				}
			}
		}()
		return func() {
			close(end)
			<-ended
		}
	},
}

// TestControlledProcesses: it is the same in other processes.
func TestControlledProcesses(t *testing.T) {
	needsControl(t)
	for _, name := range controlled {
		t.Run(name, func(t *testing.T) {
			first := ""
			for i := range *processes {
				cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestControlledSame$/^"+name+"$/^rest$", "-runs=2")
				out, err := cmd.CombinedOutput()
				if err != nil {
					t.Fatalf("process %d: %v\n%s", i, err, out)
				}
				lines := regexp.MustCompile(`(?m)^same: .*$`).FindAllString(string(out), -1)
				if want := len(sampled()); len(lines) != want {
					t.Fatalf("process %d: %d schedules of %d\n%s", i, len(lines), want, out)
				}
				if all := strings.Join(lines, "\n"); i == 0 {
					first = all
				} else if all != first {
					t.Fatalf("process %d differs:\n%s\nand the first:\n%s", i, all, first)
				}
			}
		})
	}
}
