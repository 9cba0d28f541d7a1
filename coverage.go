package listentest

import (
	"slices"

	"github.com/listentest/listentest/sched"
)

// A Coverage is what runs have reached, in elements of three classes that are
// told apart by how they are written:
//
//   - "order queue: accept after dial enqueue|wake": an actor's step on a
//     resource came after another one's, with no third one's in between. Only
//     an [Interleaved] target has these.
//   - "held accept at exit": an actor was stopped there; b0 in the place of the
//     kind is a background task.
//   - "outcome dial refused", "outcome accept open", "outcome end reset": how an
//     operation returned, or that it never did, or how a connection ended.
//     "late": the operation was open at a rest. "under pressure": after
//     somebody was turned away or had to wait, since the listener was opened.
//
// What the harness itself does (preempt, resume, cancel, tick) is not counted.
// The zero Coverage has reached nothing, and measures no orders.
type Coverage struct {
	// Found has the elements that were not reached before, in the order in
	// which they were; whoever takes them may clear it.
	Found []string

	steps, resources []string
	orders           sched.Orders
	last             sched.Last
	outcomes         [Ack + 2]uint64 // by kind; the last is of the ends of connections
	holds            []holdsAt
	doing            []doing // scratch: by Op.ID
	open             []int32 // scratch: Op.IDs
}

// holdsAt are the kinds whose actors were held at a point.
type holdsAt struct {
	point string
	kinds uint32
}

// doing is what an operation has come to.
type doing struct {
	kind  Kind
	actor Actor
	late  bool
}

// Circumstances are what an outcome is seen in.
type Circumstances struct{ Late, Pressure bool }

// NewCoverage returns an empty coverage of t.
func NewCoverage(t Target) *Coverage {
	c := &Coverage{}
	if i, ok := t.(Interleaved); ok {
		c.steps, c.resources = i.Steps(), i.Resources()
	}
	return c
}

// Begin is told before every run.
func (c *Coverage) Begin() { c.last = sched.Last{} }

// Step enters a step of the run; it is for [Options.Stepped].
func (c *Coverage) Step(t sched.Task) { c.After(&c.last, t) }

// After is Step for who keeps what was last himself.
func (c *Coverage) After(l *sched.Last, t sched.Task) {
	t.Touches &= 1<<len(c.resources) - 1
	c.orders.Step(l, t, c.order)
}

func (c *Coverage) order(o sched.Order) {
	c.Found = append(c.Found, "order "+c.resources[o.Resource]+": "+c.steps[o.Then]+" after "+c.steps[o.First])
}

// Held enters that an actor which does k, or a task (Settle), was held.
func (c *Coverage) Held(k Kind, point string) {
	i := slices.IndexFunc(c.holds, func(h holdsAt) bool { return h.point == point })
	if i < 0 {
		i = len(c.holds)
		c.holds = append(c.holds, holdsAt{point: point})
	}
	if h := &c.holds[i]; h.kinds>>k&1 == 0 {
		h.kinds |= 1 << k
		word := k.String()
		if k == Settle {
			word = Task(0).String()
		}
		c.Found = append(c.Found, "held "+word+" at "+point)
	}
}

// Open is the outcome of an operation that did not return.
const Open = Outcome(len(outcomeNames))

// ends stands for a kind in outcomes.
const ends = Ack + 1

// Returned enters how an operation of kind k ended.
func (c *Coverage) Returned(k Kind, o Outcome, in Circumstances) {
	switch k {
	case Settle, Preempt, Resume, Cancel, Tick:
		return
	}
	if o == Unsupported {
		in = Circumstances{}
	}
	c.outcome(k, o, in)
}

// Ended enters how a connection ended.
func (c *Coverage) Ended(o Outcome) { c.outcome(ends, o, Circumstances{}) }

func (c *Coverage) outcome(k Kind, o Outcome, in Circumstances) {
	bit := 4 * uint(o)
	if in.Late {
		bit++
	}
	if in.Pressure {
		bit += 2
	}
	if c.outcomes[k]>>bit&1 != 0 {
		return
	}
	c.outcomes[k] |= 1 << bit
	text := "outcome "
	if k == ends {
		text += "end "
	} else {
		text += k.String() + " "
	}
	if o == Open {
		text += "open"
	} else {
		text += o.String()
	}
	if in.Late {
		text += ", late"
	}
	if in.Pressure {
		text += ", under pressure"
	}
	c.Found = append(c.Found, text)
}

// Read enters the outcomes and the holds of a run.
func (c *Coverage) Read(h *History) {
	c.doing, c.open = append(c.doing[:0], doing{}), c.open[:0]
	pressure, held := false, 0
	for i := range h.Events {
		switch e := &h.Events[i]; e.Verb {
		case Call:
			if e.Step.Kind == Resume {
				held--
			}
			c.open = append(c.open, int32(len(c.doing)))
			c.doing = append(c.doing, doing{kind: e.Step.Kind, actor: e.Step.Actor})
		case Return:
			i := slices.Index(c.open, e.Op)
			if i < 0 {
				continue
			}
			c.open = slices.Delete(c.open, i, i+1)
			d := &c.doing[e.Op]
			c.Returned(d.kind, e.Outcome, Circumstances{d.late, pressure})
			pressure = UnderPressure(pressure, d.kind, e.Outcome)
		case Rested:
			if held == 0 {
				pressure = c.rested(pressure)
			}
		case Hold:
			held++
			c.Held(c.latest(e.Step.Actor), e.Point)
		case End:
			c.Ended(e.Outcome)
		}
	}
	for _, id := range c.open {
		c.Returned(c.doing[id].kind, Open, Circumstances{Pressure: pressure})
	}
}

// rested makes everything late that is open.
func (c *Coverage) rested(pressure bool) bool {
	for _, id := range c.open {
		d := &c.doing[id]
		d.late = true
		pressure = UnderPressure(pressure, d.kind, Open)
	}
	return pressure
}

// UnderPressure returns whether those who come are under pressure when an
// operation of kind k has ended so, or was open at a rest.
func UnderPressure(before bool, k Kind, o Outcome) bool {
	switch k {
	case Dial, Syn, Ack:
		return before || o == Open || o.refusal()
	case Listen:
		return before && o != OK
	}
	return before
}

// latest returns the kind of the newest operation that an actor began itself.
func (c *Coverage) latest(a Actor) Kind {
	for i := len(c.doing) - 1; i > 0; i-- {
		if d := &c.doing[i]; d.actor == a && d.kind != Preempt && d.kind != Resume && d.kind != Cancel {
			return d.kind
		}
	}
	return Settle
}
