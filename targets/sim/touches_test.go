package sim

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/sched"
)

// TestTouches: two steps that touch nothing in common give the same state and
// the same events in both orders, whatever the contract. It
// tries all pairs of ready actors at every step of random walks.
func TestTouches(t *testing.T) {
	blocks, keeps, half, later := Default, Default, Default, Default
	blocks.Overflow = listentest.Block
	keeps.Must |= listentest.Aborted | listentest.Accepted
	keeps.May, keeps.Credit, keeps.Overflow = keeps.Must, listentest.CreditClose, listentest.Drop
	half.Must |= listentest.HalfOpen
	half.May = half.Must
	later.Admit, later.Credit, later.Overflow = listentest.AdmitLater, listentest.CreditRest, listentest.EndLater
	tried := map[[2]pc]int{}
	for _, c := range []listentest.Contract{Default, blocks, keeps, half, later} {
		target, err := New("sim", c)
		if err != nil {
			t.Fatal(err)
		}
		for n := range 1000 {
			rng := rand.New(rand.NewPCG(3, uint64(n)))
			s := listentest.Generate(rng)
			for i := range s.Steps {
				s.Steps[i].Along = rng.IntN(4) > 0 // many at once
			}
			walk, _ := sched.Parse("random")
			r := listentest.Runner{Target: commuting{target, t, tried}}
			policy := walk.New()
			policy.Begin(rng)
			r.Policy = policy
			if _, err := r.Run(context.Background(), s); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Logf("pairs of steps, and how often they were exchanged: %v", tried)
	for _, pair := range [][2]pc{{dialEnter, dialWake}, {dialEnter, acceptPark}, {dialWake, acceptCredit}, {dialWake, leaveEnter}} {
		if tried[pair] == 0 {
			t.Errorf("steps %v were never exchanged", pair)
		}
	}
}

// A commuting target tries steps in both orders before it takes one.
type commuting struct {
	*Target
	t     *testing.T
	tried map[[2]pc]int
}

func (c commuting) Open(ctx context.Context, o listentest.Options) (listentest.Session, error) {
	s, err := c.Target.Open(ctx, o)
	return &commutingSession{s.(*session), c}, err
}

type commutingSession struct {
	*session
	commuting
}

func (c *commutingSession) Settle(context.Context) (listentest.Rest, error) {
	for len(c.ready) > 0 {
		for _, a := range c.ready {
			for _, b := range c.ready {
				c.exchange(a, b)
			}
		}
		c.session.run(c.choose())
	}
	return listentest.Quiet, nil
}

// exchange compares the two orders of the next steps of two slots.
func (c *commutingSession) exchange(a, b uint8) {
	first, second := c.actors[a].pc, c.actors[b].pc
	if first >= second || touches(first)&touches(second) != 0 {
		return
	}
	c.tried[[2]pc{first, second}]++
	one, oneSaid := c.fork(a, b)
	two, twoSaid := c.fork(b, a)
	if !one.equal(two) || !slices.Equal(oneSaid, twoSaid) {
		c.t.Fatalf("steps %d and %d do not commute:\n%+v\n%v\n%+v\n%v", first, second, *one, oneSaid, *two, twoSaid)
	}
}

// fork takes the next steps of some slots in a copy, and returns its state
// and events, each in an order of its own.
func (c *commutingSession) fork(slots ...uint8) (*state, []string) {
	var said []string
	m := machine{target: c.session.target, slots: c.session.slots, report: func(e listentest.Event) { said = append(said, e.String()) }}
	m.state.copyFrom(&c.state)
	for _, slot := range slots {
		i := slices.Index(m.ready, slot)
		if i < 0 {
			c.t.Fatalf("slot %d cannot go on behind %v", slot, slots)
		}
		m.run(i)
	}
	slices.Sort(m.ready)
	slices.Sort(said)
	return &m.state, said
}
