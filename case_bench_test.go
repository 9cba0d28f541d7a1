package listentest_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/targets/sim"
)

// BenchmarkCase has the parts of the case loop on the simulator, without the
// drawing of schedules: the runner, the oracle, and both.
func BenchmarkCase(b *testing.B) {
	target, err := sim.New("sim", sim.Default)
	if err != nil {
		b.Fatal(err)
	}
	var schedules []listentest.Schedule
	var histories []listentest.History
	steps := 0
	r := listentest.Runner{Target: target}
	for i := range uint64(4096) {
		s := listentest.Generate(rand.New(rand.NewPCG(9, i)))
		h, err := r.Run(context.Background(), s)
		if err != nil {
			b.Fatal(err)
		}
		h.Events = slices.Clone(h.Events)
		schedules, histories = append(schedules, s), append(histories, h)
		steps += len(s.Steps)
	}
	k := listentest.Checker{}
	run := func(i int) listentest.History {
		h, err := r.Run(context.Background(), schedules[i])
		if err != nil {
			b.Fatal(err)
		}
		return h
	}
	check := func(h listentest.History) {
		if v := k.Check(h, target.Contract()).First(); v != nil {
			b.Fatal(v.Text)
		}
	}
	for _, part := range []struct {
		name string
		do   func(i int)
	}{
		{"run", func(i int) { run(i) }},
		{"check", func(i int) { check(histories[i]) }},
		{"both", func(i int) { check(run(i)) }},
	} {
		b.Run(part.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for i := range schedules {
					part.do(i)
				}
			}
			b.ReportMetric(float64(steps)*float64(b.N)/b.Elapsed().Seconds(), "steps/s")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(schedules)), "ns/case")
		})
	}
}
