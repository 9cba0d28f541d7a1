package main_test

import (
	"encoding/json"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/listentest/listentest/sched"
)

// TestSched: each policy runs what it is asked for, and says what that is
// worth.
func TestSched(t *testing.T) {
	for word, want := range map[string]string{
		"choices": "sim: cases by policy: choices 300\nsim: what shows",
		"run-on":  "sim: cases by policy: run-on 300\nsim: what shows in at least one generated case of 100 would have been missed with probability at most 5 %\n",
		"random":  "sim: cases by policy: random 300\nsim: what shows",
		"pos":     "sim: cases by policy: pos 300\nsim: what shows",
		"urw":     "sim: cases by policy: urw 300\nsim: what shows",
		"dfs:1":   "sim: cases by policy: dfs:1 300 (219 exhausted)\nsim: what shows",
		"pct:2":   "sim: cases by policy: pct:2 300\nsim: a defect of depth 2 that every case can reach in its steps would have been missed with probability at most 0.",
		"pct":     "sim: cases by policy: pct:3 300\nsim: a defect of depth 3 ",
	} {
		r := invoke(t, t.TempDir(), "run", "-target", "sim", "-cases", "300", "-seed", "1", "-sched", word)
		if r.status != 0 || !strings.Contains(r.stdout, want) {
			t.Errorf("%s: status %d\n%s\nwant %s", word, r.status, r.stdout, want)
		}
	}
}

// TestSchedJSON: the portfolio is the default, every case is one policy's,
// and what is claimed follows from what was run; the text rounds it up.
func TestSchedJSON(t *testing.T) {
	args := []string{"run", "-target", "sim:lost-wakeup", "-cases", "3000", "-seed", "1"}
	r := invoke(t, t.TempDir(), append(args, "-json")...)
	var report struct {
		Sched   string
		Targets []struct {
			OneIn    int `json:"one_in"`
			Policies []struct {
				Policy                            string
				Cases, Runs, Actors, Steps, Depth int
				Exhausted                         *int
				Missed                            *float64 `json:"missed_at_most"`
			}
		}
		Findings []struct{ Policy string }
	}
	if err := json.Unmarshal([]byte(r.stdout), &report); err != nil || len(report.Targets) != 1 {
		t.Fatalf("%v\n%s", err, r.stdout)
	}
	row, text := report.Targets[0], invoke(t, t.TempDir(), args...).stdout
	if report.Sched != "portfolio" || row.OneIn != 1000 || len(row.Policies) != 6 || len(report.Findings) == 0 {
		t.Fatalf("%+v", report)
	}
	cases, seen := 0, false
	for _, p := range row.Policies {
		cases += p.Cases
		seen = seen || p.Policy == report.Findings[0].Policy
		if (p.Missed != nil) != strings.HasPrefix(p.Policy, "pct:") || (p.Exhausted != nil) != strings.HasPrefix(p.Policy, "dfs:") {
			t.Errorf("%+v", p)
		}
		if p.Missed == nil {
			continue
		}
		if want := sched.Missed(p.Depth, p.Actors, p.Steps, p.Cases); *p.Missed != want {
			t.Errorf("%s: missed with at most %v, want %v", p.Policy, *p.Missed, want)
		}
		if said := claimed(t, text, p.Policy); said < *p.Missed || said > *p.Missed*1.1 {
			t.Errorf("%s: the text says %v of %v", p.Policy, said, *p.Missed)
		}
	}
	if cases != 3000 || !seen {
		t.Errorf("%d cases by policy; the finding is by %s", cases, report.Findings[0].Policy)
	}
}

// claimed returns the probability that a text gives for a policy.
func claimed(t *testing.T, text, policy string) float64 {
	t.Helper()
	m := regexp.MustCompile(`with probability at most (\S+) \(\d+ cases under ` + policy + `,`).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no claim for %s in\n%s", policy, text)
	}
	var p float64
	if err := json.Unmarshal([]byte(m[1]), &p); err != nil || math.IsNaN(p) {
		t.Fatalf("%q: %v", m[1], err)
	}
	return p
}

// TestSchedNoEffect: a target that is not under full control says that it is
// not scheduled, if a policy was asked for.
func TestSchedNoEffect(t *testing.T) {
	const note = "unix: -sched has no effect at control level gate\n"
	for _, c := range []struct {
		args string
		says bool
	}{{"-sched pos", true}, {"-sched portfolio", true}, {"", false}} {
		r := invoke(t, t.TempDir(), strings.Fields("run -target unix -target sim -cases 20 -seed 1 "+c.args)...)
		if r.status != 0 || strings.Contains(r.stdout, note) != c.says || strings.Contains(r.stdout, "sim: -sched") || strings.Contains(r.stdout, "unix: cases by policy") {
			t.Errorf("%q: status %d\n%s", c.args, r.status, r.stdout)
		}
	}
}
