package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/ci/campaign"
	"github.com/listentest/listentest/corpus"
	"github.com/listentest/listentest/sched"
	"github.com/listentest/listentest/targets/third"
)

// A printer prints for people, unless it is quiet.
type printer struct {
	*env
	quiet bool
}

func (p *printer) printf(format string, args ...any) {
	if !p.quiet {
		fmt.Fprintf(p.stdout, format, args...)
	}
}

// finding prints all that a person needs to see what broke and to see it
// again.
func (p *printer) finding(f campaign.Finding, row campaign.Row, file string) {
	p.printf("\n%s breaks %v: %s\n", f.Target, f.Promise, f.Violation.Text)
	p.printf("(%s, %d steps, ", caseOf(f, row.Seed), len(f.Drawn.Steps))
	if f.Seen == 0 {
		p.printf("not shrunk: it did not show again in %d runs)\n", f.Tries)
	} else {
		p.printf("shrunk to %d in %d runs)\n", len(f.Schedule.Steps), f.Executions)
	}
	p.schedule(f.Schedule, f.History, row.Contract, &f.Violation)
	if file != "" {
		p.printf("written: %s\nreplay:  listentest replay %s -target %s\n", file, shellWord(file), shellWord(f.Target))
		for _, k := range known(f.Target, f.Promise) {
			p.printf("known:   %s has a defect that breaks this promise, see %s\n", k.release, k.page)
		}
		p.printf("\n")
	}
}

// caseOf says which case f is of, and under which policy, if it was one.
func caseOf(f campaign.Finding, seed uint64) string {
	text := fmt.Sprintf("case %d of seed %d", f.Case, seed)
	if f.Policy != (sched.Spec{}) {
		text += " under " + f.Policy.String()
	}
	return text
}

// legend explains the last lane of a picture.
const legend = "  held: the fewest (█) and the most (░) connections that can have been pending; | is what is guaranteed\n\n"

// schedule prints a schedule, the picture of a history, and what would have
// been lawful in the place of v.
func (p *printer) schedule(s listentest.Schedule, h listentest.History, c listentest.Contract, v *listentest.Violation) {
	p.printf("\n%s\n%s\n%s", indent(s.String()), indent(listentest.Picture(h, c, v)), legend)
	if v == nil {
		return
	}
	if remedies := listentest.AccountFor(h, c, *v).Remedies; len(remedies) > 0 {
		p.printf("  it would have been lawful had %s\n\n", remedies[0])
	}
}

// indent indents the lines that are not empty.
func indent(text string) string {
	text = "  " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n  ") + "\n"
	return strings.ReplaceAll(text, "\n  \n", "\n\n")
}

// saveFinding writes f as a corpus entry to dir/PROMISE and returns the name
// of the file.
func saveFinding(dir string, f listentest.Finding, found string, level listentest.Level, c listentest.Contract) (string, error) {
	seen := "seen again in every run"
	if f.Seen < f.Tries {
		seen = fmt.Sprintf("seen again in %d of %d runs", f.Seen, f.Tries)
	}
	file := filepath.Join(dir, f.Promise.String(), f.FileName()+".sched")
	err := f.Entry(append(needs(f),
		corpus.Key{Name: "found", Value: found + ", " + seen},
		corpus.Key{Name: "with", Value: with()},
		corpus.Key{Name: "level", Value: fmt.Sprintf("%v, pace %v, grace %v", level, listentest.DefaultPace, listentest.DefaultGrace)},
		corpus.Key{Name: "contract", Value: oneLine(c.String())},
	)...).Write(file)
	if err != nil {
		return "", fmt.Errorf("save a finding: %w", err)
	}
	return file, nil
}

// needs returns the key that says that f shows under schedule control only: where
// this program has that, and f says who runs or is held on a listener of others.
func needs(f listentest.Finding) []corpus.Key {
	inside := func(t listentest.Step) bool { return t.Kind == listentest.Preempt && t.N > 0 }
	name, _, _ := strings.Cut(f.Target, ":")
	if !sched.Controlled() || !slices.Contains(third.Names(), name) || len(f.Schedule.Choices) == 0 && !slices.ContainsFunc(f.Schedule.Steps, inside) {
		return nil
	}
	return []corpus.Key{{Name: "needs", Value: "control"}}
}

// oneLine joins lines of words.
func oneLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i, line := range lines {
		lines[i] = strings.Join(strings.Fields(line), " ")
	}
	return strings.Join(lines, ", ")
}

// shellWord returns s so that a shell takes it for one word: the command of a
// target serve: has blanks.
func shellWord(s string) string {
	if !strings.ContainsAny(s, " \t\n'\"\\$`&;()<>|*?[]#~!{}") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
