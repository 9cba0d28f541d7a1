package main

import (
	"math/rand/v2"

	"pgregory.net/rapid"

	"github.com/listentest/listentest"
)

// machine is a state machine of rapid: an action for each kind, which is
// skipped where the model says that none of its steps means anything.
var machine = rapid.Custom(func(t *rapid.T) listentest.Schedule {
	s := listentest.Schedule{Backlog: rapid.SampledFrom(backlogs).Draw(t, "backlog")}
	s.Choices = rapid.SliceOfN(rapid.ByteRange(0, 2), 0, 8).Draw(t, "choices")
	m := newModel(s.Backlog)
	actions := map[string]func(*rapid.T){}
	for k := range every {
		actions[listentest.Kind(k).String()] = func(t *rapid.T) {
			possible := m.steps(k)
			if len(possible) == 0 {
				t.SkipNow()
			}
			step := rapid.SampledFrom(possible).Draw(t, "step")
			if len(s.Steps) < mostSteps {
				s.Steps = append(s.Steps, step)
				m.after(step)
			}
		}
	}
	t.Repeat(actions)
	return s
})

// byRapid draws what rapid's machine does in a case.
func byRapid(seed, i uint64) listentest.Schedule {
	return machine.Example(int(rand.NewPCG(seed, i).Uint64() >> 1))
}
