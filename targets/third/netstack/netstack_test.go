package netstack

import (
	"fmt"
	"strings"
	"testing"

	"github.com/listentest/listentest"
)

// open returns the target with settings such as parallel=1.
func open(t testing.TB, settings ...Setting) *Target {
	t.Helper()
	target, err := New("gvisor", settings...)
	if err != nil {
		t.Fatal(err)
	}
	return target
}

// each runs a test with packets one after the other, and with all at once.
func each(t *testing.T, f func(t *testing.T, target *Target)) {
	t.Run("wire", func(t *testing.T) { f(t, open(t)) })
	t.Run("parallel", func(t *testing.T) { f(t, open(t, Setting{"parallel", "1"})) })
}

func run(t *testing.T, target listentest.Target, text string) listentest.History {
	t.Helper()
	s, err := listentest.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	h, err := listentest.Run(t.Context(), target, s)
	if err != nil {
		t.Fatal(err)
	}
	if v := listentest.Check(h, target.Contract()).First(); v != nil {
		t.Errorf("%v: %s\n%s", v.Promise, v.Text, listentest.Picture(h, target.Contract(), v))
	}
	return h
}

// TestContract measures what the contract states: how many are admitted with
// nobody accepting, for each backlog, and what the next dial meets.
func TestContract(t *testing.T) {
	each(t, func(t *testing.T, target *Target) {
		for _, b := range []int{-1, 0, 1, 2, 3, 8, 128} {
			got := listentest.Outcomes(run(t, target, fmt.Sprintf("backlog %d\ndial c0 %d\ndial c1\n", b, b+10)))
			n := max(b, 0)
			if len(got) != n+2 || got[n] != "open" || got[n+1] != "open" {
				t.Errorf("backlog %d: %d operations, the last %v; want %d ok, then open", b, len(got), got[max(0, len(got)-2):], n)
			}
		}
	})
}

// TestCounts has the rest of what the contract states, as histories.
func TestCounts(t *testing.T) {
	each(t, func(t *testing.T, target *Target) {
		for text, want := range map[string]string{
			"fill c0\nabort c0\ndial c1":                            "ok ok ok open", // the dead keep their place
			"fill c0\nhangup c0\ndial c1":                           "ok ok ok open",
			"fill c0\nlisten l0 3\ndial c1":                         "ok ok ok ok",
			"fill c0\nlisten l0 1\naccept s0\nlisten l0 1\ndial c1": "ok ok failed ok ok open",
			"fill c0\ndial c1\ntick 1000\naccept s0\ntick 2000":     "ok ok ok ok ok ok", // its SYN is sent again after 1 s and 3 s
			"fill c0\nshut l0\ndial c1\nlisten l0 2\nfill c1":       "ok ok ok refused ok ok ok",
			"fill c0\nshut l0 1\ndial c1\nlisten l0 2\nfill c1":     "ok ok ok refused ok ok ok",
			"accept s0\ndial c0":                                    "ok ok",
			"accept s0\ncancel s0\ndial c0":                         "cancelled ok ok",
			"fill c0\ndial c1\ncancel c1\naccept s0\ndial c1":       "ok ok cancelled ok ok ok",
			"accept s0\nshut l0":                                    "closed ok",
			"accept s0\nshut l0 1\naccept s1":                       "closed ok closed",
			"fill c0\npreempt s0 at exit\naccept s0\ndial c1":       "ok ok ok ok ok ok",
			"fill c0\naccept s0 2\naccept s1\nabort s0 2\ndial c1":  "ok ok ok ok ok ok ok ok",
			"fail c0 2\ndial c0\nfail s0 3\naccept s0":              "ok failed ok timeout",
			"syn c0\nack c0\naccept s0":                             "ok ok ok",
			"syn c0\nshut l0\nlisten l0 2\ndial c1":                 "ok ok ok ok",
			"fill c1\nsyn c0\naccept s0\naccept s0\nsyn c0":         "ok ok open ok ok",
			"preempt s0 at 1\npreempt c0 at exit":                   "unsupported unsupported",
			"accept s8\nshut l0 2\nlisten l1 1\nfail s0":            "unsupported unsupported unsupported unsupported",
		} {
			h := run(t, target, "backlog 2\n"+text+"\n")
			if got := strings.Join(listentest.Outcomes(h), " "); got != want {
				t.Errorf("%q: got %s, want %s\n%v", text, got, want, h)
			}
		}
	})
}

// TestOverlap: dials that overlap are packets that are under way together, and
// arrive in the order in which they were sent. The last finds the queue full at its
// ACK, which is dropped, and is a ghost.
func TestOverlap(t *testing.T) {
	h := run(t, open(t), "backlog 2\ndial c0 &\ndial c1 &\ndial c2 &\nsettle\naccept s0 3\n")
	if got := strings.Join(listentest.Outcomes(h), " "); got != "ok ok open ok ok open" {
		t.Errorf("got %s\n%v", got, h)
	}
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
			"dial c0\naccept s0\nabort c0\nrecv s0":                                          "ok ok ok reset",
			"dial c0\naccept s0\nhangup s0\nrecv c0":                                         "ok ok ok eof",
			"dial c0\ndial c1\nsend c1 2\nsend c0 7\naccept s0\naccept s1\nrecv s0\nrecv s1": "ok ok ok ok ok ok ok/7 ok/2",
		} {
			h := run(t, target, "backlog 4\n"+text+"\n")
			if got := returned(h); got != want {
				t.Errorf("%q: got %s, want %s\n%v", text, got, want, h)
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
