package props

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/prop"
	"pgregory.net/rapid"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/targets"
	"github.com/listentest/listentest/targets/osnet"
)

func TestMain(m *testing.M) {
	fmt.Println("props: the tests run in", osnet.Isolate())
	os.Exit(m.Run())
}

// TestTarget runs the property suite against LISTENTEST_TARGET, the simulator
// if that is not set, by rapid and by gopter, from LISTENTEST_SEED. What
// either finds is saved under testdata/listentest.
func TestTarget(t *testing.T) {
	target, err := targets.Open(cmp.Or(os.Getenv("LISTENTEST_TARGET"), "sim"))
	if err != nil {
		t.Skipf("skipped: it cannot run here: %v", err)
	}
	seed, err := strconv.ParseInt(cmp.Or(os.Getenv("LISTENTEST_SEED"), "1"), 10, 64)
	if err != nil {
		t.Fatalf("LISTENTEST_SEED: %v", err)
	}
	h := &suite{t: t, runner: listentest.Runner{Target: target}}
	set(t, "rapid.seed", strconv.FormatInt(seed, 10))
	set(t, "rapid.nofailfile", "true")
	expectFailure(func(tb rapid.TB) {
		rapid.Check(tb, func(rt *rapid.T) {
			if !h.holds(Schedules().Draw(rt, "schedule")) {
				rt.FailNow()
			}
		})
	})
	h.report("rapid")
	prop.ForAll(h.holds, Gen()).Check(gopter.DefaultTestParametersWithSeed(seed))
	h.report("gopter")
}

// A suite keeps the last schedule that broke a promise: what an engine shrank
// to.
type suite struct {
	t      *testing.T
	runner listentest.Runner
	found  listentest.Schedule
	broken *listentest.Violation
}

func (s *suite) holds(schedule listentest.Schedule) bool {
	h, err := s.runner.Run(context.Background(), schedule)
	if err != nil {
		s.t.Error(err) // trouble, and no verdict
		return true
	}
	v := listentest.Check(h, s.runner.Target.Contract()).First()
	if v == nil || v.Suspect {
		return true
	}
	s.found, s.broken = schedule, v
	return false
}

// report fails the test with what was found, and saves it.
func (s *suite) report(by string) {
	s.t.Helper()
	if s.broken == nil {
		return
	}
	f, err := listentest.Shrink(context.Background(), &s.runner, s.found, *s.broken)
	if err != nil {
		s.t.Fatal(err)
	}
	file := filepath.Join("testdata", "listentest", f.Promise.String(), f.FileName()+".sched")
	if err := f.Entry().Write(file); err != nil {
		s.t.Fatal(err)
	}
	s.t.Errorf("%s: %s breaks %v: %s\n%s\nwritten: %s", by, f.Target, f.Promise, f.Violation.Text, f.Schedule, file)
	s.broken = nil
}
