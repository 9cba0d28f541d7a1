package props

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/prop"
	"pgregory.net/rapid"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/targets/sim"
)

// most is how many cases each of the two may draw for a fault.
const most = 20_000

// A hunt is for one fault.
type hunt struct {
	fault  sim.Fault
	target listentest.Target
	cases  atomic.Int64 // drawn until the first find; shrinking does not count
	found  listentest.Schedule
	broken atomic.Bool
}

func newHunt(t *testing.T, f sim.Fault) *hunt {
	t.Helper()
	target, err := sim.New("sim:"+f.Name, sim.Default, f.Name)
	if err != nil {
		t.Fatal(err)
	}
	return &hunt{fault: f, target: target}
}

// holds runs s, and keeps it if it breaks the fault's promise: the last one
// kept is what the engine shrank to.
func (h *hunt) holds(s listentest.Schedule) (bool, error) {
	if !h.broken.Load() {
		h.cases.Add(1)
	}
	history, err := listentest.Run(context.Background(), h.target, s)
	if err != nil {
		return false, err
	}
	v := listentest.Check(history, h.target.Contract()).First()
	if v == nil || v.Promise != h.fault.Breaks[0] {
		return true, nil
	}
	h.broken.Store(true)
	h.found = s
	return false, nil
}

// file shrinks what was found by our own shrinker, saves it, and returns the
// schedule in the file: whoever found it, it ends as one corpus file.
func (h *hunt) file(t *testing.T) listentest.Schedule {
	t.Helper()
	if !h.broken.Load() {
		t.Fatalf("not found in %d cases", most)
	}
	history, err := listentest.Run(context.Background(), h.target, h.found)
	if err != nil {
		t.Fatal(err)
	}
	v := listentest.Check(history, h.target.Contract()).First()
	f, err := listentest.Shrink(context.Background(), &listentest.Runner{Target: h.target}, h.found, *v)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), f.FileName()+".sched")
	if err := f.Entry().Write(file); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	e, err := listentest.ParseEntry(file, string(text))
	if err != nil {
		t.Fatal(err)
	}
	return e.Schedule
}

// hunted are the faults that rapid and gopter look for; the simulator's own
// tests look for the others.
var hunted = []string{"deferred-credit", "off-by-one-low", "off-by-one-high", "credit-leak-on-abort",
	"lost-wakeup", "duplicate-accept", "lifo-order", "close-leaves-pending"}

// rapid shrinks choices one by one, and its time is up before it is done with
// the bits of a schedule; what our own shrinker makes of it is the same.
var shrinkTime = flag.String("shrinktime", "2s", "how long rapid may shrink in TestFaults")

// TestFaults: rapid alone and gopter alone find these faults of the simulator,
// and end in the same file.
func TestFaults(t *testing.T) {
	set(t, "rapid.checks", "20000")
	set(t, "rapid.seed", "1")
	set(t, "rapid.nofailfile", "true")
	set(t, "rapid.shrinktime", *shrinkTime)
	for _, name := range hunted {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, _ := sim.FaultOf(name)
			byRapid, byGopter := newHunt(t, f), newHunt(t, f)
			byRapid.rapid()
			byGopter.gopter()
			one, other := byRapid.file(t), byGopter.file(t)
			if len(one.Steps) != len(other.Steps) {
				t.Errorf("rapid's ends as\n%vgopter's as\n%v", one, other)
			}
			t.Logf("%-22s rapid: %d cases, %d steps; gopter: %d cases, %d steps; both then %d steps, same schedule: %v", f.Name,
				byRapid.cases.Load(), len(byRapid.found.Steps), byGopter.cases.Load(), len(byGopter.found.Steps), len(one.Steps), one.Equal(other))
		})
	}
}

func (h *hunt) rapid() {
	expectFailure(func(tb rapid.TB) {
		rapid.Check(tb, func(rt *rapid.T) {
			if ok, err := h.holds(Schedules().Draw(rt, "schedule")); err != nil || !ok {
				rt.Fatalf("broken: %v", err)
			}
		})
	})
}

func (h *hunt) gopter() {
	p := gopter.DefaultTestParametersWithSeed(1)
	p.MinSuccessfulTests = most
	prop.ForAll(func(s listentest.Schedule) (bool, error) { return h.holds(s) }, Gen()).Check(p)
}

func set(t *testing.T, name, value string) {
	t.Helper()
	old := flag.Lookup(name).Value.String()
	if err := flag.Set(name, value); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = flag.Set(name, old) })
}

// expectFailure runs a check that is to fail without failing the test.
func expectFailure(check func(rapid.TB)) {
	done := make(chan struct{})
	go func() { // FailNow ends the goroutine
		defer close(done)
		check(&failing{})
	}()
	<-done
}

// failing is a TB whose failure is no news.
type failing struct{ failed bool }

func (*failing) Helper()                 {}
func (*failing) Name() string            { return "expected to fail" }
func (*failing) Logf(string, ...any)     {}
func (*failing) Log(...any)              {}
func (*failing) Skipf(string, ...any)    { runtime.Goexit() }
func (*failing) Skip(...any)             { runtime.Goexit() }
func (*failing) SkipNow()                { runtime.Goexit() }
func (f *failing) Errorf(string, ...any) { f.failed = true }
func (f *failing) Error(...any)          { f.failed = true }
func (f *failing) Fatalf(string, ...any) { f.FailNow() }
func (f *failing) Fatal(...any)          { f.FailNow() }
func (f *failing) FailNow()              { f.failed = true; runtime.Goexit() }
func (f *failing) Fail()                 { f.failed = true }
func (f *failing) Failed() bool          { return f.failed }
