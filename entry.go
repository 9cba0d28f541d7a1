package listentest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/listentest/listentest/corpus"
)

// An Entry is a corpus entry with its schedule.
type Entry struct {
	corpus.Entry
	Schedule Schedule
}

// ParseEntry reads the text of a corpus file. The error is a [*SyntaxError].
func ParseEntry(file, text string) (Entry, error) {
	e, err := corpus.Parse(file, text)
	if err != nil {
		return Entry{}, err
	}
	return readEntry(e, file)
}

func readEntry(e corpus.Entry, file string) (Entry, error) {
	s, err := parse(e.Body, file, e.Line)
	if err != nil {
		return Entry{}, err
	}
	if _, ok := ParsePromise(e.Value("invariant")); !ok && e.Value("invariant") != outcomeOnly {
		var names []string
		for _, p := range Promises() {
			names = append(names, p.String())
		}
		line := 1 + slices.IndexFunc(e.Keys, func(k corpus.Key) bool { return k.Name == "invariant" })
		return Entry{}, &SyntaxError{File: file, Line: line, Col: len("invariant: ") + 1,
			Want: strings.Join(names, ", ") + " or " + outcomeOnly, Got: quote(e.Value("invariant"))}
	}
	return Entry{e, s}, nil
}

// outcomeOnly is the invariant of an entry that is about outcomes alone.
const outcomeOnly = "outcome"

// Corpus returns the entries of the embedded corpus.
func Corpus() ([]Entry, error) {
	all, err := corpus.All()
	if err != nil {
		return nil, err
	}
	entries := make([]Entry, len(all))
	for i, e := range all {
		if entries[i], err = readEntry(e, "corpus/"+e.Name+".sched"); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// A Replay is what came of an entry on a target.
type Replay struct {
	Target string
	Level  Level
	// Schedule is what was run: that of the entry, but that whoever is held at a
	// point which the header names is held there. Moved says which have another
	// number than was saved.
	Schedule Schedule
	Moved    []string
	History  History
	Verdict  Verdict
	// NotApplicable says why the entry says nothing about this target; ""
	// where it does.
	NotApplicable string
	// Problem says what did not come out as the header says; "" if all did.
	Problem string
}

// Replay runs e with r and compares with the header: on a target that fails
// names, of whatever version, e's promise must break, and on every other nothing may. A target
// with an expect must answer just so. One that needs schedule control says nothing
// of a target without. On a target that fails names, and under control, whoever is
// held at a point that the header names is held there, whatever its number is by
// now. An error is trouble, and a [*GoneError] where there is no such point.
func (e Entry) Replay(ctx context.Context, r *Runner) (Replay, error) {
	fails := slices.ContainsFunc(e.Fails(), func(word string) bool {
		target, _ := corpus.Release(word)
		return target == r.Target.Name()
	})
	p := Replay{Target: r.Target.Name(), Level: LevelOf(r.Target), Schedule: e.Schedule}
	h, err := r.Run(ctx, p.Schedule)
	if err == nil && fails && e.namesPoints() && unsupported(h) == "" {
		if p.Schedule, p.Moved, err = e.aim(ctx, r); err == nil {
			h, err = r.Run(ctx, p.Schedule)
		}
	}
	if err != nil {
		return Replay{}, err
	}
	h.Events = slices.Clone(h.Events)
	p.History, p.Verdict = h, Check(h, r.Target.Contract())
	promise, ok := ParsePromise(e.Value("invariant"))
	first := p.Verdict.First()
	switch {
	case unsupported(h) != "":
		p.NotApplicable = "the target has no " + unsupported(h)
	case fails && e.Value("needs") == "control" && len(e.Schedule.Choices) > 0 && p.Level < LevelFull:
		p.NotApplicable = "nobody says who runs on the target"
	case ok && p.Verdict.Of[promise] == NotStated:
		p.NotApplicable = "its contract does not state " + promise.String()
	case fails && (first == nil || first.Promise != promise):
		p.Problem = fmt.Sprintf("%v does not break", promise)
	case !fails && first != nil:
		p.Problem = first.Text
	}
	if p.NotApplicable == "" && p.Problem == "" {
		p.Problem = e.unexpected(p.Target, h)
	}
	if e.Value("needs") == "control" && p.NotApplicable != "" {
		p.NotApplicable += ", and the entry needs schedule control: see listentest go"
	} else if p.NotApplicable != "" && fails {
		p.Problem = p.NotApplicable // the header claims that it applies
	}
	return p, nil
}

// unsupported returns the first step that the target could not do, or "".
func unsupported(h History) string {
	for _, e := range h.Events {
		if e.Verb == Return && e.Outcome == Unsupported {
			return callOf(h, e.Op).String()
		}
	}
	return ""
}

func callOf(h History, op int32) Step {
	for _, e := range h.Events {
		if e.Verb == Call && e.Op == op {
			return e.Step
		}
	}
	return Step{}
}

// unexpected compares the outcomes with what the header expects of a target.
func (e Entry) unexpected(target string, h History) string {
	for _, x := range e.Expects() {
		if x.Target != target {
			continue
		}
		if got := Outcomes(h); !slices.Equal(got, x.Outcomes) {
			return fmt.Sprintf("expected %s, got %s", strings.Join(x.Outcomes, " "), strings.Join(got, " "))
		}
	}
	return ""
}

// Outcomes returns the outcome of each operation in the order of their calls,
// as the expect keys of corpus files have them: "open" for one without.
func Outcomes(h History) []string {
	var words []string
	for _, e := range h.Events {
		switch {
		case e.Verb == Call:
			words = append(words, "open")
		case e.Verb == Return && int(e.Op) <= len(words):
			words[e.Op-1] = e.Outcome.String()
		}
	}
	return words
}
