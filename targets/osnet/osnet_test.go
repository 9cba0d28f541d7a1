//go:build linux

package osnet

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"github.com/listentest/listentest"
)

func TestMain(m *testing.M) {
	if server := servers[os.Getenv(serverEnv)]; server != nil { // a test has started this process
		fmt.Println(server())
		os.Exit(1)
	}
	fmt.Println("osnet: the tests run in", Isolate())
	os.Exit(m.Run())
}

// each runs a test on every family.
func each(t *testing.T, f func(t *testing.T, target *Target)) {
	for _, name := range Families() {
		t.Run(name, func(t *testing.T) {
			target, err := New(name, name)
			if err != nil && name != "tcp" && name != "unix" {
				t.Skipf("skipped: this machine has no %s: %v", name, err)
			}
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = target.Close() })
			f(t, target)
		})
	}
}

// overflow is the outcome of a dial that finds no room, with nobody accepting.
func overflow(target *Target) string {
	if target.family.quiet {
		return "would-block"
	}
	return "open"
}

func run(t *testing.T, target *Target, text string) (listentest.History, listentest.Verdict) {
	t.Helper()
	s, err := listentest.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	h, err := listentest.Run(context.Background(), target, s)
	if err != nil {
		t.Fatal(err)
	}
	v := listentest.Check(h, target.Contract())
	if first := v.First(); first != nil {
		t.Errorf("%v: %s\n%s", first.Promise, first.Text, listentest.Picture(h, target.Contract(), first))
	}
	return h, v
}

// A night runs 20,000; README.md says with what result.
var correctCases = flag.Int("cases", 4000, "cases of TestCorrect for each family")

// TestCorrect runs cases on this machine's kernel: nothing may break, and no
// descriptor and no goroutine may be left.
func TestCorrect(t *testing.T) {
	cases := *correctCases
	if testing.Short() { // as with the race detector
		cases = min(cases, 1000)
	}
	each(t, func(t *testing.T, target *Target) {
		warm := listentest.Runner{Target: target} // what the runtime opens once is no leak
		if _, err := warm.Run(context.Background(), listentest.Schedule{}); err != nil {
			t.Fatal(err)
		}
		files, goroutines := descriptors(t), runtime.NumGoroutine()
		var suspect atomic.Int64
		var g errgroup.Group
		for w := range 2 {
			g.Go(func() error {
				r := listentest.Runner{Target: target}
				var k listentest.Checker
				for n := w; n < cases; n += 2 {
					s := listentest.Generate(rand.New(rand.NewPCG(11, uint64(n))))
					h, err := r.Run(context.Background(), s)
					if err != nil {
						return fmt.Errorf("case %d: %w\n%v", n, err, s)
					}
					switch v := k.Check(h, target.Contract()).First(); {
					case v == nil:
					case v.Suspect: // a loaded machine; what lasts is confirmed in a campaign
						suspect.Add(1)
					default:
						return fmt.Errorf("case %d: %v: %s\n%v\n%v", n, v.Promise, v.Text, s, listentest.Picture(h, target.Contract(), v))
					}
				}
				return nil
			})
		}
		if err := g.Wait(); err != nil {
			t.Fatal(err)
		}
		settled(t, "descriptors", files, func() int { return descriptors(t) })
		settled(t, "goroutines", goroutines, runtime.NumGoroutine)
		t.Logf("%d cases, no violation, %d suspect; %d descriptors and %d goroutines before and after", cases, suspect.Load(), files, goroutines)
	})
}

// settled waits a moment for a count to come down to what it was: a goroutine
// that is done is counted until it was scheduled away.
func settled(t *testing.T, what string, want int, count func() int) {
	t.Helper()
	got := count()
	for i := 0; i < 200 && got > want; i++ {
		time.Sleep(5 * time.Millisecond)
		got = count()
	}
	if got > want {
		t.Errorf("%d %s, %d before", got, what, want)
		list, _ := os.ReadDir("/proc/self/fd")
		for _, f := range list {
			to, _ := os.Readlink("/proc/self/fd/" + f.Name())
			info, _ := os.ReadFile("/proc/self/fdinfo/" + f.Name())
			t.Logf("descriptor %s is %s: %q", f.Name(), to, info)
		}
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// TestContract measures what the contracts state: how many are admitted with
// nobody accepting, for each backlog, and what the next dial meets.
func TestContract(t *testing.T) {
	each(t, func(t *testing.T, target *Target) {
		next := overflow(target)
		for _, b := range []int{0, 1, 2, 3, 8, 128} {
			h, _ := run(t, target, fmt.Sprintf("backlog %d\ndial c0 %d\ndial c1\n", b, b+10))
			got := listentest.Outcomes(h)
			if len(got) != b+3 || got[b] != "ok" || got[b+1] != next || got[b+2] != next {
				t.Errorf("backlog %d: %d operations, the last %v; want %d ok, then %s", b, len(got), got[len(got)-2:], b+1, next)
			}
			if (target.family.addressed || target.diag.socket != nil) && !strings.Contains(h.String(), fmt.Sprintf("gauge l0 %d\n", b+1)) {
				t.Errorf("backlog %d: the kernel does not count %d pending:\n%v", b, b+1, h)
			}
		}
	})
}

// TestCounts has the rest of what the contracts state, as histories.
func TestCounts(t *testing.T) {
	each(t, func(t *testing.T, target *Target) {
		full := overflow(target)
		for text, want := range map[string]string{
			"dial c0 2\nabort c0\ndial c1":                         "ok ok ok " + full, // the dead keep their place
			"dial c0 2\nhangup c0\ndial c1":                        "ok ok ok " + full,
			"dial c0 2\nlisten l0 2\ndial c1":                      "ok ok ok ok",
			"dial c0 2\nlisten l0 0\naccept s0\ndial c1":           "ok ok ok ok " + full,
			"dial c0 2\nshut l0\ndial c1\nlisten l0 1\nfill c1":    "ok ok ok refused ok ok ok",
			"accept s0\ndial c0":                                   "ok ok",
			"accept s0\ncancel s0\ndial c0":                        "cancelled ok ok",
			"accept s0\nshut l0":                                   "closed ok",
			"fill c0\npreempt s0 at exit\naccept s0\ndial c1":      "ok ok ok ok ok ok",
			"fill c0\naccept s0 2\naccept s1\nabort s0 2\ndial c1": "ok ok ok ok ok ok ok ok", // the last dial goes to s1, which waits
			"preempt s0 at 1\npreempt c0 at exit\ntick 1":          "unsupported unsupported unsupported",
			"accept s8\nshut l0 2\nlisten l1 1\nsend c0 1":         "unsupported unsupported unsupported",
		} {
			h, _ := run(t, target, "backlog 1\n"+text+"\n")
			got := strings.Join(listentest.Outcomes(h), " ")
			if got != want {
				t.Errorf("%q: got %s, want %s\n%v", text, got, want, h)
			}
		}
	})
}

// TestData: what is sent arrives as it is, also before accept and from the
// acceptor first; the end and a reset are told.
func TestData(t *testing.T) {
	each(t, func(t *testing.T, target *Target) {
		for text, want := range map[string]string{
			"dial c0\nsend c0 9\naccept s0\nrecv s0\nsend c0 2\nrecv s0":                     "ok ok ok ok/9 ok ok/11",
			"dial c0\naccept s0\nsend s0 5\nsend s0 4\nrecv c0\nrecv c0":                     "ok ok ok ok ok/9 ok/9",
			"dial c0\nsend c0 3\nhalf-close c0\naccept s0\nrecv s0\nsend s0 1\nrecv c0":      "ok ok ok ok eof/3 ok ok/1",
			"dial c0\naccept s0\nsend c0 30000\nrecv s0":                                     "ok ok ok ok/30000",
			"dial c0\nsend c0 3\nhangup c0\naccept s0\nrecv s0":                              "ok ok ok ok eof/3",
			"dial c0\naccept s0\nhangup s0\nrecv c0":                                         "ok ok ok eof",
			"dial c0\ndial c1\nsend c1 2\nsend c0 7\naccept s0\naccept s1\nrecv s0\nrecv s1": "ok ok ok ok ok ok ok/7 ok/2",
		} {
			got, tries := "", 0
			var h listentest.History
			for got != want && tries < 5000 { // the kernel tells the end of a multipath connection from a worker of its own, later
				h, _ = run(t, target, "backlog 4\n"+text+"\n")
				got = returned(h)
				if tries++; target.Name() != "mptcp" {
					break
				}
			}
			if got != want {
				t.Errorf("%q: got %s in %d tries, want %s\n%v", text, got, tries, want, h)
			}
		}
	})
}

// returned is the outcome of each operation, with the number that it returned.
func returned(h listentest.History) string {
	var all []string
	for _, e := range h.Events {
		if e.Verb == listentest.Return {
			all = append(all, e.Outcome.String())
			if e.N > 0 {
				all[len(all)-1] += fmt.Sprint("/", e.N)
			}
		}
	}
	return strings.Join(all, " ")
}

// TestHold: the thread that made accept is held behind it, and Close lets it
// go even if nobody resumed.
func TestHold(t *testing.T) {
	each(t, func(t *testing.T, target *Target) {
		var events []listentest.Event
		s, err := target.Open(context.Background(), listentest.Options{Backlog: 1, Report: func(e listentest.Event) { events = append(events, e) }})
		if err != nil {
			t.Fatal(err)
		}
		for i, step := range []listentest.Step{
			{Kind: listentest.Dial}, {Kind: listentest.Preempt, Actor: listentest.Acceptor(0)}, {Kind: listentest.Accept, Actor: listentest.Acceptor(0)},
		} {
			s.Start(listentest.Op{ID: int32(i + 1), Step: step})
		}
		last := events[len(events)-1]
		if last.Verb != listentest.Hold || last.Step.Actor != listentest.Acceptor(0) || last.Point != "exit" {
			t.Errorf("no hold: %v", events)
		}
		if n := behindAccept(); n != 1 {
			t.Errorf("%d threads stay behind the accept, want 1", n)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		settled(t, "threads behind an accept", 0, behindAccept)
	})
}

// behindAccept counts the goroutines in acceptOn.
func behindAccept() int {
	buf := make([]byte, 1<<20)
	return strings.Count(string(buf[:runtime.Stack(buf, true)]), ".acceptOn.func1()\n")
}

// TestStranger: a connection that no step dialed is a finding where nobody
// else can have dialed it, and trouble where somebody can.
func TestStranger(t *testing.T) {
	target, err := New("tcp", "tcp", Setting{"addr", "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	var events []listentest.Event
	opened, err := target.Open(context.Background(), listentest.Options{Backlog: 1, Report: func(e listentest.Event) { events = append(events, e) }})
	if err != nil {
		t.Fatal(err)
	}
	s := opened.(*session)
	c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.addr.(*unix.SockaddrInet4).Port))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s.Start(listentest.Op{ID: 1, Step: listentest.Step{Kind: listentest.Accept, Actor: listentest.Acceptor(0)}})
	_, err = s.Settle(context.Background())
	nobodys := slices.Contains(events, listentest.Event{Verb: listentest.Return, Op: 1, Conn: listentest.Nobody})
	if isolated && (err != nil || !nobodys) || !isolated && err == nil {
		t.Errorf("isolated %v: %v, %v", isolated, err, events)
	}
	_ = s.Close() // repeats the trouble
}

// TestIdentities: no two dials of a case have one address. The ports that
// connect chooses come around after some 3,000 dials, and then a connection was
// taken for one that was reset before: an order alarm in 2 of 12 replays.
func TestIdentities(t *testing.T) {
	each(t, func(t *testing.T, target *Target) {
		seen := map[string]bool{}
		for range 30_000 {
			key := target.family.keyOf(target.family.dialAddr())
			if seen[key] || key == "" {
				t.Fatalf("%q is given out twice, after %d", key, len(seen))
			}
			seen[key] = true
		}
	})
}

// TestStrayMark: the mark of isolation, in a process that is not isolated,
// is not believed.
func TestStrayMark(t *testing.T) {
	here, err := namespace()
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("LISTENTEST_STRAY") != "" { // this is the process below
		fmt.Println("it is in", here)
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run", "^TestStrayMark$")
	cmd.Env = append(os.Environ(), "LISTENTEST_STRAY=1", isolatedEnv+"="+here)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	stayed := strings.Contains(string(out), "it is in "+here)
	if stayed && strings.Contains(string(out), "a network namespace of its own") {
		t.Errorf("the mark is believed:\n%s", out)
	}
}

// TestIsolated: in a namespace of our own there is nothing but loopback.
func TestIsolated(t *testing.T) {
	if !isolated {
		t.Skip("skipped: no network namespace is permitted here")
	}
	list, err := net.Interfaces()
	if err != nil || len(list) != 1 || list[0].Flags&net.FlagLoopback == 0 || list[0].Flags&net.FlagUp == 0 {
		t.Errorf("interfaces: %v, %v", list, err)
	}
}

func TestNewRefuses(t *testing.T) {
	for setting, want := range map[Setting]string{
		{"addr", "10.0.0.1"}:  "not a loopback address",
		{"addr", "0.0.0.0"}:   "not a loopback address",
		{"addr", "::1"}:       "expected an IPv4 address",
		{"addr", "localhost"}: "expected an IPv4 address",
		{"adr", "127.0.0.1"}:  "there is no setting \"adr\"",
		{"reuseport", "1"}:    "expected a number from 2 to 8",
		{"steer", "1"}:        "steer=1 needs reuseport=2 or more",
		{"steer", "8"}:        "expected a number from 0 to 7",
		{"reuseport", "many"}: "expected a number from 2 to 8",
		{"syncookies", "3"}:   "expected a number from 0 to 2",
		{"raw", "2"}:          "expected a number from 0 to 1",
		{"defer", "61"}:       "expected a number from 1 to 60",
		{"fastopen", "0"}:     "expected a number from 1 to 4096",
	} {
		_, err := New("tcp:x", "tcp", setting)
		if misuse := (*listentest.MisuseError)(nil); !errors.As(err, &misuse) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want %s", setting, err, want)
		}
	}
	if _, err := New("unix", "unix", Setting{"addr", "127.0.0.1"}); err == nil {
		t.Error("unix takes an address")
	}
	if _, err := New("mptcp:raw=1", "mptcp", Setting{"raw", "1"}); err == nil {
		t.Error("mptcp has half-open connections")
	}
	if _, err := New("x", "no-such-family"); err == nil {
		t.Error("an unknown family is taken")
	}
	other, err := New("tcp:addr=127.0.0.9", "tcp", Setting{"addr", "127.0.0.9"})
	if err != nil {
		t.Fatal(err)
	}
	run(t, other, "backlog 1\nfill c0\naccept s0 2\n")
}
