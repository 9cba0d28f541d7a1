// Package campaign runs generated cases against targets, in parallel, and
// sums up what came of them: the engine of listentest run and nightly. It
// prints nothing, and writes no file but those of a NightFile and a Folder.
package campaign

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/sched"
	"golang.org/x/sync/errgroup"
)

// A Plan says how a target is exercised. Case i and its policy are drawn from
// Seed and i alone, so that a seed names the same cases however many run at
// once.
type Plan struct {
	Target      listentest.Target
	Seed        uint64
	Cases       int           // 0 is no limit
	For         time.Duration // 0 is no limit; one of the two must be set
	Workers     int           // GOMAXPROCS if 0
	Pace, Grace time.Duration // the runner's defaults if 0
	// Sched names the policy, or the portfolio of policies, that schedules
	// the actors of a target of level full; on others it has no effect.
	Sched sched.Spec
	// Watch, if not nil, is told now and then how far it is.
	Watch func(Progress)
	// Found, if not nil, is told at once of every case that is the first, or
	// an earlier one, to break a promise, before anything is shrunk: what was
	// seen is not lost, whatever happens next.
	Found func(Finding) error
}

// Progress is how far a plan is.
type Progress struct {
	Target  string
	Cases   int
	Rate    float64 // cases a second
	Broken  int     // cases with a violation
	Left    time.Duration
	Planned int // Plan.Cases
}

// A Row is what came of a plan.
type Row struct {
	Target   string
	Level    listentest.Level
	Contract listentest.Contract
	Seed     uint64
	Cases    int
	Steps    int // of their schedules, as often as they were run
	Elapsed  time.Duration
	// Counts has the number of cases by promise and status.
	Counts   [][]int
	Policies []Tally // by their names; none below level full
	Findings []Finding
}

// Count returns how many cases ended in a status of a promise.
func (r Row) Count(p listentest.Promise, s listentest.Status) int { return r.Counts[p][s] }

// A Finding is the first case that broke a promise, shrunk.
type Finding struct {
	listentest.Finding
	Case   int
	Policy sched.Spec // under which it was seen
}

// Run runs a plan until its limits, or until ctx is done: then the row is of
// what was done. An error is trouble, and the row is of what was done before.
func Run(ctx context.Context, p Plan) (Row, error) {
	r := run{Plan: p, start: time.Now(), first: map[listentest.Promise]found{}}
	r.row = Row{Target: p.Target.Name(), Level: listentest.LevelOf(p.Target), Contract: p.Target.Contract(), Seed: p.Seed,
		Counts: newCounts()}
	if r.Workers <= 0 {
		r.Workers = runtime.GOMAXPROCS(0)
	}
	limited, cancel := ctx, context.CancelFunc(func() {})
	if p.For > 0 {
		limited, cancel = context.WithTimeout(ctx, p.For)
	}
	defer cancel()
	stop := r.watch()
	err := r.cases(limited)
	stop()
	r.row.Cases, r.row.Elapsed = int(r.done.Load()), time.Since(r.start)
	if err != nil {
		return r.row, fmt.Errorf("case of seed %d: %w", p.Seed, err)
	}
	return r.row, r.findings(context.WithoutCancel(ctx))
}

func newCounts() [][]int {
	counts := make([][]int, len(listentest.Promises()))
	for p := range counts {
		counts[p] = make([]int, len(listentest.Statuses()))
	}
	return counts
}

// run is a plan on its way.
type run struct {
	Plan
	start  time.Time
	next   atomic.Int64 // the first case that nobody has taken
	done   atomic.Int64
	broken atomic.Int64

	mu    sync.Mutex
	row   Row
	first map[listentest.Promise]found
}

// found is the lowest case that broke a promise, as it was seen there.
type found struct {
	index     int
	policy    sched.Spec
	schedule  listentest.Schedule // with the choices of the policy
	violation listentest.Violation
	history   listentest.History
	slow      bool // it took a slower run to be certain
}

// batch is how many cases a worker takes at a time.
const batch = 16

func (r *run) cases(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for range r.Workers {
		g.Go(func() error { return r.work(ctx) })
	}
	return g.Wait()
}

// work is one worker. The end of ctx is no error.
func (r *run) work(ctx context.Context) error {
	w := worker{run: r, counts: newCounts(),
		Runner: listentest.Runner{Target: r.Target, Pace: r.Pace, Grace: r.Grace}}
	defer w.sumUp()
	pcg := rand.NewPCG(0, 0)
	rng := rand.New(pcg)
	var s listentest.Schedule
	for ctx.Err() == nil {
		from := int(r.next.Add(batch)) - batch
		for i := from; i < from+batch; i++ {
			if r.Cases > 0 && i >= r.Cases || ctx.Err() != nil {
				return nil
			}
			pcg.Seed(r.Seed, uint64(i))
			s.Draw(rng)
			if err := w.one(ctx, i, s, w.policy(rng)); err != nil && ctx.Err() == nil {
				return fmt.Errorf("case %d: %w", i, err)
			}
		}
		if r.Cases > 0 && from+batch >= r.Cases {
			return nil
		}
	}
	return nil
}

type worker struct {
	*run
	listentest.Runner
	check    listentest.Checker
	steps    int
	counts   [][]int
	policies []*policy
}

// one runs and judges one case, as often as its policy asks for, or until it
// breaks a promise; the last run is what counts.
func (w *worker) one(ctx context.Context, i int, s listentest.Schedule, p *policy) error {
	var f found
	var v listentest.Verdict
	runs := 0
	for more := true; more; more = certain(v) == nil && p.more(runs) {
		var err error
		if f, v, err = w.judge(ctx, s); err != nil {
			return err
		}
		runs++
		w.steps += len(s.Steps)
		p.ran(w.Record())
	}
	p.Cases++
	p.Runs += runs
	for promise, status := range v.Of {
		w.counts[promise][status]++
	}
	w.done.Add(1)
	if first := certain(v); first != nil {
		w.broken.Add(1)
		f.index, f.policy, f.violation = i, p.Policy, *first
		return w.keep(f)
	}
	return nil
}

// certain returns the violation of v that is one whatever the time was.
func certain(v listentest.Verdict) *listentest.Violation {
	if first := v.First(); first != nil && !first.Suspect {
		return first
	}
	return nil
}

// judge runs a case once; the history is the runner's.
func (w *worker) judge(ctx context.Context, s listentest.Schedule) (found, listentest.Verdict, error) {
	h, err := w.Runner.Run(ctx, s)
	if err != nil {
		return found{}, listentest.Verdict{}, err
	}
	if w.Runner.Policy != nil {
		s.Choices = w.Record().Choices
	}
	v := w.check.Check(h, w.run.Target.Contract())
	slow := false
	if first := v.First(); first != nil && first.Suspect {
		again, certain, confirmed, err := listentest.Confirm(ctx, &w.Runner, s, first.Promise)
		if err != nil {
			return found{}, v, err
		}
		if slow = confirmed; confirmed {
			h, v = again, certain
		}
	}
	return found{schedule: s, history: h, slow: slow}, v, nil
}

// keep keeps what was found if no earlier case broke the same promise.
func (w *worker) keep(f found) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	promise := f.violation.Promise
	if old, ok := w.first[promise]; ok && old.index < f.index {
		return nil
	}
	f.schedule = f.schedule.Norm()
	f.history.Events = slices.Clone(f.history.Events)
	w.first[promise] = f
	if w.Found == nil {
		return nil
	}
	return w.Found(Finding{Case: f.index, Policy: f.policy, Finding: listentest.Finding{Target: w.row.Target, Promise: promise,
		Drawn: f.schedule, Schedule: f.schedule, History: f.history, Violation: f.violation}})
}

func (w *worker) sumUp() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.row.Steps += w.steps
	for p := range w.counts {
		for s, n := range w.counts[p] {
			w.row.Counts[p][s] += n
		}
	}
	if w.row.Level == listentest.LevelFull {
		for _, p := range w.policies {
			w.row.Policies = p.Tally.addTo(w.row.Policies)
		}
	}
}

// watch tells Watch how far the plan is until stop is called.
func (r *run) watch() (stop func()) {
	if r.Watch == nil {
		return func() {}
	}
	const every = 200 * time.Millisecond
	ticker := time.NewTicker(every)
	quit, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		for {
			select {
			case <-ticker.C:
				r.Watch(r.progress())
			case <-quit:
				return
			}
		}
	}()
	return func() {
		ticker.Stop()
		close(quit)
		<-gone
	}
}

func (r *run) progress() Progress {
	elapsed := time.Since(r.start)
	n := int(r.done.Load())
	p := Progress{Target: r.Target.Name(), Cases: n, Broken: int(r.broken.Load()), Planned: r.Cases}
	p.Rate = float64(n) / elapsed.Seconds()
	if r.Cases > 0 && n > 0 {
		p.Left = time.Duration(float64(elapsed) / float64(n) * float64(r.Cases-n))
	}
	if r.For > 0 && (r.Cases == 0 || r.For-elapsed < p.Left) {
		p.Left = r.For - elapsed
	}
	return p
}
