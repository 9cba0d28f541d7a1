package main

import (
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"strings"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/ci/campaign"
	"github.com/listentest/listentest/corpus"
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
	p.printf("(case %d of seed %d, %d steps, ", f.Case, row.Seed, len(f.Drawn.Steps))
	if f.Seen == 0 {
		p.printf("not shrunk: it did not show again in %d runs)\n", f.Tries)
	} else {
		p.printf("shrunk to %d in %d runs)\n", len(f.Schedule.Steps), f.Executions)
	}
	p.schedule(f.Schedule, f.History, row.Contract, &f.Violation)
	if file != "" {
		p.printf("written: %s\nreplay:  listentest replay %s -target %s\n\n", file, file, f.Target)
	}
}

// schedule prints a schedule and the picture of a history.
func (p *printer) schedule(s listentest.Schedule, h listentest.History, c listentest.Contract, v *listentest.Violation) {
	p.printf("\n%s\n%s\n", indent(s.String()), indent(listentest.Picture(h, c, v)))
	p.printf("  held: the fewest (█) and the most (░) connections that can have been pending; | is what is guaranteed\n\n")
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n  ") + "\n"
}

// saveFinding writes f as a corpus entry to dir/PROMISE/TARGET-HASH.sched and
// returns the name of the file. The hash is of the schedule, so that what is
// found again is the same file.
func saveFinding(dir string, f listentest.Finding, found string, level listentest.Level, c listentest.Contract) (string, error) {
	sum := fnv.New32a()
	sum.Write([]byte(f.Schedule.String()))
	name := strings.Map(fileRune, f.Target) + fmt.Sprintf("-%08x.sched", sum.Sum32())
	file := filepath.Join(dir, f.Promise.String(), name)
	seen := "seen again in every run"
	if f.Seen < f.Tries {
		seen = fmt.Sprintf("seen again in %d of %d runs", f.Seen, f.Tries)
	}
	e := corpus.Entry{Body: f.Schedule.String(), Keys: []corpus.Key{
		{Name: "format", Value: corpus.Format},
		{Name: "invariant", Value: f.Promise.String()},
		{Name: "fails", Value: f.Target},
		{Name: "why", Value: f.Violation.Text},
		{Name: "found", Value: found + ", " + seen},
		{Name: "with", Value: with()},
		{Name: "level", Value: fmt.Sprintf("%v, pace %v, grace %v", level, listentest.DefaultPace, listentest.DefaultGrace)},
		{Name: "contract", Value: oneLine(c.String())},
	}}
	if err := writeFile(file, e.String()); err != nil {
		return "", fmt.Errorf("save a finding: %w", err)
	}
	return file, nil
}

// oneLine joins lines of words.
func oneLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i, line := range lines {
		lines[i] = strings.Join(strings.Fields(line), " ")
	}
	return strings.Join(lines, ", ")
}

// fileRune keeps what is plain in a file's name.
func fileRune(r rune) rune {
	if strings.ContainsRune(":,+=/ ", r) {
		return '-'
	}
	return r
}

// writeFile writes a file whole or not at all.
func writeFile(file, text string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(file), ".tmp-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // gone already if all went well
	_, err = tmp.WriteString(text)
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Chmod(tmp.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(tmp.Name(), file)
	}
	return err
}
