package sim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/listentest/listentest"
)

// TestState: a state is a value. At every step of random runs a copy is
// equal, and a machine that goes on from a copy reports the same events.
func TestState(t *testing.T) {
	target, err := New("sim", Default, "deferred-credit", "lost-wakeup", "duplicate-accept")
	if err != nil {
		t.Fatal(err)
	}
	watch := &watcher{t: t}
	for n := range 300 {
		s := listentest.Generate(rand.New(rand.NewPCG(12, uint64(n))))
		if _, err := listentest.Run(context.Background(), watched{target, watch}, s); err != nil {
			t.Fatal(err)
		}
	}
	if watch.seen < 1000 {
		t.Errorf("only %d states were seen", watch.seen)
	}
}

// A watched target compares machines at every Settle.
type watched struct {
	*Target
	*watcher
}

type watcher struct {
	t    *testing.T
	seen int // states
}

func (w watched) Open(ctx context.Context, o listentest.Options) (listentest.Session, error) {
	s, err := w.Target.Open(ctx, o)
	return &watchedSession{s.(*session), w.watcher}, err
}

type watchedSession struct {
	*session
	*watcher
}

// Settle runs a copy of the machine beside it.
func (w *watchedSession) Settle(context.Context) (listentest.Rest, error) {
	var ours, copied []string
	fork := &session{machine: machine{target: w.machine.target, slots: w.slots}, choices: w.choices, decision: w.decision}
	fork.state.copyFrom(&w.state)
	fork.report = func(e listentest.Event) { copied = append(copied, e.String()) }
	report := w.report
	w.report = func(e listentest.Event) {
		ours = append(ours, e.String())
		report(e)
	}
	defer func() { w.report = report }()
	for len(w.ready) > 0 {
		w.compare(&fork.state)
		w.run(w.choose())
		fork.run(fork.choose())
	}
	w.compare(&fork.state)
	if fmt.Sprint(ours) != fmt.Sprint(copied) {
		w.t.Fatalf("a copy goes on otherwise:\n%v\n%v", ours, copied)
	}
	return listentest.Quiet, nil
}

func (w *watchedSession) compare(fork *state) {
	if !w.equal(fork) {
		w.t.Fatalf("a copy is not equal:\n%+v\n%+v", w.state, *fork)
	}
	w.seen++
}
