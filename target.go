package listentest

import (
	"context"
	"time"

	"github.com/listentest/listentest/sched"
)

// A Target is an implementation of listeners. It is the one interface that a
// third party implements; what depends on the machine was read by whatever
// constructed it.
type Target interface {
	Name() string
	Contract() Contract
	// Open opens a listener with o.Backlog and returns a session on it. An
	// error is trouble with the harness or the machine, not a finding.
	Open(ctx context.Context, o Options) (Session, error)
}

// Options are what a [Session] is opened with.
type Options struct {
	Backlog int32
	// Report takes everything that the session saw but calls, from any
	// goroutine, also from inside Start. By an [Interleaved] target it is called
	// only while Start or Settle runs, and by one at a time.
	Report func(Event)
	// Rest is synctest.Wait in a bubble, else nil.
	Rest func()
	// Choices are the schedule's, for a session of level Full.
	Choices []byte
	// Policy, if not nil, takes the decisions in the place of Choices. A
	// session of level Full asks it before every step of its actors.
	Policy sched.Policy
	// Stepped, if not nil, is told by a session of level Full of every step
	// of its actors, before it is taken.
	Stepped func(sched.Task)
	// Plan is who runs next at a [Net] of level Full, if there are no Choices;
	// the zero Plan has whoever runs run on.
	Plan sched.Plan
	// Pace bounds the wait for a step, Grace that for a full rest; they
	// matter in real time only.
	Pace, Grace time.Duration
}

// A Session is one address during one run. Start and Settle are called from
// one goroutine.
type Session interface {
	// Start begins an operation and never waits. At most one Return is
	// reported for it; Unsupported says that this session cannot.
	Start(Op)
	// Settle lets the target move until nothing does, or until the context's
	// deadline: Quiet if it knows that nothing can move, Calm if it only
	// waited. An error is trouble.
	Settle(context.Context) (Rest, error)
	// Close gives everything back. What is open stays open in the history.
	Close() error
}

// A Reuser is a [Session] that can be opened again after its Close, which
// saves the cost of making one.
type Reuser interface {
	Session
	Reopen(Options) error
}

// A Remote target runs a schedule whole, elsewhere: in another process, say.
// A [Runner] of it opens no session, and has no bubbles and no policies there.
type Remote interface {
	Target
	// RunRemote runs s with the waits of a [Runner], and returns what was seen,
	// with an event Died at its end where that ended the program in which the
	// listener was. An error is trouble.
	RunRemote(ctx context.Context, s Schedule, pace, grace time.Duration) (History, error)
}

// A MisuseError says that the caller asked for what has no sense on any
// machine.
type MisuseError struct {
	Reason string
	Word   string   // what was not known, and
	Known  []string // what it could have been; both may be empty
}

func (e *MisuseError) Error() string { return e.Reason }

// An Interleaved target, of level Full, names what [Options.Stepped] is told
// of: steps by Task.Step, and resources by their bits in Task.Touches.
type Interleaved interface {
	Target
	Steps() []string
	Resources() []string
}

// Level is what preempt means on a target.
type Level uint8

const (
	LevelNone  Level = iota // a hint
	LevelQuiet              // quiescence is known, preempt is not honoured
	LevelGate               // an acceptor is held at accept's exit
	LevelFull               // exact, and replayable
)

func (l Level) String() string { return [...]string{"none", "quiet", "gate", "full"}[l] }

// A Leveled target says its control level; without it the level is none.
type Leveled interface{ Level() Level }

// LevelOf returns the control level of t.
func LevelOf(t Target) Level {
	if l, ok := t.(Leveled); ok {
		return l.Level()
	}
	return LevelNone
}
