package sim

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	lt "github.com/listentest/listentest"
	"github.com/listentest/listentest/sched"
)

// larger are scopes in which each of two may do all that there is.
var larger = []string{
	"backlog=1,dials=2,acceptors=1,accepts=2,half,abort,hangup,cancel,fail,close,listen=1",
	"backlog=1,dials=2,acceptors=2,accepts=1,half,abort,hangup,cancel,fail,close,listen=1",
}

// TestReachable: larger scopes reach no more than the small ones, and all of
// it is in them.
func TestReachable(t *testing.T) {
	for _, name := range []string{"sim", "sim:half=shared,overflow=drop", "sim:credit=rest,aborted=kept"} {
		c := opened(t, name).Contract()
		got, err := Reachable(context.Background(), c)
		if err != nil {
			t.Fatal(err)
		}
		want, err := reachable(context.Background(), c, world(t, larger[0]), world(t, larger[1]))
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: the small scopes reach\n%q\nand larger ones\n%q", name, got, want)
		}
		t.Logf("%s: %d elements", name, len(got))
	}
	for name, least := range map[string]int{"sim:overflow=block": 200, "sim:half=separate,admit=later": 200, "sim:as=linux-tcp": 250, "sim:mul=3,div=2,plus=1": 150} {
		if got, err := Reachable(context.Background(), opened(t, name).Contract()); err != nil || len(got) < least {
			t.Errorf("%s: %d elements, %v", name, len(got), err)
		}
	}
}

// TestReachableIsAll: what random schedules reach within the scope, under any
// policy, is known to be reachable.
func TestReachableIsAll(t *testing.T) {
	const cases = 10_000
	for _, name := range []string{"sim", "sim:half=shared,overflow=block", "sim:half=separate,admit=later", "sim:credit=rest,aborted=kept"} {
		target := opened(t, name)
		all, err := Reachable(context.Background(), target.Contract())
		never := slices.Clone(all)
		if err != nil {
			t.Fatal(err)
		}
		pcg, skipped := rand.NewPCG(0, 0), 0
		r, rng := lt.Runner{Target: target}, rand.New(pcg)
		for i := range uint64(cases) {
			pcg.Seed(21, i)
			s := within(lt.Generate(rng))
			r.Policy = nil
			if p := sched.Portfolio().Draw(rng).New(); p != nil {
				p.Begin(rng)
				r.Policy = p
			}
			c := lt.NewCoverage(target)
			r.Stepped = c.Step
			h, err := r.Run(context.Background(), s)
			if err != nil {
				t.Fatal(err)
			}
			if c.Read(&h); overtaken(&h) {
				skipped++
				continue
			}
			for _, e := range c.Found {
				if !slices.Contains(all, e) && !strings.HasSuffix(e, "unsupported") {
					t.Fatalf("%s: %q is reached by\n%v%v", name, e, s, h)
				}
				never = slices.DeleteFunc(never, func(k string) bool { return k == e })
			}
		}
		t.Logf("%s: %d cases, %d of them out of scope; not reached: %q", name, cases, skipped, never)
		if skipped > cases/20 {
			t.Errorf("%s: %d of %d cases are out of scope", name, skipped, cases)
		}
	}
}

// overtaken reports whether somebody finishes or leaves a connection that has
// ended: in a scope, who was told so begins no such thing.
func overtaken(h *lt.History) bool {
	of, ended := map[int32]int32{}, map[int32]bool{}
	for _, e := range h.Events {
		switch e.Verb {
		case lt.Call:
			if k := e.Step.Kind; k == lt.Ack || k == lt.Hangup || k == lt.Abort {
				of[e.Op] = e.Conn
			}
		case lt.Return:
			if ended[of[e.Op]] {
				return true
			}
		case lt.End:
			ended[e.Conn] = true
		}
	}
	return false
}

// within returns what of s is in the scope: everybody connects or accepts
// once, listens once, and nothing is sent.
func within(s lt.Schedule) lt.Schedule {
	var did [256][lt.Ack + 1]bool
	steps := s.Steps[:0]
	for _, step := range s.Steps {
		k := step.Kind
		once := &did[step.Actor][k]
		switch k {
		case lt.Fill, lt.Send, lt.Recv, lt.HalfClose, lt.Tick:
			continue
		case lt.Dial, lt.Syn:
			k, once = lt.Dial, &did[step.Actor][lt.Dial]
		case lt.Settle, lt.Preempt, lt.Resume, lt.Cancel, lt.Hangup:
			once = new(bool)
		case lt.Fail:
			*once = *once || step.Actor == lt.Listener(0) || did[step.Actor][lt.Dial] || did[step.Actor][lt.Accept]
		case lt.Abort:
			*once = *once || step.Actor.Role() == lt.AcceptorRole
		}
		if step.Actor.Num() > 1 || step.Actor == lt.Listener(1) || *once {
			continue
		}
		*once = true
		switch k {
		case lt.Dial, lt.Accept, lt.Hangup, lt.Abort, lt.Fail:
			step.N = 0
		case lt.Listen:
			step.N = 1
		}
		steps = append(steps, step)
	}
	s.Backlog, s.Steps = 1, steps
	return s
}
