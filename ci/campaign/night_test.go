package campaign_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/ci/campaign"
	"github.com/listentest/listentest/corpus"
)

var (
	_ campaign.Queue = (*campaign.NightFile)(nil)
	_ campaign.Store = campaign.Folder("")
)

func TestParseSettings(t *testing.T) {
	jobs, err := campaign.ParseSettings("x", "# a night\n\n 3 run sim:a,b=1 # the simulator\n1 canary sim:c\n2 go test -run ^$ ./fuzz\n")
	want := []campaign.Job{{3, "run", "sim:a,b=1"}, {1, "canary", "sim:c"}, {2, "go", "test -run ^$ ./fuzz"}}
	if err != nil || !reflect.DeepEqual(jobs, want) {
		t.Errorf("got %v, %v", jobs, err)
	}
	for text, want := range map[string]string{
		"":                 "x:1:1: expected a job",
		"\nrun sim":        "x:2:1: expected a weight from 1 to 1000, found \"run\"",
		"0 run sim":        "x:1:1: expected a weight from 1 to 1000, found \"0\"",
		"1":                "x:1:1: expected run, canary or go after the weight, found the end of the line",
		"1 walk sim":       "x:1:1: expected run, canary or go after the weight, found \"walk\"",
		"1 run sim\n1 run": "x:2:1: expected what to run, found the end of the line",
	} {
		_, err := campaign.ParseSettings("x", text)
		if syntax := (*listentest.SyntaxError)(nil); !errors.As(err, &syntax) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

// TestNightIsFair: jobs have their time by their weight, the canary comes
// first and only until it was found, no seed comes twice, and a night ends.
func TestNightIsFair(t *testing.T) {
	n := campaign.NewNight(3, time.Hour, []campaign.Job{{3, "run", "a"}, {1, "run", "b"}, {1, "canary", "c"}})
	seeds := map[uint64]bool{}
	for i := 0; ; i++ {
		s, ok := n.Next()
		if !ok {
			break
		}
		if (i == 0) != (s.Job == 2) {
			t.Fatalf("slice %d is of job %d", i, s.Job)
		}
		if seeds[s.Seed] || s.For > 10*time.Second {
			t.Fatalf("slice %+v", s)
		}
		seeds[s.Seed] = true
		n.Done(s, campaign.Result{Spent: s.For, Cases: 10, Broken: s.Job / 2})
	}
	a, b := n.Jobs[0], n.Jobs[1]
	if spent := a.Spent + b.Spent + n.Jobs[2].Spent; spent != time.Hour || a.Spent < 2*b.Spent || a.Spent > 4*b.Spent || a.Cases != 10*a.Rounds {
		t.Errorf("%v in all, %+v, %+v", spent, a, b)
	}
	for _, other := range []int{2, 4} { // another night has other seeds
		m := campaign.NewNight(other, time.Hour, []campaign.Job{{3, "run", "a"}})
		if s, _ := m.Next(); seeds[s.Seed] {
			t.Errorf("night %d has a seed of night 3", other)
		}
	}
}

// TestNightGivesUp: what had trouble, and a go command that failed, is not
// tried again and again.
func TestNightGivesUp(t *testing.T) {
	n := campaign.NewNight(1, time.Hour, []campaign.Job{{1, "go", "x"}, {1, "run", "y"}})
	s, _ := n.Next()
	n.Done(s, campaign.Result{Broken: 1})
	s, _ = n.Next()
	n.Done(s, campaign.Result{Trouble: []string{"no descriptor"}})
	if s, ok := n.Next(); ok {
		t.Errorf("slice %+v", s)
	}
}

// TestNightGoesOn: a night that is not over goes on from its file; one that
// is, or that had other jobs, is followed by the next.
func TestNightGoesOn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state", "night.json")
	jobs := []campaign.Job{{1, "run", "a"}}
	open := func(want int, wantResumed bool, jobs []campaign.Job) *campaign.NightFile {
		t.Helper()
		q, resumed, err := campaign.OpenNight(file, time.Minute, jobs)
		if err != nil || q.Number != want || resumed != wantResumed {
			t.Fatalf("night %d, resumed %v, %v; want %d, %v", q.Number, resumed, err, want, wantResumed)
		}
		return q
	}
	q := open(1, false, jobs)
	s, _ := q.Next()
	if err := q.Done(s, campaign.Result{Spent: time.Second, Cases: 7}); err != nil {
		t.Fatal(err)
	}
	q = open(1, true, jobs)
	if j := q.Jobs[0]; j.Cases != 7 || j.Rounds != 1 {
		t.Errorf("%+v", j)
	}
	s, _ = q.Next()
	if err := q.Done(s, campaign.Result{Spent: time.Hour}); err != nil {
		t.Fatal(err)
	}
	open(2, false, jobs)
	open(3, false, []campaign.Job{{1, "run", "b"}})
	if err := os.WriteFile(file, []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := campaign.OpenNight(file, time.Minute, jobs); err == nil || !strings.Contains(err.Error(), "night.json") {
		t.Errorf("a broken file: %v", err)
	}
}

// TestFolder: a finding is new once.
func TestFolder(t *testing.T) {
	f := campaign.Folder(t.TempDir())
	e := corpus.Entry{Keys: []corpus.Key{{Name: "format", Value: "1"}, {Name: "invariant", Value: "order"}}, Body: "backlog 1\n"}
	for _, want := range []bool{true, false} {
		if fresh, err := f.Add(e, "x"); fresh != want || err != nil {
			t.Errorf("fresh %v, %v", fresh, err)
		}
	}
	if err := f.Keep(e, "y"); err != nil {
		t.Fatal(err)
	}
	half := filepath.Join(string(f), "seen", ".tmp-1")
	if err := os.WriteFile(half, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := f.Sweep(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(half); err == nil {
		t.Error("what is half-written is still there")
	}
	seen, _ := f.Seen()
	found, _ := f.Found()
	if len(seen) != 1 || len(found) != 1 || filepath.Base(found[0]) != "x.sched" {
		t.Errorf("seen %v, found %v", seen, found)
	}
}

// TestFoundAtOnce: what breaks is told before the plan is over.
func TestFoundAtOnce(t *testing.T) {
	stop := errors.New("the disk is full")
	_, err := campaign.Run(t.Context(), campaign.Plan{Target: simulator(t, "off-by-one-low"), Seed: 1, Cases: 1 << 40,
		Found: func(f campaign.Finding) error {
			if f.Promise != listentest.MinPending || len(f.Schedule.Steps) == 0 {
				t.Errorf("%+v", f)
			}
			return stop
		}})
	if !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
}
