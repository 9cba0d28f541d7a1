package main

import (
	"math/rand/v2"

	"github.com/listentest/listentest"
)

// Limits of what the baselines draw, which are those of listentest.Shapes().
const (
	clients   = 4
	acceptors = 3
	mostSteps = 32
)

// backlogs are those of all shapes, the plain ones first.
var backlogs = []int32{1, 2, 3, 0, 4, 8, -1, 127, 128, 129, 255, 256, 32767, 32768, 65535, 65536, 65537}

// numbers are the values of N that shapes draw, by kind, the plain one first;
// one that is not here has 0 only.
var numbers = [listentest.Ack + 1][]int16{
	listentest.Dial:    {0, 2, 3},
	listentest.Accept:  {0, 2, 3},
	listentest.Fill:    {0, 1, 2, -1},
	listentest.Send:    {1, 2, 3},
	listentest.Hangup:  {0, 2, 3},
	listentest.Abort:   {0, 2, 3},
	listentest.Listen:  {1, 2, 3, 0, 4},
	listentest.Fail:    {0, 1, 2, 3},
	listentest.Preempt: {0, 1, 2},
	listentest.Tick:    {1000, 1, 100, 500, 2000},
}

// numbersOf returns the values of N of k.
func numbersOf(k listentest.Kind) []int16 {
	if n := numbers[k]; n != nil {
		return n
	}
	return []int16{0}
}

// every has every step, by kind, the plain ones first.
var every = everyStep()

func everyStep() (all [listentest.Ack + 1][]listentest.Step) {
	for k := range all {
		kind := listentest.Kind(k)
		for _, along := range []bool{false, true} {
			for _, n := range numbersOf(kind) {
				for _, a := range actors(kind) {
					if t := (listentest.Step{Kind: kind, Actor: a, N: n, Along: along}); t == t.Norm() {
						all[k] = append(all[k], t)
					}
				}
			}
		}
	}
	return all
}

// actors returns those who can take a step of kind k; c0 stands for none.
func actors(k listentest.Kind) (all []listentest.Actor) {
	switch k {
	case listentest.Settle, listentest.Tick:
		return []listentest.Actor{listentest.Client(0)}
	case listentest.Listen, listentest.Shut:
		return []listentest.Actor{listentest.Listener(0)}
	}
	if k != listentest.Accept {
		for i := range clients {
			all = append(all, listentest.Client(i))
		}
	}
	switch k {
	case listentest.Dial, listentest.Fill, listentest.Syn, listentest.Ack:
		return all
	}
	for i := range acceptors {
		all = append(all, listentest.Acceptor(i))
	}
	switch k {
	case listentest.Fail:
		all = append(all, listentest.Listener(0))
	case listentest.Preempt, listentest.Resume:
		all = append(all, listentest.Task(0))
	}
	return all
}

// uniform draws each part of a schedule alike from all that it can be.
func uniform(seed, i uint64) listentest.Schedule {
	rng := rand.New(rand.NewPCG(seed, i))
	s := listentest.Schedule{Backlog: oneOf(rng, backlogs)}
	for range 1 + rng.IntN(mostSteps) {
		s.Steps = append(s.Steps, oneOf(rng, every[rng.IntN(len(every))]))
	}
	for range rng.IntN(9) {
		s.Choices = append(s.Choices, byte(rng.IntN(3)))
	}
	return s
}

func oneOf[E any](rng *rand.Rand, all []E) E { return all[rng.IntN(len(all))] }
