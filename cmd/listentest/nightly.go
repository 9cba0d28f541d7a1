package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/ci/campaign"
	"github.com/listentest/listentest/corpus"
)

// A night is a nightly on its way.
type night struct {
	printer
	queue  *campaign.NightFile
	folder campaign.Folder
	fresh  int // findings that were not there before
}

func nightlyCommand(ctx context.Context, e *env, args []string) (int, error) {
	f := newFlags("nightly", "[-for D] [-settings FILE] [-state DIR] [-canary=false]")
	length := f.Duration("for", time.Hour, "how long, shared by the jobs; one that was interrupted goes on")
	settings := f.String("settings", "ci/nightly.settings", "the `file` with the jobs")
	state := f.String("state", "nightly", "the `folder` for the state, findings and the summary")
	canary := f.Bool("canary", true, "run the canary; a night without one that was found is broken")
	rest, err := f.parse(e, args)
	if err != nil {
		return 0, err
	}
	if len(rest) > 0 || *length <= 0 {
		return 0, &listentest.MisuseError{Reason: "nightly takes no argument, and -for more than 0"}
	}
	jobs, err := readSettings(*settings, *canary)
	if err != nil {
		return 0, err
	}
	isolate([]string{"tcp"})
	n := &night{printer: printer{env: e}, folder: campaign.Folder(*state)}
	queue, resumed, err := campaign.OpenNight(filepath.Join(*state, "night.json"), *length, jobs)
	if err != nil {
		return 0, err
	}
	n.queue = queue
	n.printf("night %d of %v; %s", queue.Number, queue.Length, with())
	if resumed {
		n.printf("; it goes on")
	}
	n.printf("\n")
	if err := n.run(ctx); err != nil {
		return 0, err
	}
	return n.summary(ctx.Err() != nil)
}

// readSettings reads the jobs, but for canaries if there is to be none.
func readSettings(file string, canary bool) ([]campaign.Job, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the settings: %w", err)
	}
	all, err := campaign.ParseSettings(file, string(text))
	if err != nil {
		return nil, err
	}
	var jobs []campaign.Job
	for _, j := range all {
		if j.Kind != campaign.GoJob {
			if _, err := open([]string{j.Args}); err != nil {
				return nil, err
			}
		}
		if canary || j.Kind != campaign.CanaryJob {
			jobs = append(jobs, j)
		}
	}
	return jobs, nil
}

// run works until the night is over; first it shrinks what an interrupted one
// had seen.
func (n *night) run(ctx context.Context) error {
	if err := n.folder.Sweep(); err != nil {
		return err
	}
	if err := n.shrinkSeen(ctx); err != nil {
		return err
	}
	for ctx.Err() == nil {
		s, ok := n.queue.Next()
		if !ok {
			break
		}
		job := n.queue.Jobs[s.Job].Job
		start := time.Now()
		r, err := n.slice(ctx, job, s)
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			break // cut short: it is done again
		}
		r.Spent = time.Since(start)
		if err := n.queue.Done(s, r); err != nil {
			return fmt.Errorf("%w; trouble until then: %s", err, strings.Join(r.Trouble, "; "))
		}
		n.printf("%v: round %d, %d cases, %d broken\n", job, s.Round+1, r.Cases, r.Broken)
	}
	return nil
}

// canaryCases are enough to find what must be found.
const canaryCases = 100_000

// slice runs one slice. An error is of our own files; what keeps a job from
// running is in the result.
func (n *night) slice(ctx context.Context, job campaign.Job, s campaign.Slice) (campaign.Result, error) {
	if job.Kind == campaign.GoJob {
		return n.goSlice(ctx, job, s)
	}
	t, err := one(job.Args)
	if err != nil {
		return campaign.Result{Trouble: []string{err.Error()}}, nil
	}
	var seen []string
	plan := campaign.Plan{Target: t, Seed: s.Seed, For: s.For}
	if job.Kind == campaign.CanaryJob {
		plan.Cases = canaryCases
	} else {
		plan.Found = func(f campaign.Finding) error {
			name := f.Promise.String() + "-" + f.FileName()
			seen = append(seen, name)
			if err := n.folder.Keep(f.Entry(), name); err != nil { // then the message is what is left of it
				return fmt.Errorf("%s breaks %v, and it cannot be kept: %w\n%v", f.Target, f.Promise, err, f.Schedule)
			}
			return nil
		}
	}
	row, err := campaign.Run(ctx, plan)
	r := campaign.Result{Cases: row.Cases, Steps: row.Steps}
	if err != nil {
		r.Trouble = append(r.Trouble, err.Error())
	}
	if err := letGo(t); err != nil {
		r.Trouble = append(r.Trouble, err.Error())
	}
	for _, f := range row.Findings {
		r.Broken += row.Count(f.Promise, listentest.Violated)
		if job.Kind == campaign.CanaryJob {
			continue
		}
		if err := n.add(f.Finding, corpus.Key{Name: "found", Value: caseOf(f, s.Seed)}); err != nil {
			return r, err
		}
	}
	if len(r.Trouble) > 0 { // what was seen may not be shrunk: the next night does it
		return r, nil
	}
	return r, n.forget(seen)
}

// add keeps a shrunk finding, and prints it if it is a new one.
func (n *night) add(f listentest.Finding, more ...corpus.Key) error {
	fresh, err := n.folder.Add(f.Entry(append(needs(f), more...)...), f.FileName())
	if fresh && err == nil {
		n.fresh++
		n.printf("%s breaks %v: %s\n%s", f.Target, f.Promise, f.Violation.Text, indent(f.Schedule.String()))
	}
	return err
}

// forget takes away what was seen and is shrunk by now.
func (n *night) forget(names []string) error {
	for _, name := range names {
		err := os.Remove(filepath.Join(string(n.folder), "seen", name+".sched"))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("forget what was seen: %w", err)
		}
	}
	return nil
}

// shrinkSeen shrinks what was seen by a night that was interrupted.
func (n *night) shrinkSeen(ctx context.Context) error {
	files, err := n.folder.Seen()
	if err != nil {
		return err
	}
	for _, file := range files {
		e, err := readEntry(file, false)
		if err != nil {
			return err
		}
		promise, _ := listentest.ParsePromise(e.Value("invariant"))
		t, err := one(strings.Join(e.Fails(), " "))
		if err != nil {
			n.printf("%s stays as it was seen: %v\n", file, err)
			continue
		}
		f, err := listentest.Shrink(ctx, &listentest.Runner{Target: t}, e.Schedule, listentest.Violation{Promise: promise, Text: e.Value("why")})
		if err != nil {
			n.printf("%s stays as it was seen: %v\n", file, err)
			continue
		}
		if err := n.add(f, corpus.Key{Name: "found", Value: "by a night that was interrupted"}); err != nil {
			return err
		}
		if err := os.Remove(file); err != nil {
			return err
		}
	}
	return nil
}

// goSlice runs the go command. What it saves under a testdata/listentest
// becomes a finding of ours.
func (n *night) goSlice(ctx context.Context, job campaign.Job, s campaign.Slice) (campaign.Result, error) {
	const patience = 5 * time.Minute // beyond the budget: building, and seeds
	ctx, cancel := context.WithTimeout(ctx, s.For+patience)
	defer cancel()
	args := strings.Fields(strings.NewReplacer("{budget}", s.For.Round(time.Second).String(), "{seed}", fmt.Sprint(s.Seed)).Replace(job.Args))
	out, err := exec.CommandContext(ctx, "go", args...).CombinedOutput()
	r := campaign.Result{}
	switch {
	case err == nil:
	case ctx.Err() != nil || !strings.Contains(string(out), "--- FAIL: "): // no test has failed: it did not build, or did not end
		r.Trouble = append(r.Trouble, fmt.Sprintf("go %s: %v", job.Args, err))
	default:
		r.Broken = 1
		file := filepath.Join(string(n.folder), "found", "go", fmt.Sprintf("job-%d-round-%d.txt", s.Job, s.Round))
		if err := corpus.WriteFile(file, out); err != nil {
			return r, err
		}
	}
	return r, n.collect()
}

// collect adds what tests have saved beside themselves.
func (n *night) collect() error {
	files, err := filepath.Glob("*/testdata/listentest/*/*.sched")
	if err != nil {
		return err
	}
	for _, file := range files {
		e, err := readEntry(file, false)
		if err != nil {
			return err
		}
		fresh, err := n.folder.Add(e.Entry, strings.TrimSuffix(filepath.Base(file), ".sched"))
		if err != nil {
			return err
		}
		if fresh {
			n.fresh++
		}
	}
	return nil
}

// A nightReport is the summary as JSON.
type nightReport struct {
	Schema   int                 `json:"schema"`
	With     string              `json:"with"`
	Night    int                 `json:"night"`
	Over     bool                `json:"over"`
	Canary   bool                `json:"canary_found"`
	Fresh    int                 `json:"fresh_findings"`
	Findings []string            `json:"findings"`
	Jobs     []campaign.NightJob `json:"jobs"`
}

// summary prints and writes what came of the night, and returns the exit
// status.
func (n *night) summary(interrupted bool) (int, error) {
	found, err := n.folder.Found()
	if err != nil {
		return 0, err
	}
	r := nightReport{Schema: schema, With: with(), Night: n.queue.Number, Over: !interrupted, Fresh: n.fresh, Findings: found, Jobs: n.queue.Jobs}
	status, broken, trouble := exitOK, 0, 0
	for _, j := range r.Jobs {
		if j.Kind == campaign.CanaryJob {
			r.Canary = r.Canary || j.Broken > 0
		} else {
			broken += j.Broken
		}
		trouble += len(j.Trouble)
	}
	switch {
	case broken > 0:
		status = exitViolation
	case interrupted:
		status = exitInterrupted
	case !r.Canary || trouble > 0:
		status = exitTrouble
	}
	text := r.text()
	n.printf("%s", text)
	b, err := json.MarshalIndent(r, "", "  ")
	if err == nil {
		err = corpus.WriteFile(filepath.Join(string(n.folder), "summary.json"), append(b, '\n'))
	}
	if err == nil {
		err = corpus.WriteFile(filepath.Join(string(n.folder), "summary.txt"), []byte(text))
	}
	return status, err
}

func (r nightReport) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\nnight %d, %s\n", r.Night, r.With)
	for _, j := range r.Jobs {
		fmt.Fprintf(&b, "%8.1fs %4d rounds %10d cases %12d steps %6d broken  %v\n", j.Spent.Seconds(), j.Rounds, j.Cases, j.Steps, j.Broken, j.Job)
		for _, t := range j.Trouble {
			fmt.Fprintf(&b, "          trouble: %s\n", t)
		}
	}
	fmt.Fprintf(&b, "%d new findings, %d in all\n", r.Fresh, len(r.Findings))
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "  %s\n", f)
	}
	switch {
	case !r.Over:
		b.WriteString("interrupted: the same command goes on\n")
	case !r.Canary:
		b.WriteString("the night is BROKEN: no canary was found, so that nothing else it says can be trusted\n")
	}
	return b.String()
}
