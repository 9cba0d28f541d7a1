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
// Where the program was built with schedule control, an input holds whom it
// names at any point and decides who goes on, and does the same again; each of
// the engine's processes controls its own.
func (c Config) Fuzz(f *testing.F, target Target) {
	f.Helper()
	_ = flag.Set("test.fuzzminimizetime", "0s") // a flag of another name would only cost time
	s := c.suite(target)
	s.test = f.Name()
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
	const generated, points = 64, 4
	for i := range uint64(generated) {
		rng := rand.New(rand.NewPCG(s.Seed, i))
		schedule := Generate(rng, s.Shapes...)
		if s.controlled() {
			schedule = deeper(schedule, rng, points)
		}
		seeds = append(seeds, schedule)
	}
	if s.controlled() { // who is held at a point is a mutation away from who is held at the next
		for _, c := range heldCases() {
			for k := range int16(points) {
				seeds = append(seeds, Schedule{Backlog: 1, Steps: c.steps(1 + k)})
			}
		}
	}
	return seeds
}

// brief cuts a schedule to what runs in milliseconds.
func brief(s Schedule) Schedule {
	const steps, number, backlog, points = 32, 16, 64, 64
	s.Steps = s.Steps[:min(len(s.Steps), steps)]
	for i := range s.Steps {
		switch t := &s.Steps[i]; t.Kind {
		case Tick:
		case Preempt: // beyond the points that there are it would hold nobody
			if t.N > points {
				t.N %= points + 1
			}
		default:
			t.N = max(-number, min(t.N, number))
		}
	}
	if s.Backlog > backlog {
		s.Backlog %= backlog + 1
	}
	return s.Norm()
}
