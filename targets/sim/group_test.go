package sim_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/targets/preset"
	"github.com/listentest/listentest/targets/sim"
)

// grouped draws a schedule and has up to three listeners share it.
func grouped(seed, n uint64) listentest.Schedule {
	rng := rand.New(rand.NewPCG(seed, n))
	drawn := listentest.Generate(rng)
	s := listentest.Schedule{Backlog: drawn.Backlog, Choices: drawn.Choices}
	for _, t := range drawn.Steps {
		switch role := t.Actor.Role(); {
		case role == listentest.AcceptorRole && rng.IntN(2) == 0:
			t.Actor = listentest.Acceptor(8*rng.IntN(3) + t.Actor.Num()%8)
		case role == listentest.ListenerRole && t.Kind != listentest.Fail:
			t.Actor = listentest.Listener(rng.IntN(3))
		}
		s.Steps = append(s.Steps, t)
		switch rng.IntN(20) {
		case 0, 1:
			s.Steps = append(s.Steps, listentest.Step{Kind: listentest.Listen, Actor: listentest.Listener(rng.IntN(3)), N: int16(rng.IntN(4))})
		case 2:
			s.Steps = append(s.Steps, listentest.Step{Kind: listentest.Shut, Actor: listentest.Listener(rng.IntN(3)), Along: rng.IntN(2) == 0})
		}
	}
	return s.Norm()
}

// TestGroups: several listeners at the address keep every contract, whether
// what is pending ends with the one that it waits at or moves to another.
func TestGroups(t *testing.T) {
	targets := map[string]listentest.Contract{"the plain simulator": sim.Default}
	for _, p := range preset.All() {
		targets[p.Name] = p.Contract
	}
	opened, left := 0, 0
	for name, c := range targets {
		for _, close := range []listentest.Close{listentest.CloseEnds, listentest.CloseMoves} {
			c.Close = close
			j := newJudge(t, c)
			for n := range max(*presetCases/2, 1) {
				s := grouped(uint64(close), uint64(n))
				v, err := j.first(s)
				if err != nil {
					t.Fatal(err)
				}
				if v != nil {
					t.Errorf("%s, close %v: %v: %s\n%v", name, close, v.Promise, v.Text, s)
					break
				}
				for _, step := range s.Steps {
					if step.Actor.Role() == listentest.ListenerRole && step.Actor != listentest.Listener(0) {
						opened += count(step.Kind == listentest.Listen)
						left += count(step.Kind == listentest.Shut)
					}
				}
			}
		}
	}
	t.Logf("%d contracts, each with both closes: %d steps open a sibling, %d close one, no violation", len(targets), opened, left)
	if opened == 0 || left == 0 {
		t.Error("no group was tried")
	}
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestReady: who waits and is told of the edge only keeps every promise, over
// drawn cases and over every interleaving of a scope; one that takes a single
// connection then leaves the others waiting.
func TestReady(t *testing.T) {
	for _, items := range [][]string{{"ready=edge"}, {"ready=edge", "overflow=block"}, {"as=linux-tcp", "ready=edge"}, {"close=moves", "ready=edge"}} {
		target, err := sim.Open("sim:"+strings.Join(items, ","), items...)
		if err != nil {
			t.Fatal(err)
		}
		j := &judge{Runner: listentest.Runner{Target: target}}
		for n := range 3000 {
			s := grouped(3, uint64(n))
			if v, err := j.first(s); err != nil || v != nil {
				t.Fatalf("%s: %v %v\n%v", target.Name(), v, err, s)
			}
		}
		w, err := sim.ParseWorld("backlog=2,dials=2,acceptors=2,accepts=2,abort,cancel,close,listen=1")
		if err != nil {
			t.Fatal(err)
		}
		e := sim.NewExplorer(target, w, false, 0)
		if c, err := e.Explore(t.Context()); c != nil || err != nil {
			t.Errorf("%s: %v %v", target.Name(), c, err)
		}
		t.Logf("%s: %d states, no violation", target.Name(), e.States)
	}
	one, err := sim.Open("sim:ready=edge,edge-accept-one", "ready=edge", "edge-accept-one")
	if err != nil {
		t.Fatal(err)
	}
	j := &judge{Runner: listentest.Runner{Target: one}}
	if n, _ := j.find(t, 1, 100_000, listentest.Progress); n == 0 {
		t.Error("taking one at the edge breaks nothing")
	}
}
