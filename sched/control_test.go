package sched_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/listentest/listentest/sched"
)

// controlled runs f in a bubble under control.
func controlled(t *testing.T, p sched.Plan, f func()) (trace sched.Trace) {
	synctest.Test(t, func(t *testing.T) {
		c, err := sched.Begin(p)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { trace = c.End() }()
		f()
		synctest.Wait()
	})
	return trace
}

// crowd is a program with some of everything.
func crowd() {
	var mu sync.Mutex
	var n atomic.Int64
	c := make(chan int)
	var wg sync.WaitGroup
	for i := range 5 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 10 {
				mu.Lock()
				n.Add(1)
				mu.Unlock()
				select {
				case c <- i:
				case <-c:
				}
			}
		}()
	}
	go func() {
		for range c {
		}
	}()
	wg.Wait()
	close(c)
}

// TestSame: a run is the same again, under every mode.
func TestSame(t *testing.T) {
	if !sched.Controlled() {
		t.Skip("skipped: built without schedule control; listentest go test ./sched runs it")
	}
	for mode, want := range map[sched.Mode]int{sched.RunOn: 1, sched.Random: 20, sched.PCT: 15, sched.POS: 20} {
		traces := map[uint64]bool{}
		for seed := range uint64(20) {
			first := controlled(t, sched.Plan{Mode: mode, Seed: seed, Changes: []uint64{20, 40}}, crowd)
			traces[first.Hash] = true
			for range 50 {
				again := controlled(t, sched.Plan{Mode: mode, Seed: seed, Changes: []uint64{20, 40}}, crowd)
				if again.Hash != first.Hash || again.Points != first.Points {
					t.Fatalf("mode %v, seed %d: %d points with hash %x, and %d with %x", mode, seed, first.Points, first.Hash, again.Points, again.Hash)
				}
			}
			var choices []byte
			for _, d := range first.Decisions {
				choices = append(choices, d.Picked)
			}
			if mode == sched.Random || mode == sched.POS { // the others decide at fewer places
				again := controlled(t, sched.Plan{Mode: sched.Replaying, Seed: seed, Choices: choices}, crowd)
				if again.Points != first.Points || !slices.Equal(again.Decisions, first.Decisions) {
					t.Fatalf("seed %d: the replay of %d decisions took %d", seed, len(first.Decisions), len(again.Decisions))
				}
			}
		}
		if len(traces) < want {
			t.Errorf("mode %v has %d traces for 20 seeds, want at least %d", mode, len(traces), want)
		}
	}
}

// TestHold: a goroutine is held at its k-th point, which is named, and runs on
// when it is resumed.
func TestHold(t *testing.T) {
	if !sched.Controlled() {
		t.Skip("skipped: built without schedule control; listentest go test ./sched runs it")
	}
	controlled(t, sched.Plan{}, func() {
		var mu sync.Mutex
		steps := 0
		g := sched.Go(func() {
			mu.Lock()
			steps++
			mu.Unlock()
			mu.Lock()
			steps++
			mu.Unlock()
		})
		if _, ok := g.Preempted(); ok || g.Resume() {
			t.Error("it is held before it runs")
		}
		if !g.PreemptAfter(3) {
			t.Error("it cannot be preempted")
		}
		synctest.Wait()
		at, ok := g.Preempted()
		if !ok || at.Kind != "Mutex.Lock" || !strings.HasPrefix(at.Function, "github.com/listentest/listentest/sched_test.TestHold") || filepath.Base(at.File) != "control_test.go" || at.Line == 0 {
			t.Errorf("held %v at %+v", ok, at)
		}
		if steps != 1 || g.Points() != 3 {
			t.Errorf("%d steps and %d points, want 1 and 3", steps, g.Points())
		}
		if !g.PreemptAfter(1) || !g.Resume() {
			t.Error("it cannot be resumed")
		}
		synctest.Wait()
		if at, ok := g.Preempted(); !ok || at.Kind != "Mutex.Unlock" || steps != 2 {
			t.Errorf("held %v at %+v after %d steps", ok, at, steps)
		}
		mu.TryLock() // somebody waits for what it has, and the bubble is idle all the same
		waiting := sched.Go(func() { mu.Lock(); steps++; mu.Unlock() })
		synctest.Wait()
		if steps != 2 {
			t.Errorf("%d steps, want 2", steps)
		}
		if !g.Resume() || waiting.Resume() {
			t.Error("who is held, and who waits?")
		}
		synctest.Wait()
		if steps != 3 {
			t.Errorf("%d steps, want 3", steps)
		}
	})
}

// TestApart: what is apart has no points, so that nobody is held there; what
// comes behind has, and those that it makes.
func TestApart(t *testing.T) {
	if !sched.Controlled() {
		t.Skip("skipped: built without schedule control; listentest go test ./sched runs it")
	}
	controlled(t, sched.Plan{}, func() {
		var mu, other sync.Mutex
		made := false
		g := sched.Go(func() {
			sched.Apart(true)
			mu.Lock()
			mu.Unlock()
			go func() {
				other.Lock()
				other.Unlock()
				made = true
			}()
			sched.Apart(false)
			mu.Lock()
			mu.Unlock()
		})
		g.PreemptAfter(2)
		sched.Background(0).PreemptAfter(2)
		synctest.Wait()
		if at, ok := g.Preempted(); !ok || at.Kind != "Mutex.Unlock" || g.Points() != 2 {
			t.Errorf("held %v at %+v, with %d points", ok, at, g.Points())
		}
		if at, ok := sched.Background(0).G().Preempted(); !ok || at.Kind != "Mutex.Unlock" || made {
			t.Errorf("whom it made is held %v at %+v", ok, at)
		}
		g.Resume()
		sched.Background(0).G().Resume()
	})
}

// TestBackground: the goroutines that a program starts itself count, in the
// order of its go statements, and those of Go do not; one is armed before it is
// made, and behind a go statement there is a point.
func TestBackground(t *testing.T) {
	if !sched.Controlled() {
		t.Skip("skipped: built without schedule control; listentest go test ./sched runs it")
	}
	controlled(t, sched.Plan{}, func() {
		if !sched.Background(1).PreemptAfter(2) || sched.Background(64).PreemptAfter(1) {
			t.Error("64 tasks can be armed, and not a further one")
		}
		var ran [3]bool
		sched.Go(func() { ran[2] = true })
		for i := range 2 {
			go func() {
				var mu sync.Mutex
				mu.Lock()
				mu.Unlock()
				ran[i] = true
			}()
		}
		synctest.Wait()
		if want := [3]bool{true, false, true}; ran != want {
			t.Errorf("%v are at an end, want %v", ran, want)
		}
		g := sched.Background(1).G()
		if g == nil || sched.Background(0).G() != nil || sched.Background(2).G() != nil {
			t.Fatal("not just the second task is alive")
		}
		if at, ok := g.Preempted(); !ok || at.Kind != "Mutex.Unlock" || !g.Resume() {
			t.Errorf("held %v at %+v", ok, at)
		}
		maker := sched.Go(func() { go func() {}() })
		maker.PreemptAfter(1)
		synctest.Wait()
		if at, ok := maker.Preempted(); !ok || at.Kind != "go" || !ran[1] {
			t.Errorf("held %v at %+v; and the second task is at an end: %v", ok, at, ran[1])
		}
		maker.Resume()
	})
}

// TestCrowd: more than a thousand may be runnable at once; that a decision among so many
// is not kept in full is said.
func TestCrowd(t *testing.T) {
	if !sched.Controlled() {
		t.Skip("skipped: built without schedule control; listentest go test ./sched runs it")
	}
	for _, mode := range []sched.Mode{sched.RunOn, sched.Random, sched.POS} {
		var hashes [2]uint64
		for i := range hashes {
			ran := 0
			trace := controlled(t, sched.Plan{Mode: mode, Seed: 1}, func() {
				start := make(chan bool)
				for range 1500 {
					go func() {
						<-start
						ran++
					}()
				}
				synctest.Wait()
				close(start)
			})
			if ran != 1500 || !trace.Cut {
				t.Errorf("mode %v: %d of 1500 ran; the trace is cut: %v", mode, ran, trace.Cut)
			}
			hashes[i] = trace.Hash
		}
		if hashes[0] != hashes[1] {
			t.Errorf("mode %v: the hashes of two runs are %x", mode, hashes)
		}
	}
}

// TestBegin: what is not possible is said.
func TestBegin(t *testing.T) {
	_, err := sched.Begin(sched.Plan{})
	if want := map[bool]error{false: sched.ErrNotHonoured, true: sched.ErrMisuse}[sched.Controlled()]; !errors.Is(err, want) {
		t.Errorf("outside a bubble: %v", err)
	}
	if !sched.Controlled() {
		g := sched.Go(func() {})
		if g.PreemptAfter(1) || g.Resume() || g.Points() != 0 {
			t.Error("a preemption is honoured without control")
		}
		return
	}
	controlled(t, sched.Plan{}, func() {
		if _, err := sched.Begin(sched.Plan{}); !errors.Is(err, sched.ErrMisuse) {
			t.Errorf("twice: %v", err)
		}
	})
}
