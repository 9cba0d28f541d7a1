package sched_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/listentest/listentest/sched"
)

func TestParse(t *testing.T) {
	for word, want := range map[string]string{
		"choices": "choices", "run-on": "run-on", "random": "random", "pos": "pos", "urw": "urw", "portfolio": "portfolio",
		"pct": "pct:3", "pct:1": "pct:1", "pct:8": "pct:8", "dfs": "dfs:2", "dfs:0": "dfs:0",
	} {
		s, err := sched.Parse(word)
		if err != nil || s.String() != want {
			t.Errorf("%q gives %v, %v", word, s, err)
		}
		if again, err := sched.Parse(s.String()); err != nil || again != s {
			t.Errorf("%v gives %v, %v", s, again, err)
		}
		if !slices.Contains(sched.Names(), strings.Split(word, ":")[0]) {
			t.Errorf("%q is not among the names", word)
		}
		if none := s.New() == nil; none != (word == "choices" || word == "portfolio") {
			t.Errorf("%q has a scheduler: %v", word, !none)
		}
	}
	for word, want := range map[string]string{
		"":       `there is no policy ""`,
		"pctt":   `there is no policy "pctt"`,
		"pct:":   `the policy pct takes a depth from 1 to 8, and "" is none`,
		"pct:0":  `and "0" is none`,
		"dfs:9":  `the policy dfs takes a number of preemptions from 0 to 8, and "9" is none`,
		"pos:1":  `the policy pos takes no argument, and "1" is one`,
		"pct:-1": `and "-1" is none`,
	} {
		if s, err := sched.Parse(word); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gives %v, %v, want %s", word, s, err, want)
		}
	}
	if zero := (sched.Spec{}); zero.String() != "choices" {
		t.Errorf("the zero Spec is %v", zero)
	}
}

// TestDraw: a portfolio draws every policy that it has, by weight; the
// others are themselves and draw nothing.
func TestDraw(t *testing.T) {
	const n = 20_000
	portfolio, err := sched.Parse("portfolio")
	if err != nil {
		t.Fatal(err)
	}
	counts, src := map[string]float64{}, source(1)
	for range n {
		counts[portfolio.Draw(src).String()]++
	}
	for word, weight := range map[string]float64{"choices": 6, "random": 14, "pct:2": 1, "pct:3": 1, "pos": 14, "urw": 1} {
		want := weight / 37
		if got := counts[word] / n; math.Abs(got-want) > 5*math.Sqrt(want/n) {
			t.Errorf("%s is drawn in %.3f of the cases, want %.2f", word, got, want)
		}
		delete(counts, word)
	}
	if len(counts) > 0 {
		t.Errorf("drawn as well: %v", counts)
	}
	dfs, _ := sched.Parse("dfs:3")
	if got := dfs.Draw(nil); got != dfs {
		t.Errorf("dfs:3 draws %v", got)
	}
}

// words are all policies that have a scheduler.
var words = []string{"run-on", "random", "pct:1", "pct:2", "pct:3", "pos", "urw", "dfs:0", "dfs:2"}

// TestDeterminism: a seed names the runs, whatever the scheduler ran before.
func TestDeterminism(t *testing.T) {
	p, other := blocking["a wake-up"], program{racing(2), own(3), racing(1), own(5)}
	traces := func(s sched.Scheduler, p program, seed uint64) []string {
		var all []string
		s.Begin(source(seed))
		for more := true; more; more = s.Next() {
			all = append(all, p.run(s))
		}
		return all
	}
	for _, word := range words {
		used := scheduler(t, word)
		for seed := range uint64(100) {
			traces(used, other, seed+1)
			got, want := traces(used, p, seed), traces(scheduler(t, word), p, seed)
			if !slices.Equal(got, want) {
				t.Fatalf("%s, seed %d: %v, and by a new scheduler %v", word, seed, got, want)
			}
		}
	}
}

// answers are the choices of a record, to be given again.
type answers struct{ choices []byte }

func (a *answers) Pick(ready []sched.Task) int {
	if len(ready) < 2 || len(a.choices) == 0 {
		return 0
	}
	c := a.choices[0]
	a.choices = a.choices[1:]
	return int(c)
}

// TestRecord: what was recorded gives the same run, also where there were
// more decisions than may be kept, and counts are those of the run.
func TestRecord(t *testing.T) {
	p := program{racing(3), own(3), racing(4), own(2)}
	for _, word := range words {
		s := scheduler(t, word)
		for seed := range uint64(100) {
			for _, most := range []int{0, 3, 100} {
				var r sched.Record
				s.Begin(source(seed))
				r.Begin(s, most)
				trace := p.run(&r)
				if got := p.run(&answers{r.Choices}); got != trace || len(r.Choices) > most {
					t.Fatalf("%s, seed %d: %d choices of at most %d give %q, and %q was recorded", word, seed, len(r.Choices), most, got, trace)
				}
				if r.Steps != 12 || r.Tasks != 4 {
					t.Fatalf("%d steps of %d tasks, want 12 of 4", r.Steps, r.Tasks)
				}
			}
		}
	}
}
