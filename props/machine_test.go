package props

import (
	"context"
	"fmt"
	"net"
	"testing"
	"testing/synctest"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/commands"
	"github.com/leanovate/gopter/gen"
	"pgregory.net/rapid"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/examples/mutex"
	"github.com/listentest/listentest/targets/sim"
)

// A machine drives a session action by action beside a counter as its model,
// as one does with rapid or gopter in an afternoon. It keeps its actions as a
// schedule, so that what such a machine finds ends as a corpus file as well.
type machine struct {
	session          listentest.Session
	backlog, pending int32 // the model
	schedule         listentest.Schedule
	last             int32
	outcome          listentest.Outcome
}

func newMachine(target listentest.Target, backlog int32) (*machine, error) {
	m := &machine{backlog: backlog, schedule: listentest.Schedule{Backlog: backlog}}
	var err error
	m.session, err = target.Open(context.Background(), listentest.Options{Backlog: backlog, Report: func(e listentest.Event) {
		if e.Verb == listentest.Return && e.Op == m.last {
			m.outcome = e.Outcome
		}
	}})
	return m, err
}

func (m *machine) do(s listentest.Step) listentest.Outcome {
	m.last++
	m.schedule.Steps = append(m.schedule.Steps, s)
	m.session.Start(listentest.Op{ID: m.last, Step: s})
	_, _ = m.session.Settle(context.Background()) // the simulator has no trouble
	return m.outcome
}

// dial, accept and listen act, and return an error if the model says otherwise.
func (m *machine) dial(client int) error {
	got := m.do(listentest.Step{Kind: listentest.Dial, Actor: listentest.Client(client)})
	room := m.pending < m.backlog
	if (got == listentest.OK) != room {
		return fmt.Errorf("dial with %d of %d pending: %v", m.pending, m.backlog, got)
	}
	if room {
		m.pending++
	}
	return nil
}

func (m *machine) accept() error {
	if got := m.do(listentest.Step{Kind: listentest.Accept, Actor: listentest.Acceptor(0)}); got != listentest.OK {
		return fmt.Errorf("accept with %d pending: %v", m.pending, got)
	}
	m.pending--
	return nil
}

func (m *machine) listen(backlog int32) error {
	m.backlog = backlog
	m.do(listentest.Step{Kind: listentest.Listen, Actor: listentest.Listener(0), N: int16(backlog)})
	return nil
}

func (m *machine) check(t *rapid.T, err error) {
	if err != nil {
		t.Fatal(err)
	}
}

// TestRapidMachine: a state machine over the simulator finds what a counter
// can see, and its actions are a schedule that breaks the same promise.
func TestRapidMachine(t *testing.T) {
	set(t, "rapid.checks", "1000")
	set(t, "rapid.seed", "1")
	set(t, "rapid.nofailfile", "true")
	for _, name := range hunted[1:3] { // off by one, low and high
		f, _ := sim.FaultOf(name)
		h := newHunt(t, f)
		expectFailure(func(tb rapid.TB) {
			rapid.Check(tb, func(rt *rapid.T) {
				m, err := newMachine(h.target, rapid.Int32Range(1, 4).Draw(rt, "backlog"))
				m.check(rt, err)
				rt.Repeat(map[string]func(*rapid.T){
					"dial": func(rt *rapid.T) {
						if err := m.dial(rapid.IntRange(0, 1).Draw(rt, "client")); err != nil {
							_, _ = h.holds(m.schedule)
							rt.Fatal(err)
						}
					},
					"listen": func(rt *rapid.T) { m.check(rt, m.listen(rapid.Int32Range(1, 4).Draw(rt, "backlog"))) },
				})
			})
		})
		if s := h.file(t); len(s.Steps) != 1 {
			t.Errorf("%s ends as\n%v", f.Name, s)
		}
	}
}

// TestGopterCommands: the same with gopter's command sequences.
func TestGopterCommands(t *testing.T) {
	for _, name := range hunted[1:3] {
		f, _ := sim.FaultOf(name)
		h := newHunt(t, f)
		p := gopter.DefaultTestParametersWithSeed(1)
		p.MinSuccessfulTests = 1000
		commands.Prop(h.commands()).Check(p)
		if s := h.file(t); len(s.Steps) != 1 {
			t.Errorf("%s ends as\n%v", f.Name, s)
		}
	}
}

// commands has one state, a backlog of 2: the machine is its own model.
func (h *hunt) commands() commands.Commands {
	dial := &commands.ProtoCommand{
		Name:    "dial",
		RunFunc: func(m commands.SystemUnderTest) commands.Result { return m.(*machine).dial(0) },
		PostConditionFunc: func(_ commands.State, result commands.Result) *gopter.PropResult {
			if result == nil {
				return gopter.NewPropResult(true, "")
			}
			return gopter.NewPropResult(false, result.(error).Error())
		},
	}
	return &commands.ProtoCommands{
		NewSystemUnderTestFunc: func(commands.State) commands.SystemUnderTest {
			m, err := newMachine(h.target, 2)
			if err != nil {
				panic(err) // the simulator always opens
			}
			return m
		},
		DestroySystemUnderTestFunc: func(m commands.SystemUnderTest) { _, _ = h.holds(m.(*machine).schedule) },
		InitialStateGen:            gen.Const(0),
		GenCommandFunc:             func(commands.State) gopter.Gen { return gen.Const(commands.Command(dial)) },
	}
}

// TestRapidInABubble: whole schedules against a listener in memory, each case
// in a synctest bubble that rapid opens.
func TestRapidInABubble(t *testing.T) {
	target := listentest.Net{
		Listen: func(backlog int) (net.Listener, error) { return mutex.Listen(backlog), nil },
		Dial:   func(ctx context.Context, l net.Listener) (net.Conn, error) { return l.(*mutex.Listener).Dial(ctx) },
		Promise: listentest.Contract{Backlog: listentest.Backlog{Zero: 1, Negative: 1}, Guaranteed: listentest.Exactly(0),
			Max: listentest.Exactly(0), Admit: listentest.AdmitReturn, Close: listentest.CloseEnds},
	}
	rapid.Check(t, func(t *rapid.T) {
		s := Schedules().Draw(t, "schedule")
		rapid.SyncTest(t, func(t *rapid.T) {
			r := listentest.Runner{Target: target, Bubble: func(run func(rest func())) []string { // rapid opened it
				run(synctest.Wait)
				return nil
			}}
			h, err := r.Run(context.Background(), s)
			if err != nil {
				t.Fatal(err)
			}
			if v := listentest.Check(h, target.Contract()).First(); v != nil {
				t.Fatal(v.Text)
			}
		})
	})
}

// FuzzRapid: rapid's draws as a native fuzz target.
func FuzzRapid(f *testing.F) {
	target, err := sim.New("sim", sim.Default)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) {
		h, err := listentest.Run(context.Background(), target, Schedules().Draw(t, "schedule"))
		if err != nil {
			t.Fatal(err)
		}
		if v := listentest.Check(h, target.Contract()).First(); v != nil {
			t.Fatal(v.Text)
		}
	}))
}
