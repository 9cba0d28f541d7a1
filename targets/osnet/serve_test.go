//go:build linux && (amd64 || arm64)

package osnet

import (
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/listentest/listentest"
)

// served returns the target of one of servers, in a process of its own.
func served(t *testing.T, name string) *Target {
	t.Helper()
	t.Setenv(serverEnv, name)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	target, err := Serve("serve:"+name, self)
	if err != nil && name == "tcp6" {
		t.Skipf("skipped: this machine has no tcp6: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return target
}

// TestServe: the accepts of a program that was not made for it are seen, one for
// each step, and held at their exit; the queue has the backlog of the schedule.
func TestServe(t *testing.T) {
	for _, name := range []string{"tcp", "tcp6", "unix", "threads", "prefork"} {
		t.Run(name, func(t *testing.T) {
			target := served(t, name)
			full := overflow(target)
			for text, want := range map[string]string{
				"dial c0 3\ndial c1":                                           "ok ok " + full + " " + full,
				"dial c0\nsettle\ndial c1\naccept s0\ndial c2":                 "ok ok ok ok", // not before the step
				"fill c0\npreempt s0 at exit\naccept s0\ndial c1\nresume s0":   "ok ok ok ok ok ok",
				"accept s0\ndial c0\nabort c0\ndial c1\naccept s1":             "ok ok ok ok ok",
				"dial c0\naccept s0\nrecv c0\nsend s0 1\nshut l0\nlisten l0 1": "ok ok unsupported unsupported unsupported unsupported",
			} {
				h := patiently(t, target, "backlog 1\n"+text+"\n")
				if got := strings.Join(listentest.Outcomes(h), " "); got != want {
					t.Errorf("%q: got %s, want %s\n%v", text, got, want, h)
				}
			}
			if held := patiently(t, target, "backlog 0\nfill c0\npreempt s0 at exit\naccept s0\ndial c1\n"); !strings.Contains(held.String(), "\nhold s0 exit\n") {
				t.Errorf("nobody is held:\n%v", held)
			}
		})
	}
}

// TestServeCorrect runs cases on servers that are correct: nothing may break, and
// no process and no descriptor is left.
func TestServeCorrect(t *testing.T) {
	cases := 60
	if testing.Short() {
		cases = 10
	}
	for _, name := range []string{"tcp", "unix", "threads", "prefork", "serial"} {
		t.Run(name, func(t *testing.T) {
			target := served(t, name)
			r := listentest.Runner{Target: target}
			files, goroutines, accepts := descriptors(t), runtime.NumGoroutine(), 0
			for n := range uint64(cases) {
				s := listentest.Generate(rand.New(rand.NewPCG(17, n)))
				h, err := r.Run(t.Context(), s)
				if err != nil {
					t.Fatalf("case %d: %v\n%v", n, err, s)
				}
				if v := listentest.Check(h, target.Contract()).First(); v != nil && !v.Suspect {
					t.Fatalf("case %d: %v: %s\n%v\n%s", n, v.Promise, v.Text, s, listentest.Picture(h, target.Contract(), v))
				}
				for _, e := range h.Events {
					if e.Verb == listentest.Return && e.Outcome == listentest.OK && e.Conn > 0 && e.Conn != e.Op {
						accepts++
					}
				}
			}
			if accepts == 0 {
				t.Error("no accept of the server was seen")
			}
			settled(t, "descriptors", files, func() int { return descriptors(t) })
			settled(t, "goroutines", goroutines, runtime.NumGoroutine)
			t.Logf("%d cases, %d accepts of the server seen, no violation", cases, accepts)
		})
	}
}

// TestServeFails: an accept of the command that fails takes no connection, and a
// command that ends for it is found.
func TestServeFails(t *testing.T) {
	const text = "backlog 1\ndial c0\nfail s0\naccept s0\nfail s0 1\naccept s0\naccept s0\nfail s0 2\n"
	h := patiently(t, served(t, "tcp"), text)
	if got := strings.Join(listentest.Outcomes(h), " "); got != "ok ok failed ok failed ok unsupported" {
		t.Errorf("got %s\n%v", got, h)
	}
	finds(t, "gives up", "backlog 1\ndial c0\nfail s0\naccept s0\nsettle\n")
}

// patiently runs a schedule, and waits as long as it takes until the command is in
// accept.
func patiently(t *testing.T, target *Target, text string) listentest.History {
	t.Helper()
	s, err := listentest.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	r := listentest.Runner{Target: target, Pace: 10 * time.Second, Grace: 20 * time.Second}
	h, err := r.Run(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// finds runs a schedule on a server that is wrong.
func finds(t *testing.T, server, text string) {
	t.Helper()
	target := served(t, server)
	h := patiently(t, target, text)
	if v := listentest.Check(h, target.Contract()).First(); v == nil || v.Promise != listentest.MinPending || v.Suspect {
		t.Errorf("got %v, want a certain violation of min-pending\n%v", v, h)
	}
}

// TestServeRestarts: a server that closes its listener to open it again is found.
func TestServeRestarts(t *testing.T) {
	finds(t, "restarts", "backlog 4\ndial c0 3\naccept s0\nsettle\n")
}

// TestServeTrouble: a command that does not listen is trouble, and said to be.
func TestServeTrouble(t *testing.T) {
	for command, want := range map[string]string{
		"/bin/true":        "ended before it listened: exit status 0",
		"/no/such/program": "no such file",
		"":                 "there is no command",
	} {
		if _, err := Serve("serve:"+command, strings.Fields(command)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", command, err, want)
		}
	}
}
