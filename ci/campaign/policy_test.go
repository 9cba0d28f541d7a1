package campaign_test

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/ci/campaign"
	"github.com/listentest/listentest/sched"
)

func policy(t *testing.T, word string) sched.Spec {
	t.Helper()
	s, err := sched.Parse(word)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestPolicies: under every policy a seed names the same runs, however many
// workers share them, every case is counted, and what is found shows again
// from the choices of its schedule.
func TestPolicies(t *testing.T) {
	for _, word := range []string{"choices", "run-on", "random", "pct:2", "pos", "urw", "dfs:1", "portfolio"} {
		target := simulator(t, "lost-wakeup", "duplicate-accept")
		var want campaign.Row
		for _, workers := range []int{1, 3} {
			row, err := campaign.Run(context.Background(), campaign.Plan{Target: target, Seed: 3, Cases: 400, Workers: workers, Sched: policy(t, word)})
			if err != nil {
				t.Fatal(err)
			}
			if row.Elapsed = 0; workers > 1 {
				if !reflect.DeepEqual(row, want) {
					t.Errorf("%s, %d workers: got\n%+v\nwant\n%+v", word, workers, row, want)
				}
				continue
			}
			want = row
			cases := 0
			for _, p := range row.Policies {
				cases += p.Cases
				if p.Runs < p.Cases || p.Exhausted > p.Cases || (p.Tasks == 0) != (p.Policy == sched.Spec{}) || (p.Steps == 0) != (p.Tasks == 0) {
					t.Errorf("%s: %+v", word, p)
				}
			}
			if cases != row.Cases || (len(row.Policies) > 1) != (word == "portfolio") {
				t.Errorf("%s: %d of %d cases under %d policies", word, cases, row.Cases, len(row.Policies))
			}
			if len(row.Findings) == 0 {
				t.Errorf("%s finds nothing", word)
			}
			for _, f := range row.Findings {
				if word != "portfolio" && f.Policy.String() != word {
					t.Errorf("%s: found under %v", word, f.Policy)
				}
				h, err := listentest.Run(context.Background(), target, f.Drawn)
				if err != nil {
					t.Fatal(err)
				}
				if first := listentest.Check(h, target.Contract()).First(); first == nil || first.Promise != f.Promise {
					t.Errorf("%s, case %d: %v does not show again from\n%v", word, f.Case, f.Promise, f.Drawn)
				}
			}
		}
	}
}

// TestPolicyRuns: PCT runs a case once more where there is something to
// decide, and the enumeration as often as it takes.
func TestPolicyRuns(t *testing.T) {
	for word, runs := range map[string][2]int{"random": {400, 400}, "pct:2": {500, 799}, "dfs:0": {10_000, 100_000}, "dfs:2": {20_000, 200_000}} {
		row, err := campaign.Run(context.Background(), campaign.Plan{Target: simulator(t), Seed: 1, Cases: 400, Sched: policy(t, word)})
		if err != nil {
			t.Fatal(err)
		}
		if p := row.Policies[0]; p.Cases != 400 || p.Runs < runs[0] || p.Runs > runs[1] {
			t.Errorf("%s: %+v, want %d to %d runs", word, p, runs[0], runs[1])
		}
	}
}

// TestMostRuns: a case with more interleavings than a budget ends, and is not
// called exhausted.
func TestMostRuns(t *testing.T) {
	row, err := campaign.Run(context.Background(), campaign.Plan{Target: simulator(t), Seed: 1, Cases: 200, Sched: policy(t, "dfs:8")})
	if err != nil {
		t.Fatal(err)
	}
	if p := row.Policies[0]; p.Exhausted == p.Cases || p.Exhausted == 0 || p.Runs <= 1000 {
		t.Errorf("%+v", p)
	}
}

// TestPolicyBelowFull: a target without full control is not scheduled.
func TestPolicyBelowFull(t *testing.T) {
	plan := campaign.Plan{Target: slow{Target: simulator(t)}, Seed: 1, Cases: 100,
		Pace: time.Minute, Grace: time.Minute} // or a busy machine makes rests that did not wait
	plain, err := campaign.Run(context.Background(), plan)
	if err != nil {
		t.Fatal(err)
	}
	plan.Sched = policy(t, "random")
	row, err := campaign.Run(context.Background(), plan)
	if err != nil {
		t.Fatal(err)
	}
	plain.Elapsed, row.Elapsed = 0, 0
	if row.Policies != nil || !reflect.DeepEqual(row, plain) {
		t.Errorf("got\n%+v\nwant\n%+v", row, plain)
	}
}
