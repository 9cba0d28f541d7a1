// Package campaign runs generated cases against targets, in parallel, and
// sums up what came of them: the engine of listentest run and nightly. It
// prints nothing, and writes no file but those of a NightFile and a Folder.
package campaign

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/listentest/listentest"
	"golang.org/x/sync/errgroup"
)

// A Plan says how a target is exercised. Case i is drawn from Seed and i
// alone, so that a seed names the same cases however many run at once.
type Plan struct {
	Target      listentest.Target
	Seed        uint64
	Cases       int           // 0 is no limit
	For         time.Duration // 0 is no limit; one of the two must be set
	Workers     int           // GOMAXPROCS if 0
	Pace, Grace time.Duration // the runner's defaults if 0
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
	Elapsed  time.Duration
	// Counts has the number of cases by promise and status.
	Counts   [][]int
	Findings []Finding
}

// Count returns how many cases ended in a status of a promise.
func (r Row) Count(p listentest.Promise, s listentest.Status) int { return r.Counts[p][s] }

// A Finding is the first case that broke a promise, shrunk.
type Finding struct {
	listentest.Finding
	Case int
}

// Source returns what case i of a seed is drawn from.
func Source(seed uint64, i int) listentest.Source { return rand.New(rand.NewPCG(seed, uint64(i))) }

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
	for ctx.Err() == nil {
		from := int(r.next.Add(batch)) - batch
		for i := from; i < from+batch; i++ {
			if r.Cases > 0 && i >= r.Cases || ctx.Err() != nil {
				return nil
			}
			pcg.Seed(r.Seed, uint64(i))
			if err := w.one(ctx, i, listentest.Generate(rng)); err != nil && ctx.Err() == nil {
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
	check  listentest.Checker
	counts [][]int
}

// one runs and judges one case.
func (w *worker) one(ctx context.Context, i int, s listentest.Schedule) error {
	h, err := w.Runner.Run(ctx, s)
	if err != nil {
		return err
	}
	v := w.check.Check(h, w.run.Target.Contract())
	slow := false
	if first := v.First(); first != nil && first.Suspect {
		again, certain, confirmed, err := listentest.Confirm(ctx, &w.Runner, s, first.Promise)
		if err != nil {
			return err
		}
		if slow = confirmed; confirmed {
			h, v = again, certain
		}
	}
	for p, status := range v.Of {
		w.counts[p][status]++
	}
	w.done.Add(1)
	first := v.First()
	if first == nil || first.Suspect {
		return nil
	}
	w.broken.Add(1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if old, ok := w.first[first.Promise]; !ok || i < old.index {
		h.Events = append([]listentest.Event(nil), h.Events...)
		w.first[first.Promise] = found{i, *first, h, slow}
		if w.Found != nil {
			return w.Found(Finding{listentest.Finding{Target: w.row.Target, Promise: first.Promise,
				Drawn: s, Schedule: s, History: h, Violation: *first}, i})
		}
	}
	return nil
}

func (w *worker) sumUp() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for p := range w.counts {
		for s, n := range w.counts[p] {
			w.row.Counts[p][s] += n
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
