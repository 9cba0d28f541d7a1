package listentest

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/listentest/listentest/corpus"
)

// Test holds a listener to its promises, as [Config.Test] with the zero
// Config does.
func Test(t *testing.T, target Target) {
	t.Helper()
	Config{}.Test(t, target)
}

// Config says how much [Config.Test] does. The zero value works.
type Config struct {
	// Cases is how many cases are generated: 5000 if 0, but 200 where a case
	// takes real time; a tenth of those with go test -short.
	Cases int
	// Seed is what cases are drawn from; 1 if 0, so that a test gives the
	// same cases every time.
	Seed uint64
	// Shapes of the cases; those of Shapes() if empty.
	Shapes []Shape
	// RealTime runs cases outside bubbles, for listeners in memory that cannot
	// live in one: those that share timers or channels between cases.
	RealTime bool
	// Save is the folder for what was found, which is tried first the next
	// time; testdata/listentest if empty.
	Save string
}

// Test runs the corpus, what was found before, and generated cases against
// target, each as a subtest, and fails with everything that breaks a promise:
// the shrunk schedule, a picture of what happened, the promise in a sentence,
// the file written and the command that runs it again.
//
// A target of level quiet is run in synctest bubbles: then rests are exact,
// time is virtual, and a goroutine that is left behind is found. There are no
// false alarms; but a listener may pass and be wrong, as overlapping
// operations can hide a defect, and only so many cases were tried.
//
// Where the program was built with schedule control, a share of the cases is
// run again, and a run that is not the same is trouble: the test fails, and
// says what the listener may go by that is not controlled.
func (c Config) Test(t *testing.T, target Target) {
	t.Helper()
	s := c.suite(target)
	s.test = t.Name()
	if s.Cases == 0 {
		s.Cases = 200
		if s.bubbles {
			s.Cases = 5000
		}
		if testing.Short() {
			s.Cases /= 10
		}
	}
	s.corpus(t)
	s.saved(t)
	if s.controlled() {
		t.Run("held", func(t *testing.T) { s.points = s.held(t) })
	}
	t.Run("generated", s.generated)
	s.notStated(t)
}

// A suite is one call of Test or Fuzz.
type suite struct {
	Config
	target   Target
	test     string // the name of the test
	bubbles  bool
	heldTime time.Duration // see mostTime
	points   int           // the most that an operation was held at, if any was
	logged   bool          // the stack of a goroutine that was left behind
	unlike   bool          // two runs of one case were
	shares   *rand.Rand    // says which cases are repeated
}

func (c Config) suite(target Target) *suite {
	s := &suite{Config: c, target: target, bubbles: bubbles(target) && !c.RealTime, heldTime: mostTime}
	s.Seed, s.Save = cmp.Or(c.Seed, 1), cmp.Or(c.Save, filepath.Join("testdata", "listentest"))
	s.shares = rand.New(rand.NewPCG(s.Seed, math.MaxUint64)) // no case has that number
	return s
}

// bubbles reports whether a target is run in synctest bubbles.
func bubbles(t Target) bool {
	if _, ok := t.(Remote); ok {
		return false // it has its own
	}
	return LevelOf(t) == LevelQuiet || LevelOf(t) == LevelFull && !Stepped(t)
}

func (s *suite) runner(t *testing.T) *Runner {
	r := &Runner{Target: s.target}
	if s.bubbles {
		r.Bubble = Bubble(t, func(stacks string) {
			if !s.logged { // the first says it all; shrinking leaves more
				s.logged = true
				t.Logf("left behind after everything was closed:\n%s", stacks)
			}
		})
	}
	return r
}

// corpus runs the embedded entries: their schedules, whatever their headers
// say of other targets.
func (s *suite) corpus(t *testing.T) {
	entries, err := Corpus()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		t.Run(e.Name, func(t *testing.T) { s.one(t, e.Schedule) })
	}
}

// files returns the files of what was found before.
func (s *suite) files() []string {
	files, _ := filepath.Glob(filepath.Join(s.Save, "*", "*.sched")) // an error is of a folder's name that is a bad pattern: then there are none
	return files
}

func readFile(file string) (Entry, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return Entry{}, err
	}
	return ParseEntry(file, string(text))
}

// saved runs what was found before.
func (s *suite) saved(t *testing.T) {
	files := s.files()
	if len(files) == 0 {
		return
	}
	t.Run("saved", func(t *testing.T) {
		for _, file := range files {
			name, _ := filepath.Rel(s.Save, file)
			t.Run(strings.TrimSuffix(filepath.ToSlash(name), ".sched"), func(t *testing.T) {
				e, err := readFile(file)
				if err != nil {
					t.Fatal(err)
				}
				schedule := e.Schedule
				if s.controlled() && slices.Contains(e.Fails(), s.target.Name()) {
					schedule = s.aimed(t, e)
				}
				s.again(t, schedule)
			})
		}
	})
}

// again runs a schedule that broke a promise before, as often as a race may
// need to show again.
func (s *suite) again(t *testing.T, schedule Schedule) {
	t.Helper()
	tries := confirmRuns // real time is dear
	if s.bubbles {
		tries = 500
	}
	for range tries {
		if s.one(t, schedule); t.Failed() {
			return
		}
	}
}

// one runs one schedule, and fails t if it breaks a promise.
func (s *suite) one(t *testing.T, schedule Schedule) {
	t.Helper()
	r := s.runner(t)
	h, v := s.judge(t, r, schedule)
	if v != nil {
		t.Errorf("%s breaks %v: %s\n\n%s\n%s", s.target.Name(), v.Promise, v.Text, schedule, Picture(h, s.target.Contract(), v))
	}
}

// judge runs a schedule and returns the violation that counts, if one does:
// what rests on elapsed time must be confirmed.
func (s *suite) judge(t *testing.T, r *Runner, schedule Schedule) (History, *Violation) {
	t.Helper()
	h, err := r.Run(t.Context(), schedule)
	if err != nil {
		t.Fatal(err)
	}
	verdict := Check(h, s.target.Contract())
	v := verdict.First()
	if v == nil || !v.Suspect {
		return h, v
	}
	h, verdict, confirmed, err := Confirm(t.Context(), r, schedule, v.Promise)
	if err != nil {
		t.Fatal(err)
	}
	if !confirmed {
		return h, nil
	}
	return h, verdict.First()
}

// generated runs the cases, and reports the first that breaks each promise.
func (s *suite) generated(t *testing.T) {
	r := s.runner(t)
	seen := map[Promise]bool{}
	for i := range s.Cases {
		rng := rand.New(rand.NewPCG(s.Seed, uint64(i)))
		schedule := Generate(rng, s.Shapes...)
		if s.points > 0 {
			schedule = deeper(schedule, rng, s.points)
		}
		from := fmt.Sprintf("case %d of seed %d", i, s.Seed)
		_, v := s.judge(t, r, schedule)
		s.repeat(t, r, schedule, from)
		if v == nil || seen[v.Promise] {
			continue
		}
		seen[v.Promise] = true
		s.shrinkAndReport(t, r, schedule, *v, from)
	}
}

// shrinkAndReport fails t with a finding, and saves it.
func (s *suite) shrinkAndReport(t *testing.T, r *Runner, schedule Schedule, v Violation, from string) {
	t.Helper()
	if LevelOf(s.target) != LevelFull && !s.bubbles {
		r = Slower(r)
	}
	const patience = 5 * time.Second // a fuzzer's worker that takes ten is taken for hung
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	f, err := Shrink(ctx, r, schedule, v)
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("%s breaks %v: %s\n(%s, %d steps shrunk to %d; seen again in %d of %d runs)\n\n%s\n%s",
		f.Target, f.Promise, f.Violation.Text, from, len(f.Drawn.Steps), len(f.Schedule.Steps), f.Seen, f.Tries,
		f.Schedule, Picture(f.History, s.target.Contract(), &f.Violation))
	file, err := s.write(f, from)
	if err != nil {
		t.Errorf("%s\nnot written: %v", text, err)
		return
	}
	t.Errorf("%s\nwritten: %s\nreplay:  %s", text, file, s.replay(f))
}

// replay is the command that runs a finding again, which is saved: what is
// saved are subtests of a test, and seeds of a fuzz test.
func (s *suite) replay(f Finding) string {
	tool, test := "go test", strings.ReplaceAll(s.test, "/", "$/^")
	if s.controlled() {
		tool = "listentest go test"
	}
	if strings.HasPrefix(s.test, "Fuzz") {
		return fmt.Sprintf("%s -run '^%s$'", tool, test)
	}
	return fmt.Sprintf("%s -run '^%s$/^saved$/^%v$/^%s$'", tool, test, f.Promise, f.FileName())
}

// write saves a finding, and returns the file.
func (s *suite) write(f Finding, from string) (file string, err error) {
	more := []corpus.Key{{Name: "found", Value: from}}
	if s.controlled() {
		more = append(more, corpus.Key{Name: "test", Value: s.test})
	}
	file = filepath.Join(s.Save, f.Promise.String(), f.FileName()+".sched")
	return file, f.Entry(more...).Write(file)
}

// notStated logs what could not be checked for want of a contract.
func (s *suite) notStated(t *testing.T) {
	t.Helper()
	var names []string
	for p, status := range Check(History{}, s.target.Contract()).Of {
		if status == NotStated {
			names = append(names, Promise(p).String())
		}
	}
	if len(names) > 0 {
		t.Logf("not checked, because the contract states nothing of them: %s. What the listener promises is said by a listentest.Contract (Net has it as Promise): Guaranteed for min-pending, Max for max-pending, Order for order, Close for shut.",
			strings.Join(names, ", "))
	}
}
