package main

import (
	"fmt"
	"math/rand"
	randv2 "math/rand/v2"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/commands"
	"github.com/leanovate/gopter/gen"

	"github.com/listentest/listentest"
)

// A command is a step as a command of gopter: its state is a model, its
// system under test a schedule that is written down.
type command listentest.Step

// Run writes the step down.
func (c command) Run(sut commands.SystemUnderTest) commands.Result {
	s := sut.(*listentest.Schedule)
	s.Steps = append(s.Steps, listentest.Step(c))
	return nil
}

// NextState returns the model after the step.
func (c command) NextState(state commands.State) commands.State {
	m := *state.(*model)
	m.after(listentest.Step(c))
	return &m
}

// PreCondition reports whether the step means something.
func (c command) PreCondition(state commands.State) bool {
	return state.(*model).can(listentest.Step(c))
}

// PostCondition is the oracle's, who judges the whole run.
func (c command) PostCondition(commands.State, commands.Result) *gopter.PropResult {
	return gopter.NewPropResult(true, "")
}

func (c command) String() string { return fmt.Sprint(listentest.Step(c)) }

// commandsOf returns the command set, whose runs are written to s.
func commandsOf(s *listentest.Schedule) commands.Commands {
	return &commands.ProtoCommands{
		NewSystemUnderTestFunc: func(commands.State) commands.SystemUnderTest { return s },
		InitialStateGen: func(p *gopter.GenParameters) *gopter.GenResult {
			s.Backlog = backlogs[p.Rng.Intn(len(backlogs))]
			m := newModel(s.Backlog)
			return gopter.NewGenResult(&m, gopter.NoShrinker)
		},
		GenCommandFunc: func(state commands.State) gopter.Gen {
			return func(p *gopter.GenParameters) *gopter.GenResult {
				for {
					if possible := state.(*model).steps(p.Rng.Intn(len(every))); len(possible) > 0 {
						return gopter.NewGenResult(commands.Command(command(possible[p.Rng.Intn(len(possible))])), gopter.NoShrinker)
					}
				}
			}
		},
	}
}

// byGopter draws what gopter's commands do in a case.
func byGopter(seed, i uint64) listentest.Schedule {
	p := gopter.DefaultGenParameters()
	p.Rng = rand.New(gopter.NewLockedSource(int64(randv2.NewPCG(seed, i).Uint64())))
	var s listentest.Schedule
	commands.Prop(commandsOf(&s))(p.WithSize(1 + p.Rng.Intn(mostSteps)))
	if c, ok := gen.SliceOfN(p.Rng.Intn(9), gen.UInt8Range(0, 2))(p).Retrieve(); ok {
		s.Choices = c.([]byte)
	}
	return s
}
