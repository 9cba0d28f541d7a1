package third

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/examples/mutex"
	"github.com/listentest/listentest/sched"
)

// planted are listeners that end their program, each in a way of its own.
var planted = map[string]func(*faulty) (net.Conn, error){
	"panics": func(*faulty) (net.Conn, error) { panic("planted") },
	"exits":  func(*faulty) (net.Conn, error) { os.Exit(3); return nil, nil },
	"spins": func(f *faulty) (net.Conn, error) {
		for f.Pending() >= 0 {
		}
		return nil, nil
	},
	"locks": func(f *faulty) (net.Conn, error) { // two want one lock, and its holder waits for what never comes
		f.mu.Lock()
		defer f.mu.Unlock()
		<-f.never
		return nil, nil
	},
	"leaks": func(f *faulty) (net.Conn, error) {
		go func() { <-f.never }()
		return f.Listener.Accept()
	},
	"prints": func(f *faulty) (net.Conn, error) {
		os.Stdout.WriteString("this is no answer\n")
		return f.Listener.Accept()
	},
}

type faulty struct {
	*mutex.Listener
	mu     sync.Mutex
	never  chan struct{}
	accept func(*faulty) (net.Conn, error)
}

func (f *faulty) Accept() (net.Conn, error) { return f.accept(f) }

func TestMain(m *testing.M) {
	for name, accept := range planted {
		libraries[name] = library{target: func(wire) listentest.Target {
			return listentest.Net{
				Title: name,
				Listen: func(backlog int) (net.Listener, error) {
					return &faulty{Listener: mutex.Listen(backlog), never: make(chan struct{}), accept: accept}, nil
				},
				Dial: func(ctx context.Context, l net.Listener) (net.Conn, error) { return l.(*faulty).Dial(ctx) },
			}
		}}
	}
	Main()
	os.Exit(m.Run())
}

// open opens a target for the time of a test.
func open(t *testing.T, name string) *Worker {
	t.Helper()
	w, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func parse(t *testing.T, text string) listentest.Schedule {
	t.Helper()
	s, err := listentest.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestDeath: how a worker ended is told by its history, and it is said of whom
// it is; the next case has another worker.
func TestDeath(t *testing.T) {
	const us = "github.com/listentest/"
	t.Cleanup(func() { ours = us })
	ours = "testing/synctest" // what is planted is no library's
	for _, c := range []struct{ name, schedule, ends, breaks string }{
		{"panics", "dial c0\naccept s0", "died panic " + us, "isolation"},
		{"spins", "dial c0\naccept s0", "died timeout " + us, "isolation"},
		{"locks", "accept s0 &\naccept s1", "call 2 accept s1\n", ""},
		{"leaks", "dial c0\naccept s0", "left " + us, "shut"},
		{"prints", "dial c0\naccept s0", "rest quiet\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := open(t, c.name)
			for range 2 {
				h, err := w.once(t.Context(), parse(t, "backlog 1\n"+c.schedule), listentest.DefaultPace, listentest.DefaultGrace, silence/2)
				if err != nil {
					t.Fatal(err)
				}
				lines := strings.SplitAfter(h.String(), "\n")
				if last := lines[len(lines)-2]; !strings.HasPrefix(last, c.ends) {
					t.Errorf("the end is not %q: %v", c.ends, h)
				}
				got := ""
				if v := listentest.Check(h, listentest.Contract{}).First(); v != nil {
					got = v.Promise.String()
				}
				if got != c.breaks {
					t.Errorf("breaks %q, and not %q", got, c.breaks)
				}
			}
		})
	}
}

// TestHolds: while somebody is held, a hang is nobody's fault but ours.
func TestHolds(t *testing.T) {
	for text, want := range map[string]bool{
		"backlog 1\ncall 1 preempt s0 at 1\nreturn 1 ok\ncall 2 accept s0\nhold s0 lock\n":                                        true,
		"backlog 1\ncall 1 preempt s0 at 1\nreturn 1 ok\ncall 2 accept s0\nhold s0 lock\ncall 3 resume s0\nreturn 3 ok\n":         false,
		"backlog 1\ncall 1 preempt b0 at 1\nreturn 1 ok\nhold b0 lock\nhold s1 exit\ncall 2 resume s1\nreturn 2 ok\nrest quiet\n": true,
		"backlog 1\ncall 1 accept s0\n": false,
	} {
		h, err := listentest.ParseHistory(text)
		if err != nil {
			t.Fatal(err)
		}
		if holds(h) != want {
			t.Errorf("held is %v at the end of\n%s", !want, text)
		}
	}
}

// TestTrouble: an end that nobody can explain, and one that is our own doing,
// is trouble and no verdict.
func TestTrouble(t *testing.T) {
	for name, says := range map[string]string{"exits": "nobody knows why", "panics": "panic: planted"} {
		w := open(t, name)
		_, err := listentest.Run(t.Context(), w, parse(t, "backlog 1\naccept s0"))
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestWorkersAgree: the same schedules come out the same in whatever worker,
// where each step is over before the next one begins.
func TestWorkersAgree(t *testing.T) {
	a, b := open(t, "prints"), open(t, "prints")
	for i := range uint64(200) {
		s := listentest.Generate(rand.New(rand.NewPCG(5, i)))
		var steps []listentest.Step
		for _, step := range s.Steps {
			step.Along = false
			switch step.Kind {
			case listentest.Fill, listentest.Dial:
				step.Kind, step.N = listentest.Dial, 0 // the next one would be a race with who accepts the first
			case listentest.Accept:
				step.N = 0
			}
			steps = append(steps, step, listentest.Step{Kind: listentest.Settle})
		}
		s.Steps = steps
		x, err := listentest.Run(t.Context(), a, s)
		if err != nil {
			t.Fatal(err)
		}
		y, err := listentest.Run(t.Context(), b, s)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(listentest.Outcomes(x), listentest.Outcomes(y)) {
			t.Fatalf("%v\n%v\nand\n%v", s, x, y)
		}
	}
}

// TestCancelled: a case ends with its context.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	w := open(t, "spins")
	s := parse(t, "backlog 1\ndial c0\naccept s0")
	done := make(chan error)
	go func() {
		_, err := w.RunRemote(ctx, s, listentest.DefaultPace, listentest.DefaultGrace)
		done <- err
	}()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestNames: what has no sense is said.
func TestNames(t *testing.T) {
	for name, says := range map[string]string{
		"nothing":       `there is no target "nothing"`,
		"kcp-go:x=1":    "kcp-go has no settings, and kcp-go:x=1 has one",
		"bufconn:x=1":   `bufconn:x=1: "x" is no setting`,
		"mutex:time=x":  `mutex:time=x: "x" is no kind of time`,
		"yamux:wire=x":  `yamux:wire=x: "x" is no kind of wire`,
		"yamux:x=1":     `yamux:x=1: "x" is no setting`,
		"yamux:wire=":   `yamux:wire=: "" is no kind of wire`,
		"smux:buffered": `smux:buffered: "buffered" is no setting`,
	} {
		_, err := Open(name)
		if misuse := (*listentest.MisuseError)(nil); !errors.As(err, &misuse) || err.Error() != says {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestVersions: the version of every library of others is known.
func TestVersions(t *testing.T) {
	for _, name := range Names() {
		if planted[name] != nil {
			continue
		}
		if path, version := Module(name); path != "" && version == "" {
			t.Errorf("%s: no version of %s", name, path)
		}
	}
}

// TestEarlyBytes: what has arrived before accept is told by the first recv,
// whoever is quicker.
func TestEarlyBytes(t *testing.T) {
	w := open(t, "yamux")
	for range 50 {
		h, err := listentest.Run(t.Context(), w, parse(t, "backlog 2\ndial c0\nsend c0 2\nsettle\naccept s0\nrecv s0"))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(h.String(), "return 4 ok n 2\n") {
			t.Fatal(h)
		}
	}
}

// TestTime: a target in real time is another level, and as correct.
func TestTime(t *testing.T) {
	s := parse(t, "backlog 2\ndial c0 3\naccept s0 3")
	for name, level := range map[string]listentest.Level{"mutex": listentest.LevelQuiet, "mutex:time=real": listentest.LevelNone, "yamux:wire=sync,time=real": listentest.LevelNone} {
		w := open(t, name)
		h, err := listentest.Run(t.Context(), w, s)
		if err != nil {
			t.Fatal(err)
		}
		if sched.Controlled() && level == listentest.LevelQuiet {
			level = listentest.LevelFull
		}
		v := listentest.Check(h, w.Contract()).First()
		if got := listentest.LevelOf(w); got != level || v != nil {
			t.Errorf("%s: level %v, %v\n%v", name, got, v, h)
		}
	}
}

// TestReferences: listeners that are correct break nothing, at the level that this
// program has, and in real time.
func TestReferences(t *testing.T) {
	for name, cases := range map[string]uint64{"mutex": 300, "channel": 300, "mutex:time=real": 60, "channel:time=real": 20} {
		w := open(t, name)
		for i := range cases {
			s := listentest.Generate(rand.New(rand.NewPCG(6, i)))
			h, err := listentest.Run(t.Context(), w, s)
			if err != nil {
				t.Fatal(err)
			}
			if v := listentest.Check(h, w.Contract()).First(); v != nil && !v.Suspect {
				t.Fatalf("%s: %v\n%v\n%v", name, v.Text, s, h)
			}
		}
	}
}
