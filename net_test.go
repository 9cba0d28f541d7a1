package listentest

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A memory is a small listener in memory, with defects that can be chosen.
type memory struct {
	mu      sync.Mutex
	changed sync.Cond
	backlog int
	pending []net.Conn
	closed  bool
	deaf    bool // Close does not wake whoever waits in Accept
	silent  bool // Close does not tell those who are pending
}

func (m *memory) dial(context.Context, net.Listener) (net.Conn, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed || len(m.pending) == m.backlog {
		return nil, errors.New("no")
	}
	client, server := net.Pipe()
	m.pending = append(m.pending, server)
	m.changed.Signal()
	return client, nil
}

func (m *memory) Accept() (net.Conn, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(m.pending) == 0 && (!m.closed || m.deaf) {
		m.changed.Wait()
	}
	if m.closed {
		return nil, net.ErrClosed
	}
	c := m.pending[0]
	m.pending = m.pending[1:]
	return c, nil
}

func (m *memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	for _, c := range m.pending {
		if !m.silent {
			c.Close()
		}
	}
	m.pending = nil
	m.changed.Broadcast()
	return nil
}

func (m *memory) Addr() net.Addr { return &net.IPAddr{} }

// inMemory returns a target over listeners that change makes faulty.
func inMemory(change func(*memory), promise Contract) Net {
	return Net{
		Listen: func(backlog int) (net.Listener, error) {
			m := &memory{backlog: max(backlog, 1)}
			m.changed.L = &m.mu
			change(m)
			return m, nil
		},
		Dial:    func(ctx context.Context, l net.Listener) (net.Conn, error) { return l.(*memory).dial(ctx, l) },
		Promise: promise,
	}
}

var memoryPromise = Contract{
	Backlog: Backlog{Zero: 1, Negative: 1}, Guaranteed: Exactly(0), Max: Exactly(0), Admit: AdmitReturn,
	Must: Completed | Aborted, May: Completed | Aborted, Order: FIFO, Overflow: Refuse, Close: CloseEnds,
}

func inBubbles(t *testing.T, target Target) *Runner {
	return Config{}.suite(target).runner(t)
}

// TestNetInBubbles: what breaks in memory is seen, at an exact rest.
func TestNetInBubbles(t *testing.T) {
	for _, c := range []struct {
		name     string
		change   func(*memory)
		schedule string
		outcomes string
		breaks   string
	}{
		{"correct", func(*memory) {}, "dial c0\naccept s0\nhangup s0\nhangup c0\nshut l0", "ok ok ok ok ok", ""},
		{"waits", func(*memory) {}, "accept s0\ndial c0\nsettle\nshut l0\nlisten l0 2\nfill c1\ndial c1", "ok ok ok ok ok ok refused", ""},
		{"cannot", func(*memory) {}, "preempt s0 at 1\nlisten l0 1\naccept s0\ncancel s0\nsend c0 1\nshut l0 1", "unsupported unsupported open unsupported", ""},
		{"time", func(*memory) {}, "tick 1000\ntick 500", "ok ok", ""},
		{"too small", func(m *memory) { m.backlog-- }, "dial c0", "refused", "min-pending: dial #1 by c0 was refused"},
		{"too large", func(m *memory) { m.backlog++ }, "dial c0 2", "ok ok", "max-pending: dial #2 by c0 was admitted"},
		{"deaf", func(m *memory) { m.deaf = true }, "accept s0\nshut l0", "open ok", "shut: accept #1 by s0 still waits"},
		{"deaf at the end", func(m *memory) { m.deaf = true }, "accept s0", "open", "shut: a goroutine is left behind after everything was closed, in github.com/listentest/listentest.(*memory).Accept"},
		{"silent", func(m *memory) { m.silent = true }, "dial c0\nshut l0", "ok ok", "shut: connection #1 of c0 was pending when the listener was closed, and was never told its end"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := Parse("backlog 1\n" + c.schedule)
			if err != nil {
				t.Fatal(err)
			}
			h, err := inBubbles(t, inMemory(c.change, memoryPromise)).Run(context.Background(), s)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if v := Check(h, memoryPromise).First(); v != nil {
				got = v.Promise.String() + ": " + v.Text
			}
			if !strings.HasPrefix(got, c.breaks) || (got == "") != (c.breaks == "") || !strings.HasPrefix(strings.Join(Outcomes(h), " "), c.outcomes) {
				t.Errorf("got %q, %v\n%v", got, Outcomes(h), h)
			}
		})
	}
}

// A severing listener takes in who dials while it is being closed, and ends
// him with all the others, though he was accepted.
type severing struct {
	*memory
	accepted chan struct{}
}

func (s severing) Accept() (net.Conn, error) {
	defer close(s.accepted)
	return s.memory.Accept()
}

func (s severing) Close() error {
	<-s.accepted
	return s.memory.Close()
}

// TestSevered: a dial during the close of what ends all its connections may fail
// though it was admitted, also one that has a deadline of ours of which the
// listener knows nothing.
func TestSevered(t *testing.T) {
	promise := memoryPromise
	promise.Anomalies |= Severs
	for _, plan := range []string{"", "fail c0 3\n"} {
		target := inMemory(func(*memory) {}, promise)
		listen := target.Listen
		target.Listen = func(backlog int) (net.Listener, error) {
			l, err := listen(backlog)
			return severing{l.(*memory), make(chan struct{})}, err
		}
		target.Dial = func(ctx context.Context, l net.Listener) (net.Conn, error) {
			if _, err := l.(severing).dial(ctx, l); err != nil {
				return nil, err
			}
			<-l.(severing).accepted
			return nil, net.ErrClosed
		}
		s, err := Parse("backlog 1\naccept s0\n" + plan + "shut l0 &\ntick 1 &\ndial c0")
		if err != nil {
			t.Fatal(err)
		}
		h, err := inBubbles(t, target).Run(context.Background(), s)
		if err != nil {
			t.Fatal(err)
		}
		if v := Check(h, promise).First(); v != nil || !strings.HasSuffix(strings.Join(Outcomes(h), " "), "ok closed") {
			t.Errorf("got %v\n%v", v, h)
		}
	}
}

// TestNegativeBacklog: Listen is given a negative backlog only where it is said
// how that is read, and is judged by what it was given.
func TestNegativeBacklog(t *testing.T) {
	for _, stated := range []int32{0, 5} {
		var got []int
		n := Net{
			Listen: func(backlog int) (net.Listener, error) {
				got = append(got, backlog)
				m := &memory{backlog: max(backlog, 1)}
				m.changed.L = &m.mu
				return m, nil
			},
			Dial: func(ctx context.Context, l net.Listener) (net.Conn, error) {
				return l.(*memory).dial(ctx, l)
			},
			Promise: Contract{Backlog: Backlog{Zero: 1, Negative: stated}},
		}
		s := Schedule{Backlog: -1, Steps: []Step{{Kind: Shut, Actor: Listener(0)}, {Kind: Listen, Actor: Listener(0), N: -2}}}
		if _, err := Run(context.Background(), n, s); err != nil {
			t.Fatal(err)
		}
		want, reads := []int{0, 0}, int32(1)
		if stated != 0 {
			want, reads = []int{-1, -2}, stated
		}
		if !slices.Equal(got, want) || n.Contract().Backlog.Effective(-1) != reads {
			t.Errorf("with negative=%d listen was given %v, and -1 is read as %d", stated, got, n.Contract().Backlog.Effective(-1))
		}
	}
}

// TestNetNamesConnections: an accept's return and the identity of what it
// returned are two events, and the second follows.
func TestNetNamesConnections(t *testing.T) {
	s := Schedule{Backlog: 2, Steps: []Step{{Kind: Dial, N: 2}, {Kind: Accept, Actor: Acceptor(0), N: 2}}}
	h, err := inBubbles(t, inMemory(func(*memory) {}, memoryPromise)).Run(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"return 3 ok\n", "named 3 conn 1\n", "return 4 ok\n", "named 4 conn 2\n"} {
		if !strings.Contains(h.String(), line) {
			t.Errorf("no %q in\n%v", line, h)
		}
	}
}

// TestPromises: a correct listener passes whatever is stated of it, and more
// so with nothing stated.
func TestPromises(t *testing.T) {
	for _, promise := range []Contract{{}, memoryPromise, {Guaranteed: Exactly(0), Backlog: memoryPromise.Backlog}, {Max: Exactly(0), Backlog: memoryPromise.Backlog}, {Order: FIFO, Close: CloseEnds}} {
		Config{Cases: 2000, Seed: 3, Save: t.TempDir()}.Test(t, inMemory(func(*memory) {}, promise))
	}
}

// TestRealTime: a listener in memory passes without a bubble as well.
func TestRealTime(t *testing.T) {
	Config{Cases: 100, RealTime: true, Save: t.TempDir()}.Test(t, inMemory(func(*memory) {}, memoryPromise))
}

// TestSockets: Net dials the address of a listener that it is not told how to
// dial, and only one that other machines cannot have.
func TestSockets(t *testing.T) {
	for name, listen := range map[string]func(int) (net.Listener, error){
		"tcp":  func(int) (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") },
		"unix": func(int) (net.Listener, error) { return net.Listen("unix", filepath.Join(t.TempDir(), "s")) },
	} {
		t.Run(name, func(t *testing.T) {
			Config{Cases: 50, Save: t.TempDir()}.Test(t, Net{Listen: listen, Title: name})
		})
	}
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	_, err = Run(context.Background(), Net{Listen: func(int) (net.Listener, error) { return l, nil }}, Schedule{})
	if misuse := (*MisuseError)(nil); !errors.As(err, &misuse) || !strings.Contains(err.Error(), "only loopback") {
		t.Errorf("a listener for everybody: %v", err)
	}
	if _, err := Run(context.Background(), Net{}, Schedule{}); err == nil {
		t.Error("a Net without Listen is run")
	}
}

// TestOurSide: what our own side lacks is trouble, and no refusal.
func TestOurSide(t *testing.T) {
	target := inMemory(func(*memory) {}, memoryPromise)
	target.Dial = func(context.Context, net.Listener) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: os.NewSyscallError("socket", syscall.EMFILE)}
	}
	_, err := inBubbles(t, target).Run(context.Background(), Schedule{Steps: []Step{{Kind: Dial}}})
	if !errors.Is(err, syscall.EMFILE) {
		t.Errorf("got %v", err)
	}
}

// TestSaved: what was found is tried first the next time.
func TestSaved(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "order", "mine.sched")
	if err := os.Mkdir(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("format: 1\ninvariant: order\nfails: net\n\nbacklog 1\ndial c0\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	opened := 0
	target := inMemory(func(*memory) { opened++ }, memoryPromise)
	Config{Save: dir}.suite(target).saved(t)
	if opened < 100 { // one that is a race may not show in the first
		t.Errorf("what is saved was run %d times", opened)
	}
}

// TestNetSettles: who settles in real time does not come to rest before what
// has happened was told.
func TestNetSettles(t *testing.T) {
	target := inMemory(func(*memory) {}, memoryPromise)
	told, on := make(chan struct{}), make(chan struct{})
	report := func(Event) {
		told <- struct{}{}
		<-on
	}
	s, err := target.Open(t.Context(), Options{Backlog: 1, Report: report, Pace: 1, Grace: 1})
	if err != nil {
		t.Fatal(err)
	}
	s.Start(Op{ID: 1, Step: Step{Kind: Dial}})
	<-told // it has returned, and nobody knows
	ctx, cancel := context.WithCancel(t.Context())
	settled := make(chan error)
	go func() {
		_, err := s.Settle(ctx)
		settled <- err
	}()
	const long = 20 * time.Millisecond
	select {
	case <-settled:
		t.Error("a rest at which the dial is still open")
	case <-time.After(long):
	}
	cancel()
	close(on)
	if err := <-settled; err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestLag: in a bubble a rest lasts as long as the listener puts things off,
// however short the waits in real time are.
func TestControlledLag(t *testing.T) {
	target := controlledMemory()
	target.Lag = 10 * DefaultGrace
	s := Schedule{Backlog: 1, Steps: []Step{{Kind: Accept, Actor: Acceptor(0)}, {Kind: Settle}, {Kind: Dial, Actor: Client(0)}}}
	h, err := inControl(t, target).Run(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if text := h.String(); strings.Contains(text, "rest calm") || !strings.Contains(text, "rest quiet") {
		t.Errorf("not all rests are quiet:\n%s", text)
	}
}
