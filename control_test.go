package listentest

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/listentest/listentest/sched"
)

// needsControl skips a test that a plain go test cannot run.
func needsControl(t *testing.T) {
	t.Helper()
	if !sched.Controlled() {
		t.Skip("skipped: built without schedule control; listentest go test runs it")
	}
}

// inControl runs schedules of a Net target in bubbles.
func inControl(t *testing.T, target Target) *Runner {
	return &Runner{Target: target, Bubble: func(run func(rest func())) []string {
		synctest.Test(t, func(*testing.T) { run(synctest.Wait) })
		return nil
	}}
}

// A handover is a listener with one point in each call: a channel operation.
type handover struct {
	net.Listener
	c chan net.Conn
}

func (h *handover) Accept() (net.Conn, error) { return <-h.c, nil }
func (h *handover) Close() error              { return nil }

// silentConn is a connection without a point.
type silentConn struct{ net.Conn }

func (silentConn) Read([]byte) (int, error)        { return 0, errors.New("nothing") }
func (silentConn) Write(b []byte) (int, error)     { return len(b), nil }
func (silentConn) Close() error                    { return nil }
func (silentConn) SetReadDeadline(time.Time) error { return nil }

// TestPointsOfTheListener: what is drawn and counted is the listener's code, and
// nothing of what drives it.
func TestPointsOfTheListener(t *testing.T) {
	needsControl(t)
	target := Net{
		Listen: func(int) (net.Listener, error) { return &handover{c: make(chan net.Conn, 8)}, nil },
		Dial: func(_ context.Context, l net.Listener) (net.Conn, error) {
			l.(*handover).c <- silentConn{}
			return silentConn{}, nil
		},
		Promise: memoryPromise,
	}
	s, err := Parse("backlog 8\ndial c0 3\naccept s0 2\naccept s1\nsend c0 2\nrecv s1\nabort s0\nhangup c0\npreempt s1 at 1\nresume s1\nsettle\nshut l0\n")
	if err != nil {
		t.Fatal(err)
	}
	r := inControl(t, target)
	r.Plan = sched.Plan{Mode: sched.Random}
	if _, err := r.Run(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	const sends, receives = 3, 3
	if points := r.Trace().Points; points != sends+receives {
		t.Errorf("%d points were passed, and the listener has %d", points, sends+receives)
	}
}

// TestTimeOfTheHeld: no time passes while somebody is held inside the listener,
// and nobody is held there while it passes.
func TestTimeOfTheHeld(t *testing.T) {
	needsControl(t)
	for _, c := range []struct{ name, schedule, want string }{
		{"held", "preempt s0 at 1\naccept s0\ntick 10\nresume s0\ntick 10\ndial c0\n", "ok ok unsupported ok ok ok"},
		{"held at its exit", "dial c0\npreempt s0 at exit\naccept s0\ntick 10\n", "ok ok ok ok ok"},
		{"armed and not there", "accept s0\npreempt s0 at 1\ntick 10\ndial c0\n", "ok ok ok ok"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := Parse("backlog 1\n" + c.schedule)
			if err != nil {
				t.Fatal(err)
			}
			h, err := inControl(t, splitTarget()).Run(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(Outcomes(h), " "); got != c.want || c.name == "armed and not there" && strings.Contains(h.String(), "\nhold") {
				t.Errorf("got %q, want %q\n%v", got, c.want, h)
			}
		})
	}
}

// split gives an accepted connection's place back inside Accept, in a
// critical section of its own.
type split struct {
	*memory
	places int
}

func (m *split) dial() (net.Conn, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed || m.places == 0 {
		return nil, errors.New("no")
	}
	m.places--
	client, server := net.Pipe()
	m.pending = append(m.pending, server)
	m.changed.Signal()
	return client, nil
}

func (m *split) Accept() (net.Conn, error) {
	c, err := m.memory.Accept()
	m.mu.Lock()
	defer m.mu.Unlock()
	if err == nil {
		m.places++
	}
	return c, err
}

func splitTarget() Net {
	return Net{
		Listen: func(backlog int) (net.Listener, error) {
			m := &split{memory: &memory{}, places: max(backlog, 1)}
			m.changed.L = &m.mu
			return m, nil
		},
		Dial: func(_ context.Context, l net.Listener) (net.Conn, error) { return l.(*split).dial() },
		Pending: func(l net.Listener) int {
			m := l.(*split)
			m.mu.Lock()
			defer m.mu.Unlock()
			return len(m.pending)
		},
		Promise: memoryPromise,
	}
}

func controlledMemory() Net {
	return inMemory(func(*memory) {}, memoryPromise)
}

// TestControlledSame: under control, a schedule gives the same history again.
func TestControlledSame(t *testing.T) {
	needsControl(t)
	r := inControl(t, controlledMemory())
	holds := 0
	for i := range uint64(300) {
		rng := rand.New(rand.NewPCG(3, i))
		s := deeper(Generate(rng), rng, 6)
		var first string
		for n := range 3 {
			h, err := r.Run(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			text := h.String()
			if n == 0 {
				first = text
				holds += len(regexp.MustCompile(`(?m)^hold \S+ \S+:`).FindAllString(text, -1))
			}
			if text != first {
				t.Fatalf("schedule %d gives\n%s\nand then\n%s", i, first, text)
			}
			if v := Check(h, r.Target.Contract()).First(); v != nil {
				t.Fatalf("a correct listener breaks %v: %s\n%v\n%v", v.Promise, v.Text, s, h)
			}
		}
	}
	if holds < 20 {
		t.Errorf("only %d times was somebody held inside the listener", holds)
	}
	t.Logf("300 schedules three times each, and %d times somebody was held inside the listener", holds)
}

// TestControlledHolds: an actor is held at its k-th point inside the listener,
// whatever our own code passes, and the point is named by the listener's.
func TestControlledHolds(t *testing.T) {
	needsControl(t)
	for steps, want := range map[string]string{
		"fill c0\npreempt s0 at 1\naccept s0\nsettle":                                     "hold s0 Mutex.Lock:listentest.(*memory).Accept:net_test.go:",
		"fill c0\npreempt s0 at 3\naccept s0\nsettle":                                     "hold s0 Mutex.Lock:listentest.(*split).Accept:control_test.go:",
		"preempt c0 at 2\ndial c0\nsettle":                                                "hold c0 Cond.Signal:listentest.(*split).dial:control_test.go:",
		"accept s0\npreempt s0 at 3\ndial c0\nsettle":                                     "hold s0 Mutex.Lock:listentest.(*split).Accept:control_test.go:",
		"fill c0\npreempt s0 at 1\naccept s0\nsettle\npreempt s0 at 1\nresume s0\nsettle": "hold s0 Mutex.Unlock:listentest.(*memory).Accept:net_test.go:",
		"fill c0\npreempt s0 at exit\naccept s0\nsettle":                                  "hold s0 exit",
	} {
		s, err := Parse("backlog 1\n" + steps + "\n")
		if err != nil {
			t.Fatal(err)
		}
		h, err := inControl(t, splitTarget()).Run(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		if text := h.String(); !strings.Contains(text, "\n"+want) {
			t.Errorf("%q does not have %q:\n%s", steps, want, text)
		}
	}
}

// TestControlledWindow: a credit that comes back inside Accept, behind another
// critical section, is found by holding the acceptor between the two, and
// judged by the listener's own gauge.
func TestControlledWindow(t *testing.T) {
	needsControl(t)
	r := inControl(t, splitTarget())
	var at []int
	for k := 1; k < 20; k++ {
		s := Schedule{Backlog: 1, Steps: heldCases()[0].steps(int16(k))}
		h, err := r.Run(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		if v := Check(h, r.Target.Contract()).First(); v != nil && v.Promise == MinPending {
			at = append(at, k)
		}
	}
	if len(at) == 0 {
		t.Error("the window was not found")
	}
	t.Logf("min-pending breaks where the acceptor is held at its points %v", at)
}

// looped has a goroutine that ends when the listener is closed, which waits
// for that in a loop.
type looped struct {
	*memory
	stop    chan struct{}
	stopped atomic.Bool
}

func (l *looped) Close() error {
	close(l.stop)
	for !l.stopped.Load() {
		runtime.Gosched()
	}
	return l.memory.Close()
}

// TestControlledRelease: what is armed and not reached holds nobody while the
// listener is closed at the end.
func TestControlledRelease(t *testing.T) {
	needsControl(t)
	target := Net{
		Listen: func(int) (net.Listener, error) {
			l := &looped{memory: &memory{backlog: 1}, stop: make(chan struct{})}
			l.changed.L = &l.mu
			go func() {
				<-l.stop
				l.stopped.Store(true)
			}()
			return l, nil
		},
		Dial:    func(ctx context.Context, l net.Listener) (net.Conn, error) { return l.(*looped).dial(ctx, l) },
		Promise: memoryPromise,
	}
	s := Schedule{Backlog: 1, Steps: []Step{{Kind: Preempt, Actor: Task(0), N: 2}, {Kind: Dial, Actor: Client(0)}}}
	h, err := inControl(t, target).Run(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if text := h.String(); strings.Contains(text, "\nhold ") {
		t.Errorf("somebody was held:\n%s", text)
	}
}

// TestControlledRepeat: what a correct listener does is the same again, to the
// hash of every point; one that goes by what an earlier run has left behind is
// trouble, and the two runs are told apart by their hashes where the histories are equal.
func TestControlledRepeat(t *testing.T) {
	needsControl(t)
	count := 0
	counting := Net{
		Listen:  controlledMemory().Listen,
		Promise: memoryPromise,
		Dial: func(ctx context.Context, l net.Listener) (net.Conn, error) {
			if count++; count%3 == 0 {
				var mu sync.Mutex
				mu.Lock()
				defer mu.Unlock()
			}
			return controlledMemory().Dial(ctx, l)
		},
	}
	for name, c := range map[string]struct {
		target Net
		want   string
	}{"memory": {controlledMemory(), ""}, "split": {splitTarget(), ""}, "counting": {counting, "; the histories are equal\n"}} {
		s := Config{}.suite(c.target)
		r := s.runner(t)
		unlike := 0
		for i := range uint64(100) {
			rng := rand.New(rand.NewPCG(5, i))
			schedule := deeper(Generate(rng), rng, 6)
			s.judge(t, r, schedule) // what is done once in a process
			switch text := s.differs(t, r, schedule, "a case"); {
			case text == "":
			case c.want == "":
				t.Fatalf("%s: %s", name, text)
			case !strings.HasPrefix(text, "trouble, and no verdict about the listener: ") || strings.Contains(text, "breaks"):
				t.Fatalf("%s: %s", name, text)
			case strings.Contains(text, c.want):
				unlike++
			}
		}
		if (unlike > 0) != (c.want != "") {
			t.Errorf("%s: %d of 100 cases are not the same again", name, unlike)
		}
	}
}

// TestControlledCancel: a dial that is held while it has the lock of its
// context can be given up: the cancel waits for it, and the runner does not.
func TestControlledCancel(t *testing.T) {
	needsControl(t)
	target := controlledMemory()
	target.Dial = func(ctx context.Context, l net.Listener) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	held := 0
	for k := int16(1); k < 10; k++ {
		s := Schedule{Backlog: 1, Steps: []Step{{Kind: Preempt, Actor: Client(0), N: k}, {Kind: Dial, Actor: Client(0)}, {Kind: Cancel, Actor: Client(0)}}}
		h, err := inControl(t, target).Run(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(h.String(), "\nhold c0 Mutex.Unlock:context.") {
			held++
		}
		if got := Outcomes(h); got[1] != "cancelled" {
			t.Errorf("held at its point %d, the dial is %s:\n%v", k, got[1], h)
		}
	}
	if held == 0 {
		t.Error("the dial was never held where it has its context's lock")
	}
}

// TestControlledPlan: a run goes by the runner's plan, and says what it did; its
// hash is that of the plan, and the same again.
func TestControlledPlan(t *testing.T) {
	needsControl(t)
	r := inControl(t, splitTarget())
	hashes := map[uint64]bool{}
	plans := []sched.Plan{{}, {Mode: sched.Random, Seed: 1}, {Mode: sched.Random, Seed: 2}, {Mode: sched.POS, Seed: 1}}
	s := Schedule{Backlog: 1, Steps: []Step{{Kind: Accept, Actor: Acceptor(0), Along: true}, {Kind: Dial, Actor: Client(0), Along: true},
		{Kind: Accept, Actor: Acceptor(1), Along: true}, {Kind: Dial, Actor: Client(1), Along: true}}}
	for _, plan := range plans {
		r.Plan = plan
		first := uint64(0)
		for i := range 2 {
			if _, err := r.Run(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			if hash := r.Trace().Hash; i == 0 {
				first = hash
			} else if hash != first {
				t.Errorf("%+v: the trace's hash is %016x, and again %016x", plan, first, hash)
			}
		}
		hashes[first] = true
	}
	if len(hashes) != len(plans) || hashes[0] {
		t.Errorf("%d plans make %d traces", len(plans), len(hashes))
	}
}

// TestControlledHurry: without time each operation is held at no point at all,
// and with some at its first ones.
func TestControlledHurry(t *testing.T) {
	needsControl(t)
	s := Config{Save: t.TempDir()}.suite(controlledMemory())
	s.heldTime = 0
	if most := s.held(t); most != 0 {
		t.Errorf("without time an operation is held at %d points", most)
	}
	s.heldTime = mostTime
	if most := s.held(t); most < 3 {
		t.Errorf("with time an operation is held at %d points", most)
	}
}
