//go:build linux

package osnet

import (
	"errors"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/listentest/listentest"
)

// settings names the targets that have settings of their own, and what shows
// that they are in force.
var settings = map[string]string{
	"tcp:syncookies=0":                "may        half-open+completed+aborted",
	"tcp:syncookies=2":                "anomalies  phantom",
	"tcp:abort=1":                     "overflow   reset+drop+end+ghost",
	"tcp:somaxconn=3":                 "negative=3 low=0 high=3",
	"tcp:raw=1":                       "anomalies  phantom",
	"tcp:raw=1,syncookies=0":          "anomalies  none",
	"tcp6:fastopen=3":                 "may        half-open+completed+aborted",
	"tcp:reuseport=3,migrate=1":       "close      moves",
	"tcp6:abort=1,somaxconn=9":        "negative=9 low=0 high=9",
	"mptcp:somaxconn=2":               "negative=2 low=0 high=2",
	"unix:somaxconn=3":                "negative=3 low=0 high=3",
	"seqpacket:somaxconn=1":           "negative=1 low=0 high=1",
	"tcp:addr=127.0.0.3,syncookies=0": "may        half-open+completed+aborted",
}

// named opens the target of a name.
func named(t *testing.T, name string) *Target {
	t.Helper()
	base, rest, _ := strings.Cut(name, ":")
	var list []Setting
	for _, item := range strings.Split(rest, ",") {
		key, value, _ := strings.Cut(item, "=")
		list = append(list, Setting{key, value})
	}
	target, err := New(name, base, list...)
	if err != nil {
		if !isolated || errors.Is(err, os.ErrPermission) {
			t.Skipf("skipped: %s is not permitted here: %v", name, err)
		}
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = target.Close() }) // the test may have done it
	return target
}

// TestSettings: a target with settings of its own has them, states what follows
// from them, does what it states, and keeps it in drawn cases. The process has
// its own settings still.
func TestSettings(t *testing.T) {
	before, err := os.ReadFile("/proc/sys/net/core/somaxconn")
	if err != nil {
		t.Fatal(err)
	}
	cases := 200
	if testing.Short() {
		cases = 50
	}
	for name, states := range settings {
		t.Run(name, func(t *testing.T) {
			target := named(t, name)
			if text := target.Contract().String(); !strings.Contains(text, states) {
				t.Errorf("no %q in\n%s", states, text)
			}
			r := &listentest.Runner{Target: target}
			terms, err := listentest.Measure(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range terms {
				if m.Differ || m.Missing != "" {
					t.Errorf("%s: stated %s, seen %s%s", m.What, m.Stated, m.Seen, m.Missing)
				}
			}
			for n := range uint64(cases) {
				s := listentest.Generate(rand.New(rand.NewPCG(17, n)))
				h, err := r.Run(t.Context(), s)
				if err != nil {
					t.Fatal(err)
				}
				if v := listentest.Check(h, target.Contract()).First(); v != nil && !v.Suspect {
					t.Fatalf("case %d: %v: %s\n%v\n%s", n, v.Promise, v.Text, s, listentest.Picture(h, target.Contract(), v))
				}
			}
		})
	}
	if after, err := os.ReadFile("/proc/sys/net/core/somaxconn"); err != nil || string(after) != string(before) {
		t.Errorf("somaxconn was %s and is %s, %v", before, after, err)
	}
}

// TestMoves: with tcp_migrate_req what is pending at a listener that is closed
// moves to another, and without it is ended: both as stated, and each wrong as
// the other.
func TestMoves(t *testing.T) {
	moving, ending := named(t, "tcp:reuseport=2,migrate=1"), named(t, "tcp:reuseport=2,migrate=0")
	const handover = "backlog 8\nlisten l1 8\ndial c0 4\ndial c1 4\nshut l0\nsettle\naccept s8 9\n"
	h, _ := run(t, moving, handover)
	if strings.Contains(h.String(), "\nend conn ") || strings.Count(strings.Join(listentest.Outcomes(h), " "), "ok") != 18 {
		t.Errorf("not all are accepted at the other listener:\n%v", h)
	}
	h, _ = run(t, ending, handover)
	v := listentest.Check(h, moving.Contract()).First()
	if !strings.Contains(h.String(), "\nend conn ") || v == nil || v.Promise != listentest.ShutPromise {
		t.Errorf("what is ended there does not break what is promised here: %+v\n%v", v, h)
	}
}
