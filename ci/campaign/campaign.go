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
// Seed and i, and from what the cases of earlier rounds have reached on the
// target (see [Steering]), so that a seed names the same cases however many run
// at once.
type Plan struct {
	Target      listentest.Target
	Seed        uint64
	Cases       int           // 0 is no limit
	For         time.Duration // 0 is no limit; one of the two must be set
	Workers     int           // GOMAXPROCS if 0
	Pace, Grace time.Duration // the runner's defaults if 0
	// Shapes of the cases; those of listentest.Shapes if empty.
	Shapes []listentest.Shape
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
	Reached  []Reached // in the order of the cases
	Doubts   Doubts
}

// Doubts are observations that a listener's own count of its queue is not what
// can be held.
type Doubts struct {
	Cases int    `json:"cases"` // in which there was one
	Case  int    `json:"case"`  // the first of them,
	Text  string `json:"text"`  // and what it was
}

// add enters more of them.
func (d *Doubts) add(more Doubts) {
	if more.Cases > 0 && (d.Cases == 0 || more.Case < d.Case) {
		d.Case, d.Text = more.Case, more.Text
	}
	d.Cases += more.Cases
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
	r := run{Plan: p, start: time.Now(), steer: Steering{Share: Share, Shapes: p.Shapes}, first: map[listentest.Promise]found{}}
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
	r.row.Reached = r.steer.Reached
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
	end    int          // of the round
	done   atomic.Int64
	broken atomic.Int64

	mu    sync.Mutex
	row   Row
	steer Steering
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

// cases runs rounds. The end of ctx is no error.
func (r *run) cases(ctx context.Context) error {
	workers := make([]*worker, r.Workers)
	for i := range workers {
		workers[i] = r.worker()
		defer workers[i].sumUp()
	}
	for from := 0; ctx.Err() == nil && (r.Cases == 0 || from < r.Cases); from = r.end {
		r.next.Store(int64(from))
		if r.end = from + Round; r.Cases > 0 {
			r.end = min(r.end, r.Cases)
		}
		g, inside := errgroup.WithContext(ctx)
		for _, w := range workers {
			g.Go(func() error { return w.round(inside) })
		}
		err := g.Wait()
		var news []News
		for _, w := range workers {
			news = append(news, w.news...)
			w.news = w.news[:0]
		}
		if r.steer.Learn(news); err != nil {
			return err
		}
	}
	return nil
}

type worker struct {
	*run
	listentest.Runner
	pcg      *rand.PCG
	rng      *rand.Rand
	schedule listentest.Schedule
	scratch  listentest.Schedule
	check    listentest.Checker
	steps    int
	cover    *listentest.Coverage
	stepped  func(sched.Task)
	news     []News // of this round
	counts   [][]int
	doubts   Doubts
	policies []*policy
}

func (r *run) worker() *worker {
	w := &worker{run: r, pcg: rand.NewPCG(0, 0), cover: listentest.NewCoverage(r.Target), counts: newCounts(),
		Runner: listentest.Runner{Target: r.Target, Pace: r.Pace, Grace: r.Grace}}
	w.rng, w.stepped = rand.New(w.pcg), w.cover.Step
	return w
}

// round runs cases until the round has no more.
func (w *worker) round(ctx context.Context) error {
	for ctx.Err() == nil {
		i := int(w.next.Add(1)) - 1
		if i >= w.end {
			return nil
		}
		w.pcg.Seed(w.Seed, uint64(i))
		w.steer.Draw(w.rng, &w.schedule, &w.scratch)
		if err := w.one(ctx, i, w.schedule, w.policy(w.rng)); err != nil && ctx.Err() == nil {
			return fmt.Errorf("case %d: %w", i, err)
		}
	}
	return nil
}

// one runs and judges one case, as often as its policy asks for, or until it
// breaks a promise; the last run is what counts.
func (w *worker) one(ctx context.Context, i int, s listentest.Schedule, p *policy) error {
	var f found
	var v listentest.Verdict
	runs := 0
	for more := true; more; more = certain(v) == nil && p.more(runs) {
		var err error
		if f, v, err = w.judge(ctx, i, s); err != nil {
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
	for _, o := range v.Observations {
		if o.Doubt { // there is one at most
			w.doubts.add(Doubts{1, i, o.Text})
		}
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

// judge runs case i once; the history is the runner's.
func (w *worker) judge(ctx context.Context, i int, s listentest.Schedule) (found, listentest.Verdict, error) {
	w.cover.Begin()
	w.Runner.Stepped = w.stepped
	h, err := w.Runner.Run(ctx, s)
	w.Runner.Stepped = nil
	if err != nil {
		return found{}, listentest.Verdict{}, err
	}
	if w.Runner.Policy != nil {
		s.Choices = w.Record().Choices
	}
	if w.cover.Read(&h); len(w.cover.Found) > 0 {
		w.news = append(w.news, News{i, s.Norm(), slices.Clone(w.cover.Found)})
		w.cover.Found = w.cover.Found[:0]
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

// keep keeps what was found if no earlier case broke the same promise, or
// another one that would explain it.
func (w *worker) keep(f found) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	promise := f.violation.Promise
	if old, ok := w.first[promise]; ok && old.index < f.index || w.explained(f) {
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

// explained reports whether an earlier case broke another promise that would
// explain f as well.
func (r *run) explained(f found) bool {
	return slices.ContainsFunc(f.violation.Or, func(p listentest.Promise) bool {
		old, ok := r.first[p]
		return ok && old.index < f.index
	})
}

func (w *worker) sumUp() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.row.Steps += w.steps
	w.row.Doubts.add(w.doubts)
	for p := range w.counts {
		for s, n := range w.counts[p] {
			w.row.Counts[p][s] += n
		}
	}
	if listentest.Stepped(w.run.Target) {
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
