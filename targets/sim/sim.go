// Package sim is a deterministic listener: clients, acceptors and background
// tasks are cooperative actors over one accept queue, and between the steps
// that real stacks take stand named points at which an actor can be stopped
// or another one chosen. It behaves so that it keeps the Contract that it is
// given, and breaks it by the faults that it is given.
package sim

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/sched"
)

// Default is the contract of the plain simulator: a queue of exactly the
// backlog, at least one, that refuses when it is full and forgets at once
// who was aborted.
var Default = listentest.Contract{
	Backlog:    listentest.Backlog{Zero: 1, Negative: 1},
	Guaranteed: listentest.Exactly(0),
	Max:        listentest.Exactly(0),
	Admit:      listentest.AdmitReturn,
	Must:       listentest.Completed,
	May:        listentest.Completed,
	Order:      listentest.FIFO,
	Overflow:   listentest.Refuse,
	Retry:      1000,
	Close:      listentest.CloseEnds,
}

// A Target is a simulator with a contract and faults.
type Target struct {
	name     string
	contract listentest.Contract
	rules    rules
	faults   [numFaults]bool
}

// New returns the simulator that behaves as c, but for the named faults. An
// error names the fault that there is none of, or what of c contradicts
// itself.
func New(name string, c listentest.Contract, faultNames ...string) (*Target, error) {
	t := &Target{name: name, contract: c, rules: rulesOf(c)}
	for _, f := range faultNames {
		i := slices.IndexFunc(catalogue[:], func(g Fault) bool { return g.Name == f })
		if i < 0 {
			return nil, fmt.Errorf("there is no fault %q; there are %s", f, strings.Join(Faults(), ", "))
		}
		t.faults[i] = true
	}
	return t, simulable(c)
}

// Name returns the name that the target was made with.
func (t *Target) Name() string { return t.name }

// Contract returns what the target promises; its faults break it.
func (t *Target) Contract() listentest.Contract { return t.contract }

// Level is full: preempt is exact and a run can be replayed.
func (t *Target) Level() listentest.Level { return listentest.LevelFull }

// Open never fails.
func (t *Target) Open(_ context.Context, o listentest.Options) (listentest.Session, error) {
	s := &session{machine: machine{target: t}}
	return s, s.Reopen(o)
}

// A session drives one machine with the choices of a schedule, or of a policy.
type session struct {
	machine
	choices  []byte
	decision int          // decisions taken so far
	policy   sched.Policy // or nil
	tasks    []sched.Task // the ready ones, for the policy
	stepped  func(sched.Task)
}

// Reopen makes the session new.
func (s *session) Reopen(o listentest.Options) error {
	s.machine.report = o.Report
	s.machine.reset(o.Backlog)
	s.choices, s.decision, s.policy, s.stepped = o.Choices, 0, o.Policy, o.Stepped
	return nil
}

// Start makes an operation's actor runnable; what takes no time happens here.
func (s *session) Start(op listentest.Op) { s.machine.start(op) }

// Settle runs until no actor can move: virtual time does not pass by itself.
func (s *session) Settle(context.Context) (listentest.Rest, error) {
	for len(s.ready) > 0 {
		i := s.choose()
		if s.stepped != nil {
			s.stepped(s.actors[s.ready[i]].task())
		}
		s.run(i)
	}
	return listentest.Quiet, nil
}

// choose returns the index in ready of the actor that runs next. The one that
// ran last stands first, so that 0 means run on.
func (s *session) choose() int {
	if s.policy != nil {
		return s.ask()
	}
	n := len(s.ready)
	if n < 2 {
		return 0
	}
	d := s.decision
	s.decision++
	if d >= len(s.choices) {
		return 0
	}
	return int(s.choices[d]) % n
}

// ask has the policy choose.
func (s *session) ask() int {
	s.tasks = s.tasks[:0]
	for _, slot := range s.ready {
		s.tasks = append(s.tasks, s.actors[slot].task())
	}
	return s.policy.Pick(s.tasks)
}

// Close forgets the machine.
func (s *session) Close() error { return nil }
