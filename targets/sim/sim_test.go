package sim_test

import (
	"context"
	"flag"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/shrink"
	"github.com/listentest/listentest/targets/preset"
	"github.com/listentest/listentest/targets/sim"
)

// A judge runs schedules on a simulator.
type judge struct {
	listentest.Runner
	check listentest.Checker
}

func newJudge(t testing.TB, c listentest.Contract, faults ...string) *judge {
	t.Helper()
	target, err := sim.New("sim", c, faults...)
	if err != nil {
		t.Fatal(err)
	}
	return &judge{Runner: listentest.Runner{Target: target}}
}

func (j *judge) first(s listentest.Schedule) (*listentest.Violation, error) {
	h, err := j.Run(context.Background(), s)
	if err != nil {
		return nil, err
	}
	return j.check.Check(h, j.Target.Contract()).First(), nil
}

// breaks reports whether s breaks a promise.
func (j *judge) breaks(s listentest.Schedule, promise listentest.Promise) (bool, error) {
	v, err := j.first(s)
	return v != nil && v.Promise == promise, err
}

// faulty returns a judge of the simulator with f.
func faulty(t testing.TB, f sim.Fault) *judge {
	t.Helper()
	_, items, _ := strings.Cut(f.Target(), ":")
	target, err := sim.Open(f.Target(), strings.Split(items, ",")...)
	if err != nil {
		t.Fatal(err)
	}
	return &judge{Runner: listentest.Runner{Target: target}}
}

// exhaustive are the faults for which every shorter schedule is tried.
var exhaustive = []string{"deferred-credit", "off-by-one-low", "off-by-one-high", "credit-leak-on-abort",
	"lost-wakeup", "duplicate-accept", "lifo-order", "close-leaves-pending"}

// TestFaults finds each of the exhaustive faults under its promise, over 20
// seeds; what it found shrinks to the same length from every seed, and no
// shorter schedule shows the fault, for all were tried.
func TestFaults(t *testing.T) {
	const seeds, most = 20, 100_000
	for _, name := range exhaustive {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, _ := sim.FaultOf(name)
			promise := f.Breaks[0]
			j := faulty(t, f)
			var cases []int
			shapes := map[string]int{}
			length := 0
			for seed := range uint64(seeds) {
				n, drawn := j.find(t, seed+1, most, promise)
				small := j.shrink(t, drawn, promise)
				if shapes[small.String()]++; length != 0 && length != len(small.Steps) {
					t.Errorf("seed %d shrinks to %d steps, others to %d:\n%v", seed+1, len(small.Steps), length, small)
				}
				cases, length = append(cases, n), len(small.Steps)
			}
			slices.Sort(cases)
			tried := 0
			for n := 1; n < length; n++ {
				tried += j.noneOf(t, n, promise)
			}
			t.Logf("%s, %v: cases to the first find median %d, most %d; shrunk to %d steps from every seed (%d spellings); none of %d shorter schedules shows it",
				name, promise, cases[seeds/2], cases[seeds-1], length, len(shapes), tried)
		})
	}
}

// TestEveryFault finds every fault under its first promise, and under none
// outside its set.
func TestEveryFault(t *testing.T) {
	const most = 200_000
	least := *correctCases * 3 / 1000
	var killed atomic.Int32
	t.Run("all", func(t *testing.T) { // so that the sum comes behind
		for _, f := range sim.Catalogue() {
			t.Run(f.Name, func(t *testing.T) {
				t.Parallel()
				j := faulty(t, f)
				found, first := map[listentest.Promise]int{}, 0
				for n := 0; n < least || first == 0 && n < most; n++ {
					v, err := j.first(listentest.Generate(rand.New(rand.NewPCG(5, uint64(n)))))
					if err != nil {
						t.Fatal(err)
					}
					if v == nil {
						continue
					}
					if found[v.Promise]++; first == 0 && v.Promise == f.Breaks[0] {
						first = n + 1
					}
					if !slices.Contains(f.Breaks, v.Promise) {
						t.Errorf("%s breaks %v too, in case %d: %s", f.Name, v.Promise, n, v.Text)
					}
				}
				if first == 0 {
					t.Fatalf("%s does not break %v in %d cases: %v", f.Name, f.Breaks[0], most, found)
				}
				killed.Add(1)
				t.Logf("%-30s %-12v first in case %6d", f.Name, f.Breaks[0], first)
			})
		}
	})
	t.Logf("mutation score: %d of %d", killed.Load(), len(sim.Catalogue()))
}

// TestCatalogue: the faults are of all classes, and each says where it is from.
func TestCatalogue(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range sim.Catalogue() {
		seen[f.Class] = true
		if sim.Classes[f.Class] == "" || f.Doc == "" || f.Zoo == "" || f.Impl == "" || !strings.HasPrefix(f.Link, "http") || len(f.Breaks) == 0 {
			t.Errorf("%+v is not whole", f)
		}
	}
	if len(seen) != len(sim.Classes) {
		t.Errorf("faults of %d classes, and there are %d", len(seen), len(sim.Classes))
	}
}

// TestPresets: the simulator keeps every preset's contract.
func TestPresets(t *testing.T) {
	for _, p := range preset.All() {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			target, err := sim.Open("sim:as="+p.Name, "as="+p.Name)
			if err != nil {
				t.Fatal(err)
			}
			j := &judge{Runner: listentest.Runner{Target: target}}
			for n := range *presetCases {
				s := listentest.Generate(rand.New(rand.NewPCG(77, uint64(n))))
				if v, err := j.first(s); err != nil || v != nil {
					t.Fatalf("%v %v\n%v", v, err, s)
				}
			}
		})
	}
}

// A night runs a million; README.md says with what result.
var correctCases = flag.Int("cases", 200_000, "cases of TestCorrect, over all contracts; of those with faults a share")

var presetCases = flag.Int("preset.cases", 40, "cases of each preset in TestPresets")

// find draws cases until one breaks the promise.
func (j *judge) find(t *testing.T, seed uint64, most int, promise listentest.Promise) (int, listentest.Schedule) {
	t.Helper()
	for i := range most {
		s := listentest.Generate(rand.New(rand.NewPCG(seed, uint64(i))))
		broken, err := j.breaks(s, promise)
		if err != nil {
			t.Fatal(err)
		}
		if broken {
			return i + 1, s
		}
	}
	t.Fatalf("seed %d: not found in %d cases", seed, most)
	return 0, listentest.Schedule{}
}

func (j *judge) shrink(t *testing.T, s listentest.Schedule, promise listentest.Promise) listentest.Schedule {
	t.Helper()
	small, stats, err := shrink.Minimize(context.Background(), s, shrink.Problem[listentest.Schedule]{
		Smaller: listentest.Smaller,
		Key:     listentest.Schedule.String,
		Fails:   func(_ context.Context, s listentest.Schedule) (bool, error) { return j.breaks(s, promise) },
	})
	if err != nil || !stats.Done {
		t.Fatalf("shrink: %+v, %v", stats, err)
	}
	return small
}

// noneOf runs every schedule of n steps over two clients, two acceptors and a
// listener, with N and the backlog in 0, 1, 2; it fails if one breaks the
// promise, and returns how many there were.
func (j *judge) noneOf(t *testing.T, n int, promise listentest.Promise) int {
	t.Helper()
	tried := 0
	for s := range allOf(n) {
		tried++
		broken, err := j.breaks(s, promise)
		if err != nil {
			t.Fatal(err)
		}
		if broken {
			t.Fatalf("%d steps are enough:\n%v", n, s)
		}
	}
	return tried
}

// allOf yields every schedule of n steps in the small scope, up to the names
// of actors: c1 comes after c0, and s1 after s0.
func allOf(n int) iter.Seq[listentest.Schedule] {
	alphabet := everyStep()
	return func(yield func(listentest.Schedule) bool) {
		steps := make([]listentest.Step, n)
		var fill func(i int, clients, acceptors int) bool
		fill = func(i, clients, acceptors int) bool {
			if i == n {
				for backlog := range int32(3) {
					if !yield(listentest.Schedule{Backlog: backlog, Steps: steps}) {
						return false
					}
				}
				return true
			}
			for _, t := range alphabet {
				c, a := clients, acceptors
				switch num := t.Actor.Num(); {
				case t.Actor.Role() == listentest.ClientRole && t.Kind != listentest.Settle && t.Kind != listentest.Tick:
					c = max(c, num+1)
					if num > clients {
						continue
					}
				case t.Actor.Role() == listentest.AcceptorRole:
					a = max(a, num+1)
					if num > acceptors {
						continue
					}
				}
				if steps[i] = t; !fill(i+1, c, a) {
					return false
				}
			}
			return true
		}
		fill(0, 0, 0)
	}
}

// everyStep returns the steps of the small scope in canonical form.
func everyStep() []listentest.Step {
	var all []listentest.Step
	actors := []listentest.Actor{listentest.Client(0), listentest.Client(1), listentest.Acceptor(0), listentest.Acceptor(1),
		listentest.Listener(0), listentest.Task(0)}
	for k := listentest.Settle; k <= listentest.Ack; k++ {
		switch k {
		case listentest.Send, listentest.Recv, listentest.HalfClose, listentest.Fail, listentest.Syn, listentest.Ack:
			continue // the simulator has none of these yet
		}
		for _, a := range actors {
			for n := range int16(3) {
				for _, along := range []bool{false, true} {
					t := listentest.Step{Kind: k, Actor: a, N: n, Along: along}.Norm()
					if !slices.Contains(all, t) {
						all = append(all, t)
					}
				}
			}
		}
	}
	return all
}

// TestCorrect runs cases over varied contracts; nothing may break.
func TestCorrect(t *testing.T) {
	cases := *correctCases
	contracts := variedContracts()
	var g errgroup.Group
	g.SetLimit(2)
	for i, c := range contracts {
		j := newJudge(t, c)
		g.Go(func() error {
			for n := range cases/len(contracts) + 1 {
				s := listentest.Generate(rand.New(rand.NewPCG(uint64(i), uint64(n))))
				v, err := j.first(s)
				if err != nil {
					return err
				}
				if v != nil {
					return fmt.Errorf("%s\nunder\n%v\n%v", v.Text, c, s)
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d contracts, %d cases each, no violation", len(contracts), cases/len(contracts)+1)
}

// variedContracts returns every combination of overflow, who counts and
// capacity that the simulator has.
func variedContracts() []listentest.Contract {
	var all []listentest.Contract
	bounds := []listentest.Bound{listentest.Exactly(0), listentest.Exactly(1), {Stated: true, Mul: 3, Div: 2, Plus: 1}}
	for _, overflow := range []listentest.Overflow{listentest.Refuse, listentest.Drop, listentest.Block} {
		for _, counts := range []listentest.Counts{0, listentest.Aborted, listentest.Accepted, listentest.Aborted | listentest.Accepted} {
			for _, bound := range bounds {
				c := sim.Default
				c.Overflow, c.Guaranteed, c.Max = overflow, bound, bound
				c.Must |= counts
				c.May |= counts
				if counts&listentest.Accepted != 0 {
					c.Credit = listentest.CreditClose
				}
				all = append(all, c)
			}
		}
	}
	return all
}

// TestFaultsEverywhere injects each exhaustive fault into every contract: it breaks its
// own promise, and where a dial waits for a place that is missing, progress.
// Where two promises would each explain what happened, the search blames one,
// and that is seldom another one: in a case of 500 at most.
func TestFaultsEverywhere(t *testing.T) {
	for _, name := range exhaustive {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, _ := sim.FaultOf(name)
			found := map[listentest.Promise]int{}
			for i, c := range variedContracts() {
				j := newJudge(t, c, f.Name)
				for n := range 1000 {
					v, err := j.first(listentest.Generate(rand.New(rand.NewPCG(uint64(i), uint64(n)))))
					if err != nil {
						t.Fatal(err)
					}
					if v != nil {
						found[v.Promise]++
						if v.Promise != f.Breaks[0] && strings.Contains(v.Text, " or ") && strings.Contains(v.Text, f.Breaks[0].String()) {
							found[v.Promise]-- // an ambiguous one, and it says so
						}
					}
				}
			}
			for p, n := range found {
				if n*500 > found[f.Breaks[0]] && p != f.Breaks[0] && (p != listentest.Progress || f.Breaks[0] != listentest.MinPending) {
					t.Errorf("%s breaks %v %d times, and should break %v", f.Name, p, n, f.Breaks[0])
				}
			}
			if found[f.Breaks[0]] == 0 {
				t.Errorf("%s does not break %v: %v", f.Name, f.Breaks[0], found)
			}
			t.Logf("%-22s %v", f.Name, found)
		})
	}
}

// TestDeterminism runs cases twice, on sessions that are new and on one that
// is reused.
func TestDeterminism(t *testing.T) {
	for _, f := range append([]string{""}, sim.Faults()...) {
		var faults []string
		if f != "" {
			faults = []string{f}
		}
		reused := newJudge(t, sim.Default, faults...)
		for n := range 500 {
			s := listentest.Generate(rand.New(rand.NewPCG(7, uint64(n))))
			once, err := reused.Run(context.Background(), s)
			if err != nil {
				t.Fatal(err)
			}
			twice, err := listentest.Run(context.Background(), reused.Target, s)
			if err != nil {
				t.Fatal(err)
			}
			if once.Backlog != twice.Backlog || !slices.Equal(once.Events, twice.Events) {
				t.Fatalf("fault %q: two runs of\n%v\ndiffer:\n%v\n%v", f, s, once, twice)
			}
		}
	}
}

// TestPoints has the simulator stop at each of its points.
func TestPoints(t *testing.T) {
	for point, text := range map[string]string{
		"enqueue|wake":   "backlog 1\npreempt c0 at 1\ndial c0\n",
		"check|park":     "backlog 1\npreempt s0 at 1\naccept s0\n",
		"dequeue|credit": "backlog 1\ndial c0\npreempt s0 at 1\naccept s0\n",
		"abort|release":  "backlog 1\npreempt b0 at 1\ndial c0\nabort c0\n",
		"exit":           "backlog 1\npreempt c0 at exit\ndial c0\n",
	} {
		s, err := listentest.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		h, err := newJudge(t, sim.Default).Run(context.Background(), s)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(h.String(), point+"\n") {
			t.Errorf("no actor was held at %s:\n%v", point, h)
		}
	}
}

// TestWokenSyn: a syn that waited for room is half-open when it has returned,
// and no accept returns it.
func TestWokenSyn(t *testing.T) {
	c := sim.Default
	c.Overflow = listentest.Block
	c.Must |= listentest.HalfOpen
	c.May |= listentest.HalfOpen
	s, err := listentest.Parse("backlog 1\ndial c0\nsyn c1\naccept s0\naccept s0\n")
	if err != nil {
		t.Fatal(err)
	}
	if v, err := newJudge(t, c).first(s); err != nil || v != nil {
		t.Errorf("%v %v", v, err)
	}
}

func TestNewRefuses(t *testing.T) {
	if _, err := sim.New("sim", sim.Default, "no-such-fault"); err == nil {
		t.Error("an unknown fault is taken")
	}
	for name, change := range map[string]func(*listentest.Contract){
		"must without may": func(c *listentest.Contract) { c.Must |= listentest.Aborted },
		"accepted only":    func(c *listentest.Contract) { c.Must |= listentest.Accepted; c.May |= listentest.Accepted },
		"more than may be": func(c *listentest.Contract) { c.Guaranteed.Plus++ },
	} {
		c := sim.Default
		change(&c)
		if _, err := sim.New("sim", c); err == nil {
			t.Errorf("a contract with %s is taken", name)
		}
	}
}
