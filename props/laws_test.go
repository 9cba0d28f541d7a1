package props

import (
	"context"
	"flag"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/prop"
	"pgregory.net/rapid"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/targets"
)

// anySteps draws any value of Schedule, not only what Generate gives.
func anySchedule() *rapid.Generator[listentest.Schedule] {
	step := rapid.Custom(func(t *rapid.T) listentest.Step {
		return listentest.Step{Kind: listentest.Kind(rapid.Uint8().Draw(t, "kind")), Along: rapid.Bool().Draw(t, "along"),
			Actor: listentest.Actor(rapid.Uint8().Draw(t, "actor")), N: rapid.Int16().Draw(t, "n")}
	})
	return rapid.Custom(func(t *rapid.T) listentest.Schedule {
		return listentest.Schedule{Backlog: rapid.Int32().Draw(t, "backlog"), Steps: rapid.SliceOfN(step, 0, 12).Draw(t, "steps"),
			Choices: rapid.SliceOfN(rapid.Byte(), 0, 6).Draw(t, "choices")}
	})
}

// TestCodecs: both forms keep a schedule, and Norm changes nothing twice.
func TestCodecs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anySchedule().Draw(t, "schedule")
		n := s.Norm()
		if !n.Norm().Equal(n) {
			t.Fatalf("Norm twice: %v", n.Norm())
		}
		if got := listentest.Decode(s.Encode()); !got.Equal(n) {
			t.Fatalf("bytes: %v", got)
		}
		if got, err := listentest.Parse(s.String()); err != nil || !got.Equal(n) {
			t.Fatalf("text: %v, %v", got, err)
		}
	})
}

// TestSmaller: candidates are smaller, and Compare orders them.
func TestSmaller(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anySchedule().Draw(t, "schedule")
		for c := range listentest.Smaller(s) {
			if listentest.Compare(c, s) >= 0 || listentest.Compare(s, c) <= 0 {
				t.Fatalf("not smaller: %v", c)
			}
		}
	})
}

// TestNormRunsAlike: a schedule and its Norm have the same history.
func TestNormRunsAlike(t *testing.T) {
	target, err := targets.Open("sim")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		s := anySchedule().Draw(t, "schedule")
		s.Backlog %= 8
		for i := range s.Steps {
			s.Steps[i].N %= 20
		}
		one, err := listentest.Run(context.Background(), target, s)
		if err != nil {
			t.Fatal(err)
		}
		other, err := listentest.Run(context.Background(), target, s.Norm())
		if err != nil || one.String() != other.String() {
			t.Fatalf("%v\n%v%v", one, other, err)
		}
	})
}

// TestCorrectKeepsItsPromises: with gopter's workers in parallel, no history
// of a correct simulator is judged wrong, whatever its contract. It takes as
// many cases as rapid does, and 2000 at least.
func TestCorrectKeepsItsPromises(t *testing.T) {
	p := gopter.DefaultTestParametersWithSeed(2)
	p.MinSuccessfulTests, p.Workers = max(2000, flag.Lookup("rapid.checks").Value.(flag.Getter).Get().(int)), 2
	properties := gopter.NewProperties(p)
	for _, name := range []string{"sim", "sim:overflow=block,aborted=kept", "sim:overflow=drop,credit=close,mul=3,div=2,plus=1"} {
		target, err := targets.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		properties.Property(name, prop.ForAll(func(s listentest.Schedule) (string, error) {
			h, err := listentest.Run(context.Background(), target, s)
			if v := listentest.Check(h, target.Contract()).First(); v != nil {
				return v.Text, err
			}
			return "", err
		}, Gen()))
	}
	properties.TestingRun(t, gopter.NewFormatedReporter(false, 100, discard{}))
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }
