package listentest

import (
	"flag"
	"math/rand/v2"
	"testing"
)

// Fuzz lets go test -fuzz find schedules that break a promise, as
// [Config.Fuzz] with the zero Config does.
func Fuzz(f *testing.F, target Target) {
	f.Helper()
	Config{}.Fuzz(f, target)
}

// Fuzz seeds f with the corpus, with what was found before and with generated
// schedules, as a fuzzer finds nothing from nothing, and has every input run
// as a schedule. What breaks a promise is shrunk, saved as a readable file
// beside Go's own, and reported as Test does; Go's minimizer, which knows
// nothing of schedules, is kept away. Inputs are cut so that none takes long.
func (c Config) Fuzz(f *testing.F, target Target) {
	f.Helper()
	_ = flag.Set("test.fuzzminimizetime", "0s") // a flag of another name would only cost time
	s := c.suite(target)
	for _, seed := range s.seeds(f) {
		f.Add(seed.Encode())
	}
	r := &Runner{Target: target}
	f.Fuzz(func(t *testing.T, input []byte) {
		if s.bubbles {
			r = s.runner(t)
		}
		schedule := brief(Decode(input))
		if _, v := s.judge(t, r, schedule); v != nil {
			s.shrinkAndReport(t, r, schedule, *v, "a fuzzer's input")
		}
	})
}

// seeds returns what a fuzzer starts from.
func (s *suite) seeds(f *testing.F) []Schedule {
	entries, err := Corpus()
	if err != nil {
		f.Fatal(err)
	}
	var seeds []Schedule
	for _, e := range entries {
		seeds = append(seeds, e.Schedule)
	}
	for _, file := range s.files() {
		e, err := readFile(file)
		if err != nil {
			f.Fatal(err)
		}
		seeds = append(seeds, e.Schedule)
	}
	const generated = 64
	for i := range uint64(generated) {
		seeds = append(seeds, Generate(rand.New(rand.NewPCG(s.Seed, i)), s.Shapes...))
	}
	return seeds
}

// brief cuts a schedule to what runs in milliseconds.
func brief(s Schedule) Schedule {
	const steps, number, backlog = 32, 16, 64
	s.Steps = s.Steps[:min(len(s.Steps), steps)]
	for i := range s.Steps {
		if t := &s.Steps[i]; t.Kind != Tick && t.Kind != Preempt {
			t.N = max(-number, min(t.N, number))
		}
	}
	if s.Backlog > backlog {
		s.Backlog %= backlog + 1
	}
	return s.Norm()
}
