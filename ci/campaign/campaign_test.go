package campaign_test

import (
	"context"
	"errors"
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/ci/campaign"
	"github.com/listentest/listentest/targets/sim"
)

func simulator(t *testing.T, faults ...string) *sim.Target {
	t.Helper()
	target, err := sim.New("sim", sim.Default, faults...)
	if err != nil {
		t.Fatal(err)
	}
	return target
}

// TestSameCases: a seed names the same cases, counts and findings, however
// many workers share them.
func TestSameCases(t *testing.T) {
	var want campaign.Row
	for _, workers := range []int{1, 2, 7} {
		row, err := campaign.Run(context.Background(), campaign.Plan{Target: simulator(t, "deferred-credit", "lifo-order"), Seed: 5, Cases: 5000, Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		row.Elapsed = 0
		if workers == 1 {
			want = row
			if len(row.Findings) != 2 || row.Cases != 5000 || len(row.Reached) < 200 {
				t.Fatalf("%d cases, %d findings, %d elements", row.Cases, len(row.Findings), len(row.Reached))
			}
			continue
		}
		if !reflect.DeepEqual(row, want) {
			t.Errorf("%d workers: got\n%+v\nwant\n%+v", workers, row, want)
		}
	}
}

// TestCounts: every case counts once for every promise.
func TestCounts(t *testing.T) {
	row, err := campaign.Run(context.Background(), campaign.Plan{Target: simulator(t, "off-by-one-low"), Seed: 1, Cases: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range listentest.Promises() {
		sum := 0
		for _, s := range listentest.Statuses() {
			sum += row.Count(p, s)
		}
		if sum != row.Cases {
			t.Errorf("%v: %d of %d cases are counted", p, sum, row.Cases)
		}
	}
	if row.Count(listentest.MinPending, listentest.Violated) == 0 {
		t.Error("nothing is violated")
	}
}

// TestFor: time ends a plan, and so does the context; the row is of what was
// done.
func TestFor(t *testing.T) {
	var told atomic.Int64
	row, err := campaign.Run(context.Background(), campaign.Plan{Target: simulator(t), Seed: 1, For: 500 * time.Millisecond,
		Watch: func(p campaign.Progress) { told.Store(int64(p.Cases)) }})
	if err != nil || row.Cases == 0 || told.Load() == 0 {
		t.Errorf("%d cases, told of %d, %v", row.Cases, told.Load(), err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(50*time.Millisecond, cancel)
	row, err = campaign.Run(ctx, campaign.Plan{Target: simulator(t), Seed: 1, Cases: 1 << 40})
	if err != nil || row.Cases == 0 {
		t.Errorf("%d cases, %v", row.Cases, err)
	}
}

// A slow target is the simulator, seen through waiting: its rests are calm,
// and a return may come only after a longer wait than the plan's.
type slow struct {
	*sim.Target
	after time.Duration // what a rest must wait for anything to move
}

func (slow) Level() listentest.Level { return listentest.LevelGate }

func (s slow) Open(ctx context.Context, o listentest.Options) (listentest.Session, error) {
	inner, err := s.Target.Open(ctx, o)
	return &slowSession{inner, s}, err
}

type slowSession struct {
	listentest.Session
	slow
}

func (s *slowSession) Settle(ctx context.Context) (listentest.Rest, error) {
	deadline, ok := ctx.Deadline()
	if ok && time.Until(deadline) > s.after {
		_, err := s.Session.Settle(ctx)
		return listentest.Calm, err
	}
	return listentest.Calm, nil
}

// TestSlowIsNoFinding: what a longer wait mends is suspect, and no finding.
func TestSlowIsNoFinding(t *testing.T) {
	// It never waits in truth: only the deadlines differ, by seconds.
	target := slow{Target: simulator(t), after: 5 * time.Second}
	row, err := campaign.Run(context.Background(), campaign.Plan{Target: target, Seed: 1, Cases: 100,
		Pace: time.Second, Grace: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	suspect := 0
	for _, p := range listentest.Promises() {
		suspect += row.Count(p, listentest.Suspect)
	}
	if len(row.Findings) > 0 || suspect == 0 {
		t.Errorf("%d suspect, findings %+v", suspect, row.Findings)
	}
}

// TestSuspectIsConfirmed: what a longer wait does not mend is a finding, and
// is shrunk with the longer wait.
func TestSuspectIsConfirmed(t *testing.T) {
	target := slow{Target: simulator(t, "lost-wakeup")}
	row, err := campaign.Run(context.Background(), campaign.Plan{Target: target, Seed: 1, Cases: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	if len(row.Findings) != 1 || row.Findings[0].Promise != listentest.Progress || len(row.Findings[0].Schedule.Steps) != 3 {
		t.Errorf("findings %+v", row.Findings)
	}
}

// A flaky target is faulty in two of three sessions.
type flaky struct {
	*sim.Target
	correct *sim.Target
	opens   *atomic.Int64
}

func (flaky) Level() listentest.Level { return listentest.LevelGate }

func (f flaky) Open(ctx context.Context, o listentest.Options) (listentest.Session, error) {
	target := f.Target
	if f.opens.Add(1)%3 == 0 {
		target = f.correct
	}
	s, err := target.Open(ctx, o)
	return struct{ listentest.Session }{s}, err // hides Reopen, which would keep the first choice
}

// TestFlakyIsShrunk: a defect that does not show in every run is found and
// shrunk all the same, and the finding says how often it was seen.
func TestFlakyIsShrunk(t *testing.T) {
	target := flaky{simulator(t, "off-by-one-high"), simulator(t), new(atomic.Int64)}
	row, err := campaign.Run(context.Background(), campaign.Plan{Target: target, Seed: 1, Cases: 50, Workers: 1})
	if err != nil || len(row.Findings) != 1 {
		t.Fatalf("%v, findings %+v", err, row.Findings)
	}
	f := row.Findings[0]
	if len(f.Schedule.Steps) != 1 || f.Seen == 0 || f.Seen == f.Tries || f.Violation.Promise != listentest.MaxPending {
		t.Errorf("finding %+v", f)
	}
}

// TestTrouble: trouble is an error that names the case, and no verdict.
func TestTrouble(t *testing.T) {
	trouble := errors.New("no descriptor")
	row, err := campaign.Run(context.Background(), campaign.Plan{Target: broken{simulator(t), trouble}, Seed: 1, Cases: 100})
	if !errors.Is(err, trouble) || row.Cases != 0 {
		t.Errorf("%d cases, %v", row.Cases, err)
	}
}

type broken struct {
	*sim.Target
	err error
}

func (b broken) Open(context.Context, listentest.Options) (listentest.Session, error) {
	return nil, b.err
}
