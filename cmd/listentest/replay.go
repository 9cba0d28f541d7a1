package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/corpus"
	"github.com/listentest/listentest/targets"
	"github.com/listentest/listentest/targets/third"
)

func replayCommand(ctx context.Context, e *env, args []string) (int, error) {
	f := newFlags("replay", "FILE… [-target T]…")
	var names words
	f.Var(&names, "target", "a `target` to run on, whatever the header says; may be given several times")
	files, err := f.parse(e, args)
	if err != nil {
		return 0, err
	}
	if len(files) == 0 {
		return 0, &listentest.MisuseError{Reason: "replay needs a file, or the name of a corpus entry"}
	}
	if _, err := open(names); err != nil {
		return 0, err
	}
	r := replayer{printer: printer{env: e}, named: names}
	var entries []listentest.Entry
	var broken []error
	all := slices.Clone(names)
	for _, file := range files {
		entry, err := readEntry(file, len(names) > 0)
		if err != nil {
			broken = append(broken, err)
			continue
		}
		entries = append(entries, entry)
		all = append(all, r.targets(entry)...)
	}
	isolate(all) // before anything is printed, for it may start the program again
	for _, err := range broken {
		r.worst(e.failed(err)) // the others still run
	}
	for _, entry := range entries {
		for _, name := range r.targets(entry) {
			if ctx.Err() != nil {
				return exitInterrupted, nil
			}
			r.replay(ctx, entry, name)
		}
	}
	return r.status, nil
}

// readEntry reads a corpus file, or an entry of the embedded corpus by name.
// With plain, a schedule without a header will do.
func readEntry(file string, plain bool) (listentest.Entry, error) {
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		if entry, ok := embedded(file); ok {
			return entry, nil
		}
	}
	if err != nil {
		return listentest.Entry{}, fmt.Errorf("read a schedule: %w", err)
	}
	text := string(b)
	if plain && !strings.HasPrefix(strings.TrimSpace(text), "format:") {
		s, err := listentest.Parse(text)
		if syntax := (*listentest.SyntaxError)(nil); errors.As(err, &syntax) {
			syntax.File = file
		}
		entry := listentest.Entry{Schedule: s}
		entry.Name = file
		return entry, err
	}
	return listentest.ParseEntry(file, text)
}

func embedded(name string) (listentest.Entry, bool) {
	all, err := listentest.Corpus()
	i := slices.IndexFunc(all, func(e listentest.Entry) bool { return e.Name == name })
	if err != nil || i < 0 {
		return listentest.Entry{}, false
	}
	return all[i], true
}

// A replayer runs entries and keeps the worst exit status.
type replayer struct {
	printer
	named  words
	status int
}

// worst keeps the more telling status: a violation before trouble before
// misuse.
func (r *replayer) worst(status int) { r.status = worse(r.status, status) }

// worse returns the more telling of two statuses.
func worse(a, b int) int {
	rank := []int{exitOK, exitMisuse, exitTrouble, exitViolation}
	if slices.Index(rank, b) > slices.Index(rank, a) {
		return b
	}
	return a
}

// targets returns where an entry is run.
func (r *replayer) targets(e listentest.Entry) []string {
	if len(r.named) > 0 {
		return r.named
	}
	names := slices.Concat(targets.Light(), e.Fails())
	for _, x := range e.Expects() {
		names = append(names, x.Target)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// replay runs one entry on one target and prints what came of it.
func (r *replayer) replay(ctx context.Context, e listentest.Entry, name string) {
	target, version := corpus.Release(name)
	if module, has := third.Module(target); version != "" && has != version {
		r.printf("%s on %s: skipped, this program has %s %s\n", e.Name, name, module, has)
		return
	}
	t, err := one(target)
	if err != nil {
		must := slices.Contains(r.named, name) || slices.Contains(e.Fails(), name)
		if misuse := (*listentest.MisuseError)(nil); must || errors.As(err, &misuse) {
			r.worst(r.failed(err))
			return
		}
		r.printf("%s on %s: skipped, %v\n", e.Name, name, err)
		return
	}
	defer func() {
		if err := letGo(t); err != nil {
			r.worst(r.failed(err))
		}
	}()
	runner := &listentest.Runner{Target: t}
	if len(r.named) > 0 {
		r.onNamed(ctx, e, runner)
		return
	}
	p, err := e.Replay(ctx, runner)
	if err != nil {
		r.worst(r.failed(fmt.Errorf("replay %s on %s: %w", e.Name, name, err)))
		return
	}
	r.moved(e, name, p)
	switch {
	case p.Problem != "":
		r.worst(exitViolation)
		r.printf("%s on %s: not as the header says: %s\n", e.Name, name, p.Problem)
		r.schedule(p.Schedule, p.History, t.Contract(), p.Verdict.First())
	case p.NotApplicable != "":
		r.printf("%s on %s: not applicable, %s\n", e.Name, name, p.NotApplicable)
	default:
		r.printf("%s on %s: as the header says\n", e.Name, name)
	}
}

// onNamed runs an entry on a target that was asked for, and prints what it did.
func (r *replayer) onNamed(ctx context.Context, e listentest.Entry, runner *listentest.Runner) {
	before, err := counters(runner.Target)
	if err != nil {
		r.worst(r.failed(err))
		return
	}
	p, err := e.Replay(ctx, runner)
	if err != nil {
		r.worst(r.failed(fmt.Errorf("replay %s on %s: %w", e.Name, runner.Target.Name(), err)))
		return
	}
	r.moved(e, p.Target, p)
	after, err := counters(runner.Target)
	if err != nil {
		r.worst(r.failed(err))
		return
	}
	r.verdict(ctx, e, runner, p)
	if text := counted(before, after); text != "" {
		r.printf("  counters: %s\n", text)
	}
}

// moved says who is held at a point that has another number by now.
func (r *replayer) moved(e listentest.Entry, target string, p listentest.Replay) {
	for _, text := range p.Moved {
		r.printf("%s on %s: %s\n", e.Name, target, text)
	}
}

// counters returns the kernel's counters of a target that has them.
func counters(t listentest.Target) (map[string]uint64, error) {
	c, ok := t.(interface {
		Counters() (map[string]uint64, error)
	})
	if !ok {
		return nil, nil
	}
	return c.Counters()
}

// counted says which counters have moved, and by how much.
func counted(before, after map[string]uint64) string {
	var moved []string
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if n := after[name] - before[name]; n > 0 {
			moved = append(moved, fmt.Sprintf("%s %d", name, n))
		}
	}
	return strings.Join(moved, ", ")
}

// verdict prints what a target that was asked for did, whatever the header
// says.
func (r *replayer) verdict(ctx context.Context, e listentest.Entry, runner *listentest.Runner, p listentest.Replay) {
	first := p.Verdict.First()
	if first != nil && first.Suspect {
		h, v, confirmed, err := listentest.Confirm(ctx, runner, p.Schedule, first.Promise)
		if err != nil {
			r.worst(r.failed(err))
			return
		}
		if confirmed {
			p.History, first = h, v.First()
		}
	}
	if first != nil && !first.Suspect {
		r.worst(exitViolation)
	}
	r.printf("%s on %s: %s\n", e.Name, p.Target, verdictText(first))
	r.schedule(p.Schedule, p.History, runner.Target.Contract(), first)
	for _, promise := range listentest.Promises() {
		r.printf("  %-12v %v\n", promise, p.Verdict.Of[promise])
	}
	r.observed(p.Verdict)
}
