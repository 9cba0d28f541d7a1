package listentest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// A scripted target answers at once: places for dials, nothing else. It is
// the smallest thing that the runner can drive.
type scripted struct {
	places  int  // dials beyond it are refused
	mute    bool // nothing returns
	sticky  bool // a resume holds again
	trouble error
	closed  int
}

func (*scripted) Name() string { return "scripted" }
func (*scripted) Contract() Contract {
	return Contract{Guaranteed: Exactly(0)}
}
func (s *scripted) Open(_ context.Context, o Options) (Session, error) {
	if s.trouble != nil && o.Backlog < 0 {
		return nil, s.trouble
	}
	return &scriptedSession{s, o, s.places}, nil
}

type scriptedSession struct {
	*scripted
	o    Options
	left int
}

func (s *scriptedSession) Start(op Op) {
	if s.mute {
		return
	}
	e := Event{Verb: Return, Op: op.ID}
	switch op.Kind {
	case Dial:
		if s.left--; s.left < 0 {
			e.Outcome = Refused
		} else {
			e.Conn = op.ID
		}
	case Send:
		e.Outcome = Unsupported
	}
	s.o.Report(e)
	if op.Kind == Preempt || op.Kind == Resume && s.sticky {
		s.o.Report(Event{Verb: Hold, Step: Step{Actor: op.Actor}, Point: "here"})
	}
}

func (s *scriptedSession) Settle(context.Context) (Rest, error) {
	if s.trouble != nil {
		return Calm, s.trouble
	}
	return Quiet, nil
}

func (s *scriptedSession) Close() error { s.closed++; return nil }

// calls runs a schedule and returns its calls, with what they address, and
// skips, one a word.
func calls(t *testing.T, target Target, text string) string {
	t.Helper()
	s, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	h, err := Run(context.Background(), target, s)
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for _, e := range h.Events {
		switch e.Verb {
		case Call:
			word := strings.ReplaceAll(e.Step.String(), " ", ".")
			if e.Conn != 0 {
				word += fmt.Sprintf("#%d", e.Conn)
			}
			words = append(words, word)
		case Skipped:
			words = append(words, "-"+strings.ReplaceAll(e.Step.String(), " ", "."))
		}
	}
	return strings.Join(words, " ")
}

// TestRules holds the runner to the rules of the vocabulary.
func TestRules(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a repeat is several operations", "backlog 1\ndial c0 3", "dial.c0 dial.c0 dial.c0"},
		{"a repeat stops at the first that is not ok", "backlog 1\ndial c0 9", "dial.c0 dial.c0 dial.c0 dial.c0 dial.c0"},
		{"only the last repeat is along", "backlog 1\ndial c0 2 &", "dial.c0 dial.c0.&"},
		{"fill dials up to the guarantee", "backlog 3\nfill c0", "dial.c0 dial.c0 dial.c0"},
		{"less N", "backlog 3\nfill c0 2", "dial.c0"},
		{"and beyond", "backlog 1\nfill c0 -1", "dial.c0 dial.c0"},
		{"nothing to fill is a skip", "backlog 1\nfill c0 1", "-fill.c0.1"},
		{"a fill that would not be whole is a skip", "backlog 1000000\nfill c0", "-fill.c0"},
		{"fill goes by the backlog in force", "backlog 1\nlisten l0 2\nfill c0", "listen.l0.2 dial.c0 dial.c0"},
		{"resume needs someone held", "backlog 1\nresume s0", "-resume.s0"},
		{"whoever is held is resumed at the end", "backlog 1\npreempt s0 at 2", "preempt.s0.at.2 resume.s0"},
		{"a held actor is busy", "backlog 1\npreempt s0 at exit\naccept s0\nresume s0\naccept s0", "preempt.s0.at.exit -accept.s0 resume.s0 accept.s0"},
		{"cancel needs something open", "backlog 1\ncancel c0", "-cancel.c0"},
		{"abort needs a connection", "backlog 1\nabort c0\ndial c0\nabort c0 2\nhangup c0", "-abort.c0 dial.c0 abort.c0#1 -abort.c0 -hangup.c0"},
		{"an ack finishes the newest half-open", "backlog 1\nack c0\nsyn c0\nsyn c0\nack c1\nack c0\nack c0", "-ack.c0 syn.c0 syn.c0 -ack.c1 ack.c0#2 ack.c0#1"},
		{"and with none half-open repeats the last", "backlog 1\nsyn c0\nack c0\nack c0\nhangup c0\nack c0", "syn.c0 ack.c0#1 ack.c0#1 hangup.c0#1 ack.c0#1"},
		{"which is each client's own", "backlog 1\nsyn c0\nack c0\nack c1", "syn.c0 ack.c0#1 -ack.c1"},
		{"a half-open one can be given up", "backlog 1\nsyn c0\nabort c0\nack c0\nsyn c0\nhangup c0\nhangup c0", "syn.c0 abort.c0#1 -ack.c0 syn.c0 hangup.c0#3 -hangup.c0"},
		{"but takes no bytes", "backlog 1\ndial c0\nsyn c0\nsend c0 1\nrecv c0\nhalf-close c0\nack c0\nrecv c0", "dial.c0 syn.c0 send.c0.1#1 recv.c0#1 half-close.c0#1 ack.c0#2 recv.c0#2"},
		{"a second shut means nothing", "backlog 1\nshut l0\nshut l0\nlisten l0 1\nshut l0", "shut.l0 -shut.l0 listen.l0.1 shut.l0"},
		{"settle is no operation", "backlog 1\nsettle", ""},
	} {
		if got := calls(t, &scripted{places: 4}, c.text); got != c.want {
			t.Errorf("%s: %q gives %q, want %q", c.name, c.text, got, c.want)
		}
	}
}

// TestBusy: an actor with an open operation is busy, cancel excepted.
func TestBusy(t *testing.T) {
	got := calls(t, &scripted{mute: true}, "backlog 1\ndial c0\ndial c0\ncancel c0\npreempt s0 at 1\ntick 5\ndial c1 3\n")
	if want := "dial.c0 -dial.c0 cancel.c0 preempt.s0.at.1 tick.5 dial.c1"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestMaxOps(t *testing.T) {
	s := Schedule{Backlog: 1}
	for range 10 {
		s.Steps = append(s.Steps, Step{Kind: Dial, N: 32000})
	}
	h, err := Run(context.Background(), &scripted{places: 1 << 30}, s)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(Outcomes(h)); n != MaxOps {
		t.Errorf("%d operations, want %d", n, MaxOps)
	}
}

func TestTrouble(t *testing.T) {
	trouble := errors.New("no descriptor")
	target := &scripted{trouble: trouble}
	for _, backlog := range []int32{-1, 1} { // in Open, in Settle
		if _, err := Run(context.Background(), target, Schedule{Backlog: backlog}); !errors.Is(err, trouble) || !strings.Contains(err.Error(), "scripted") {
			t.Errorf("backlog %d: got %v", backlog, err)
		}
	}
	if target.closed != 1 {
		t.Errorf("%d sessions were closed, 1 was opened", target.closed)
	}
	if _, err := Run(context.Background(), &scripted{sticky: true}, Schedule{Steps: []Step{{Kind: Preempt, Actor: Acceptor(0)}}}); err == nil {
		t.Error("an actor that stays held is no trouble")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Run(ctx, &scripted{}, Schedule{Steps: []Step{{Kind: Dial}}}); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that is done gives %v", err)
	}
}

// TestRunnerAgain: a runner is as good as new after trouble, and after a run.
func TestRunnerAgain(t *testing.T) {
	target := &scripted{places: 1, trouble: errors.New("once")}
	r := Runner{Target: target}
	s := Schedule{Steps: []Step{{Kind: Dial}, {Kind: Dial}}}
	if _, err := r.Run(context.Background(), s); err == nil {
		t.Fatal("no trouble")
	}
	target.trouble = nil
	for range 2 {
		h, err := r.Run(context.Background(), s)
		if got := strings.Join(Outcomes(h), " "); err != nil || got != "ok refused" {
			t.Fatalf("got %s, %v", got, err)
		}
	}
}
