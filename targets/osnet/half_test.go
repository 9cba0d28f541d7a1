//go:build linux

package osnet

import (
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/listentest/listentest"
)

// TestHalf has what Linux does with connections that are made by hand: the
// outcome of each operation, and what is seen beside. The corpus has more, as
// outcome/linux-*.
func TestHalf(t *testing.T) {
	for _, c := range []struct{ target, steps, want, seen string }{
		{"tcp:raw=1", "syn c0\nack c0\naccept s0\nrecv s0", "ok ok ok ok", "return 3 ok conn 1"},
		{"tcp:raw=1", "accept s0\nsyn c0\nack c0", "ok ok ok", "return 1 ok conn 2"},
		{"tcp:raw=1", "syn c0\nsyn c1\nack c1\nack c0\naccept s0 2", "ok ok ok ok ok ok", "return 5 ok conn 2"}, // in the order of their last ACKs
		{"tcp:raw=1", "syn c0\nack c0\nhangup c0\naccept s0\nrecv s0", "ok ok ok ok eof", ""},
		{"tcp:raw=1", "syn c0\nack c0\nabort c0\naccept s0\nrecv s0", "ok ok ok ok reset", ""},
		{"tcp:raw=1", "syn c0\nack c0\naccept s0\nsend s0 5\nhangup s0\nsyn c0", "ok ok ok ok ok ok", ""},
		{"tcp:raw=1", "syn c0\nack c0\nsend c0 1\nrecv c0\nhalf-close c0", "ok ok unsupported unsupported unsupported", ""},
		{"tcp:raw=1", "dial c0 2\nsyn c1\ncancel c1\naccept s0\nsyn c1", "ok ok cancelled ok ok ok", ""},
		{"tcp:raw=1", "syn c0\nack c0\nshut l0", "ok ok ok", "end conn 1 reset"},
		{"tcp:raw=1", "syn c0\nshut l0\nack c0\nsyn c1", "ok ok ok refused", "end conn 1 reset"},
		{"tcp:raw=1", "syn c0\nshut l0\nlisten l0 1\nack c0\naccept s0", "ok ok ok ok open", "end conn 1 reset"},
		{"tcp:raw=1", "syn c0\nack c0\nack c0\naccept s0 2", "ok ok ok ok open", ""},
		{"tcp:raw=1", "syn c0 &\nsyn c1 &\nsettle\nack c0 &\nack c1 &\nsettle\naccept s0 2", "ok ok ok ok ok ok", ""},
		{"tcp:raw=0", "syn c0", "unsupported", ""},
		{"tcp:raw=1,addr=127.0.0.7", "syn c0\nack c0\naccept s0", "ok ok ok", ""},
		{"tcp:fastopen=9", "dial c0\nsend c0 3\naccept s0\nrecv s0\nhangup s0\nrecv c0", "ok ok ok ok ok eof", "return 4 ok n 3"},
		{"tcp6:fastopen=9", "dial c0\nhalf-close c0\naccept s0\nsend s0 2\nrecv c0\nrecv s0", "ok ok ok ok ok eof", "return 5 ok n 2"},
		{"tcp:defer=9", "dial c0\naccept s0\nsend c0 1", "ok ok ok", "return 2 ok conn 1"},
		{"tcp6:defer=9", "dial c0\naccept s0", "ok open", ""},
	} {
		h, _ := run(t, named(t, c.target), "backlog 1\n"+c.steps+"\n")
		if got := strings.Join(listentest.Outcomes(h), " "); got != c.want || !strings.Contains(h.String(), c.seen) {
			t.Errorf("%s: %q: got %s, want %s and %q in\n%v", c.target, c.steps, got, c.want, c.seen, h)
		}
	}
}

// TestHalfCases: drawn cases keep what is stated, and behind them nothing is
// left in the namespace, half-open or otherwise, and no descriptor.
func TestHalfCases(t *testing.T) {
	cases := 400
	if testing.Short() {
		cases = 100
	}
	for _, name := range []string{"tcp:raw=1", "tcp:raw=1,abort=1", "tcp:raw=1,syncookies=0", "tcp:raw=1,syncookies=2", "tcp:raw=1,reuseport=2", "tcp:raw=1,defer=1,fastopen=2"} {
		t.Run(name, func(t *testing.T) {
			target := named(t, name)
			run(t, target, "backlog 1\nsyn c0\n") // takes the one wire
			files, syns := descriptors(t), 0
			r := listentest.Runner{Target: target}
			for n := range uint64(cases) {
				s := listentest.Generate(rand.New(rand.NewPCG(23, n)))
				h, err := r.Run(t.Context(), s)
				if err != nil {
					t.Fatalf("case %d: %v\n%v", n, err, s)
				}
				syns += strings.Count(h.String(), " syn c")
				if v := listentest.Check(h, target.Contract()).First(); v != nil && !v.Suspect {
					t.Fatalf("case %d: %v: %s\n%v\n%s", n, v.Promise, v.Text, s, listentest.Picture(h, target.Contract(), v))
				}
			}
			if syns < cases/10 {
				t.Errorf("only %d syns in %d cases", syns, cases)
			}
			settled(t, "descriptors", files, func() int { return descriptors(t) })
			settled(t, "connections", 0, func() int { return len(connections(t, target)) })
		})
	}
}

// TestPlantedHalf: what is stated of half-open connections is needed: without
// it, what the kernel does breaks a promise.
func TestPlantedHalf(t *testing.T) {
	for _, c := range []struct {
		target, steps string
		plant         func(*listentest.Contract)
		breaks        listentest.Promise
	}{
		{"tcp:raw=1,syncookies=2", "syn c0\nack c0\naccept s0\nabort s0\nack c0\naccept s1",
			func(c *listentest.Contract) { c.Anomalies = 0 }, listentest.Conserve},
		{"tcp:raw=1", "syn c0\nsyn c1\nsyn c2\nack c2\naccept s0\nabort s0\nack c2\naccept s1", // c2 has a cookie
			func(c *listentest.Contract) { c.Anomalies = 0 }, listentest.Conserve},
		{"tcp:raw=1,syncookies=0", "syn c0\nsyn c1\ndial c2",
			func(c *listentest.Contract) { c.May &^= listentest.HalfOpen }, listentest.MinPending},
		{"tcp:raw=1,abort=1", "syn c0\nsyn c1\nack c0\nsyn c2\nack c1\nack c2",
			func(c *listentest.Contract) { c.Overflow &^= listentest.EndLater }, listentest.RefusalMode},
		{"tcp:defer=9,syncookies=0", "dial c0 2\ndial c1",
			func(c *listentest.Contract) { c.Guaranteed.Plus = 4 }, listentest.MinPending},
		{"tcp:defer=9", "accept s0\ndial c0\nsettle",
			func(c *listentest.Contract) { c.Admit = listentest.AdmitReturn }, listentest.Progress},
	} {
		target := named(t, c.target)
		h, _ := run(t, target, "backlog 1\n"+c.steps+"\n") // which breaks nothing
		wrong := target.Contract()
		c.plant(&wrong)
		if first := listentest.Check(h, wrong).First(); first == nil || first.Promise != c.breaks {
			t.Errorf("%s: %q: got %+v, want %v under\n%v\n%v", c.target, c.steps, first, c.breaks, wrong, h)
		}
	}
}

// connections returns the rows of /proc/net/tcp in t's namespace, where those
// that are half-open are as well. What both ends have closed is left out: it is
// in TIME_WAIT, as anywhere.
func connections(t *testing.T, target *Target) (rows []string) {
	t.Helper()
	err := target.inside(func() error {
		text, err := os.ReadFile("/proc/thread-self/net/tcp")
		rows = strings.Split(strings.TrimSpace(string(text)), "\n")[1:]
		rows = slices.DeleteFunc(rows, func(row string) bool { return strings.Contains(row, " 06 ") })
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestHalfOpenIsSeen: what TestHalfCases looks for at the end would be there
// if a session left it.
func TestHalfOpenIsSeen(t *testing.T) {
	target := named(t, "tcp:raw=1")
	s, err := target.Open(t.Context(), listentest.Options{Backlog: 1, Report: func(listentest.Event) {}})
	if err != nil {
		t.Fatal(err)
	}
	s.Start(listentest.Op{ID: 1, Step: listentest.Step{Kind: listentest.Syn}})
	if rows := connections(t, target); len(rows) != 2 || !strings.Contains(rows[1], " 03 ") { // TCP_SYN_RECV
		t.Errorf("the listener and its half-open connection are:\n%s", strings.Join(rows, "\n"))
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if rows := connections(t, target); len(rows) != 0 {
		t.Errorf("behind the close there are:\n%s", strings.Join(rows, "\n"))
	}
}

// TestCounters: the counters are those of the target's own namespace.
func TestCounters(t *testing.T) {
	target, other := named(t, "tcp:raw=1"), named(t, "tcp:raw=1")
	run(t, target, "backlog 0\nsyn c0\nsyn c1\nack c0\ndial c2\n")
	got, err := target.Counters()
	if err != nil || len(got) != len(counters) || got["SyncookiesSent"] != 1 || got["ListenOverflows"] != 1 || got["ListenDrops"] != 1 {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := other.Counters(); err != nil || len(got) != len(counters) || got["ListenDrops"] != 0 {
		t.Errorf("another target: got %v, %v", got, err)
	}
	plain, err := New("tcp", "tcp")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := plain.Counters(); err != nil || (got != nil) != isolated {
		t.Errorf("isolated %v: got %v, %v", isolated, got, err)
	}
	for _, text := range []string{"TcpExt: ListenDrops\nTcpExt: 1 2\n", "TcpExt: ListenDrops\nTcpExt: x\n"} {
		if got, err := parseCounters(text); err == nil {
			t.Errorf("%q: got %v", text, got)
		}
	}
}

// TestPortChanges: a listener whose port the kernel chose loses it by shutdown,
// and listens at another one afterwards; one that was bound to a port keeps it
// (tcp_disconnect, net/ipv4/tcp.c, by SOCK_BINDPORT_LOCK). No schedule can show
// it, for there the harness itself keeps the address.
func TestPortChanges(t *testing.T) {
	moved := func(port int) (from, to int) {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		at := func() int {
			sa, err := unix.Getsockname(fd)
			if err != nil {
				t.Fatal(err)
			}
			return sa.(*unix.SockaddrInet4).Port
		}
		if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 201}, Port: port}); err != nil {
			t.Fatal(err)
		}
		if err := unix.Listen(fd, 1); err != nil {
			t.Fatal(err)
		}
		from = at()
		if err := unix.Shutdown(fd, unix.SHUT_RD); err != nil {
			t.Fatal(err)
		}
		if err := unix.Listen(fd, 1); err != nil {
			t.Fatal(err)
		}
		return from, at()
	}
	times, port := 0, 0
	for range 10 {
		from, to := moved(0)
		if from != to {
			times++
		}
		port = from
	}
	if times == 0 {
		t.Error("the port that the kernel chose is kept, 10 times of 10")
	}
	if from, to := moved(port); from != port || to != port {
		t.Errorf("the port %d that was asked for is %d, and %d afterwards", port, from, to)
	}
}
