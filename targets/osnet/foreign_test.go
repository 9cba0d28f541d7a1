//go:build linux

package osnet

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/listentest/listentest"
	"golang.org/x/sys/unix"
)

// listening returns a listener that is closed at the end of the test, with
// everybody who handles its connections.
func listening(t *testing.T, network, addr string, handle func(net.Conn) error) net.Listener {
	t.Helper()
	l, err := net.Listen(network, addr)
	if err != nil && network == "tcp6" {
		t.Skipf("skipped: this machine has no tcp6: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- handleAll(l, handle) }()
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if err := <-done; !errors.Is(err, net.ErrClosed) {
			t.Errorf("the server ended: %v", err)
		}
	})
	return l
}

// where returns how a listener's address is given to Observe.
func where(a net.Addr) string {
	if a.Network() == "unix" {
		return "unix:" + a.String()
	}
	return a.String()
}

func observe(t *testing.T, where string) *Target {
	t.Helper()
	target, err := Observe("listener:"+where, where)
	if err != nil {
		t.Fatal(err)
	}
	return target
}

// search runs drawn cases and returns the first violation that is certain.
func search(t *testing.T, target *Target, cases uint64) *listentest.Violation {
	t.Helper()
	r := listentest.Runner{Target: target}
	for n := range cases {
		s := listentest.Generate(rand.New(rand.NewPCG(19, n)))
		h, err := r.Run(t.Context(), s)
		if err != nil {
			t.Fatalf("case %d: %v\n%v", n, err, s)
		}
		if v := listentest.Check(h, target.Contract()).First(); v != nil && !v.Suspect {
			found := *v
			found.Text += fmt.Sprintf(" (case %d)\n%v\n%s", n, s, listentest.Picture(h, target.Contract(), v))
			return &found
		}
	}
	return nil
}

// TestObserve: nothing is found at a listener that serves, whatever it does with
// its connections, and however many others dial it.
func TestObserve(t *testing.T) {
	cases := uint64(80)
	if testing.Short() {
		cases = 10
	}
	for _, at := range [][2]string{{"tcp", "127.0.0.1:0"}, {"tcp6", "[::1]:0"}, {"unix", t.TempDir() + "/socket"}, {"unix", abstractName()}} {
		for _, does := range []string{"closes", "serves"} {
			t.Run(at[0]+" "+does, func(t *testing.T) {
				handle := drop
				if does == "serves" {
					handle = func(c net.Conn) error {
						_, _ = bufio.NewReader(c).ReadByte() // a client may do as it likes
						return drop(c)
					}
				}
				l := listening(t, at[0], at[1], handle)
				target := observe(t, where(l.Addr()))
				if g := target.Contract().Guaranteed; g.Plus != mostObserved { // net listens with somaxconn
					t.Errorf("guaranteed %v, want %d", g, mostObserved)
				}
				files := descriptors(t)
				if v := search(t, target, cases); v != nil {
					t.Errorf("%v: %s", v.Promise, v.Text)
				}
				settled(t, "descriptors", files+2, func() int { return descriptors(t) }) // with what the server has in hand
			})
		}
	}
}

// TestObserveFull: a queue that others have filled is nobody's fault.
func TestObserveFull(t *testing.T) {
	for _, name := range []string{"tcp", "unix"} {
		t.Run(name, func(t *testing.T) {
			own, err := New(name, name)
			if err != nil {
				t.Fatal(err)
			}
			opened, err := own.Open(t.Context(), listentest.Options{Backlog: 2, Report: func(listentest.Event) {}})
			if err != nil {
				t.Fatal(err)
			}
			defer opened.Close()
			s := opened.(*session)
			target := observe(t, place(s.addr))
			if g := target.Contract().Guaranteed; g.Of(0) != 3 || g.Of(99) != 3 {
				t.Errorf("guaranteed %v, want 3", g)
			}
			h, _ := run(t, target, "backlog 0\ndial c0 2\nsettle\n")
			if got := strings.Join(listentest.Outcomes(h), " "); got != "ok ok" {
				t.Errorf("with room: %s", got)
			}
			for op := range int32(3) { // a stranger
				s.Start(listentest.Op{ID: op + 1, Step: listentest.Step{Kind: listentest.Dial}})
			}
			h, _ = run(t, target, "backlog 0\ndial c0\nsettle\ndial c0\naccept s0\nrecv c0\nlisten l0 3\n")
			if got := strings.Join(listentest.Outcomes(h), " "); got != "cancelled cancelled unsupported unsupported" {
				t.Errorf("without room: %s\n%v", got, h)
			}
		})
	}
}

// place returns how an address is given to Observe.
func place(sa unix.Sockaddr) string {
	if in, ok := sa.(*unix.SockaddrInet4); ok {
		return fmt.Sprintf("%d.%d.%d.%d:%d", in.Addr[0], in.Addr[1], in.Addr[2], in.Addr[3], in.Port)
	}
	return "unix:" + sa.(*unix.SockaddrUnix).Name
}

// TestObserveFinds: a listener that is closed now and then, and one whose
// server resets who is to be served, are found.
func TestObserveFinds(t *testing.T) {
	t.Run("resets", func(t *testing.T) {
		l := listening(t, "tcp", "127.0.0.1:0", func(c net.Conn) error {
			return errors.Join(c.(*net.TCPConn).SetLinger(0), c.Close())
		})
		if v := search(t, observe(t, where(l.Addr())), 200); v == nil || v.Promise != listentest.MinPending {
			t.Errorf("got %v, want a violation of min-pending", v)
		}
	})
	for _, network := range []string{"tcp", "unix"} {
		t.Run("restarts "+network, func(t *testing.T) {
			addr := map[string]string{"tcp": "127.0.0.1:0", "unix": abstractName()}[network]
			l, err := net.Listen(network, addr)
			if err != nil {
				t.Fatal(err)
			}
			target := observe(t, where(l.Addr()))
			stop, done := make(chan struct{}), make(chan error, 1)
			go func() { done <- restart(l, stop) }()
			if v := search(t, target, 200); v == nil || v.Promise != listentest.MinPending {
				t.Errorf("got %v, want a violation of min-pending", v)
			}
			close(stop)
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
}

// restart closes l and listens again, until it is told to stop. It is closed about
// half of the time, so that on a busy machine, or with one processor, somebody
// dials then.
func restart(l net.Listener, stop <-chan struct{}) error {
	const state = 100 * time.Microsecond
	network, addr := l.Addr().Network(), l.Addr().String()
	for {
		time.Sleep(state)
		err := l.Close()
		if err != nil {
			return err
		}
		select {
		case <-stop:
			return nil
		case <-time.After(state):
		}
		if l, err = net.Listen(network, addr); err != nil {
			return err
		}
	}
}

// TestObserveProcess: a listener of another process is dialed, and refuses once
// that is gone.
func TestObserveProcess(t *testing.T) {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), serverEnv+"=tcp")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	addr, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	target := observe(t, strings.TrimSpace(addr))
	if v := search(t, target, 30); v != nil {
		t.Errorf("%v: %s", v.Promise, v.Text)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	if v := search(t, target, 30); v == nil || v.Promise != listentest.MinPending {
		t.Errorf("with nobody there: got %v, want a violation of min-pending", v)
	}
}

// TestInherited: at a descriptor we accept ourselves, and who was left in the
// queue is not there for the next session.
func TestInherited(t *testing.T) {
	for _, name := range []string{"tcp", "unix", "seqpacket"} {
		t.Run(name, func(t *testing.T) {
			own, err := New(name, name)
			if err != nil {
				t.Fatal(err)
			}
			opened, err := own.Open(t.Context(), listentest.Options{Backlog: 2, Report: func(listentest.Event) {}})
			if err != nil {
				t.Fatal(err)
			}
			defer opened.Close()
			target := observe(t, fmt.Sprintf("fd=%d", opened.(*session).listeners[0]))
			if g := target.Contract().Guaranteed; g.Plus != 3 {
				t.Errorf("guaranteed %v, want 3", g)
			}
			for range 3 {
				h, _ := run(t, target, "backlog 0\nfill c0\naccept s0\npreempt s1 at exit\naccept s1\ndial c1\nsend c1 3\nsettle\n")
				if got := strings.Trim(strings.Join(listentest.Outcomes(h), " "), "ok "); got != "" || !strings.Contains(h.String(), "hold s1") {
					t.Errorf("%s\n%v", got, h)
				}
			}
			if v := search(t, target, 100); v != nil {
				t.Errorf("%v: %s", v.Promise, v.Text)
			}
		})
	}
}

// TestObserveRefuses: what has no sense, and what is not ours alone.
func TestObserveRefuses(t *testing.T) {
	for where, want := range map[string]string{
		"":                 "is no address",
		"localhost:80":     "is no address",
		"127.0.0.1":        "is no address",
		"127.0.0.1:0":      "is no address",
		"unix:":            "is no address",
		"fd=2":             "at least 3",
		"fd=x":             "at least 3",
		"192.0.2.1:80":     "not a loopback address",
		"[2001:db8::1]:80": "not a loopback address",
		"0.0.0.0:80":       "not a loopback address",
	} {
		was := isolated
		isolated = false
		_, err := Observe("listener:"+where, where)
		isolated = was
		if misuse := (*listentest.MisuseError)(nil); !errors.As(err, &misuse) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", where, err, want)
		}
	}
	if _, err := Observe("listener:fd=1000", "fd=1000"); err == nil {
		t.Error("a descriptor that is not open is taken")
	}
	for _, where := range []string{"127.0.0.1:1", "unix:/nowhere/at/all", "unix:@listentest-nobody"} {
		if _, err := Observe("listener:"+where, where); err == nil || !strings.Contains(err.Error(), "nobody listens there") {
			t.Errorf("%s, where nobody listens: %v", where, err)
		}
	}
}
