package third

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/listentest/listentest"
)

// A Worker is a target whose cases are run by processes of this program, one
// after the other in each, as many at once as there are callers. Close ends
// those that are idle.
type Worker struct {
	listentest.Target // says the name, the contract and the level, and is not opened here
	name              string
	library           library

	mu   sync.Mutex
	idle []*process
}

// Name returns the name by which the target was opened.
func (w *Worker) Name() string { return w.name }

// Level returns what preempt means in the worker, which is built as this
// program is.
func (w *Worker) Level() listentest.Level {
	if w.library.inRealTime() {
		return listentest.LevelNone
	}
	return listentest.LevelOf(w.Target)
}

// Shapes returns what cases of the target look like: where time is virtual there
// are patient ones as well, and where connections share a wire, crowded ones.
func (w *Worker) Shapes() []listentest.Shape {
	shapes := listentest.Shapes()
	if !w.library.inRealTime() {
		shapes = append(shapes, listentest.Patient())
	}
	if w.library.wired {
		shapes = append(shapes, crowded)
	}
	return shapes
}

var crowded = listentest.Shape{
	Name: "crowded", Why: "what those who are not accepted do to those who were (a reader that stops, a wire that is full)", Share: 6,
	Least: 8, Most: 20, Backlogs: []int32{1, 1, 2}, Clients: 2, Acceptors: 2,
	Weights: listentest.Weights{listentest.Dial: 8, listentest.Accept: 3, listentest.Fill: 8, listentest.Send: 4, listentest.Recv: 4, listentest.Tick: 60},
	Tick:    32000,
}

// silence is how long a process may say nothing before it is looked into. A
// case in a bubble never waits; one in real time waits for less.
const silence = 5 * time.Second

// RunRemote runs a schedule in a worker process. What the process does not
// survive is an event of the history.
func (w *Worker) RunRemote(ctx context.Context, s listentest.Schedule, pace, grace time.Duration) (listentest.History, error) {
	h, err := w.once(ctx, s, pace, grace, silence)
	const patience = 10 // a machine may be that busy
	if hangs(h) {
		h, err = w.once(ctx, s, pace, grace, patience*silence)
	}
	return h, err
}

func hangs(h listentest.History) bool {
	n := len(h.Events)
	return n > 0 && h.Events[n-1].Verb == listentest.Died && h.Events[n-1].Outcome == listentest.Timeout
}

func leaves(h listentest.History) bool {
	n := len(h.Events)
	return n > 0 && h.Events[n-1].Verb == listentest.Left
}

func (w *Worker) once(ctx context.Context, s listentest.Schedule, pace, grace, silence time.Duration) (listentest.History, error) {
	if ctx.Err() != nil {
		return listentest.History{}, context.Cause(ctx)
	}
	p, err := w.take()
	if err != nil {
		return listentest.History{}, fmt.Errorf("start a worker of %s: %w", w.name, err)
	}
	h, err := p.run(ctx, s, pace, grace, silence)
	if !p.dead && leaves(h) { // what is left behind is not for the next case
		p.kill()
	}
	if p.dead {
		return h, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.idle = append(w.idle, p)
	return h, err
}

// take returns a process that has nothing to do.
func (w *Worker) take() (*process, error) {
	w.mu.Lock()
	n := len(w.idle)
	if n == 0 {
		w.mu.Unlock()
		return start(w.name)
	}
	p := w.idle[n-1]
	w.idle = w.idle[:n-1]
	w.mu.Unlock()
	return p, nil
}

// Close ends the processes.
func (w *Worker) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var errs []error
	for _, p := range w.idle {
		errs = append(errs, p.stop())
	}
	w.idle = nil
	return errors.Join(errs...)
}

// Open says that a worker runs whole schedules only.
func (w *Worker) Open(context.Context, listentest.Options) (listentest.Session, error) {
	return nil, &listentest.MisuseError{Reason: w.name + " runs in a process of its own, and has no session here"}
}
