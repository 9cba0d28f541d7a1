package sim

import (
	"context"
	"slices"

	lt "github.com/listentest/listentest"
	"github.com/listentest/listentest/sched"
)

// everybody may do what there is in a World, but for how often.
func everybody(dials, acceptors int) World {
	return World{Dials: dials, Acceptors: acceptors, Accepts: 1, Half: true, Abort: true, Hangup: true, Cancel: true, Fail: true, Close: true}
}

// small returns the scopes in which Reachable looks: two clients, two acceptors,
// and two of each as far as they need no more than to connect. In larger ones,
// with a second accept and all that there is for two of each, no more is
// reached (a test), and that takes ten times as long.
//
// The first three are for a queue of one place, where c has such a one.
func small(c *lt.Contract) []World {
	one := int32(1)
	if capacity(c, 0) == 1 && capacity(c, 1) > 1 {
		one = 0
	}
	all := []World{everybody(2, 1), everybody(1, 2)}
	for i := range all {
		all[i].Backlog, all[i].Listens = one, []int32{one}
	}
	two := World{Backlog: one, Dials: 2, Acceptors: 2, Accepts: 1, Hangup: true, Cancel: true}
	all = append(all, two)
	two.Backlog++
	return append(all, two)
}

// Reachable returns the elements of coverage that a simulator which keeps c
// comes to in small scopes, of at most two clients that connect once and two
// acceptors, whoever does what when: all of them, and no others. It has none of
// what is out of scope: bytes, a third client, a longer queue, a replayed ack, what
// is done with a connection that has ended, a deadline that is past, and time
// that passes while somebody can move. An error says why c cannot be
// simulated, or that ctx was done.
func Reachable(ctx context.Context, c lt.Contract) ([]string, error) {
	return reachable(ctx, c, small(&c)...)
}

func reachable(ctx context.Context, c lt.Contract, worlds ...World) ([]string, error) {
	t, err := New("sim", c)
	if err != nil {
		return nil, err
	}
	cover := lt.NewCoverage(t)
	for _, w := range worlds {
		e := NewExplorer(t, w, false, 0)
		e.cover = cover
		for {
			counter, err := e.Explore(ctx)
			if err != nil {
				return nil, err
			}
			if counter == nil {
				break
			}
		}
	}
	return cover.Found, nil
}

// A trail is what coverage needs to know of the way to a state.
type trail struct {
	last     sched.Last
	waited   uint8 // slots whose operation was open at a rest
	pressure bool
}

func (t *trail) key() uint64 {
	k := t.last.Sum()<<9 | uint64(t.waited)<<1
	if t.pressure {
		k |= 1
	}
	return k
}

// steps enters that a move takes a step of a.
func (e *Explorer) steps(t *trail, mv move, a *actor) {
	if e.cover == nil {
		return
	}
	if mv.begin {
		t.waited &^= 1 << mv.slot
	}
	e.cover.After(&t.last, a.task())
}

// reached enters what a move has led to.
func (e *Explorer) reached(t *trail, mv move) {
	if e.cover == nil {
		return
	}
	for i := range e.events {
		switch ev := &e.events[i]; ev.Verb {
		case lt.End:
			e.cover.Ended(ev.Outcome)
		case lt.Return:
			if slot := e.slotOf(ev.Op); slot >= 0 {
				e.returns(t, slot, ev.Outcome)
			}
		}
	}
	e.stands(int(mv.slot))
	if len(e.m.ready) > 0 {
		return
	}
	for slot := range e.m.actors {
		if a := &e.m.actors[slot]; a.asleep {
			t.waited |= 1 << slot
			t.pressure = lt.UnderPressure(t.pressure, a.op.Kind, lt.Open)
		}
	}
	for slot := range e.m.actors {
		if a := &e.m.actors[slot]; a.asleep {
			e.cover.Returned(a.op.Kind, lt.Open, lt.Circumstances{Pressure: t.pressure})
		}
	}
}

func (e *Explorer) returns(t *trail, slot int, o lt.Outcome) {
	k := e.m.actors[slot].op.Kind
	e.cover.Returned(k, o, lt.Circumstances{Late: t.waited>>slot&1 != 0, Pressure: t.pressure})
	t.pressure = lt.UnderPressure(t.pressure, k, o)
	if slot < e.listener {
		e.cover.Held(k, "exit")
	}
}

// stands enters where a slot can be held now.
func (e *Explorer) stands(slot int) {
	a := &e.m.actors[slot]
	switch {
	case slot == e.listener: // which nobody can hold
	case a.pc < pc(len(points)) && points[a.pc] != "":
		e.cover.Held(a.op.Kind, points[a.pc])
	case slot > e.listener && slices.Contains([]pc{idle, taskEnter}, a.pc):
		e.cover.Held(a.op.Kind, "exit")
	}
}
