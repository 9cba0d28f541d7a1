package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"text/tabwriter"
	"time"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/ci/campaign"
	"github.com/listentest/listentest/sched"
)

// A report is what run prints, as text or as JSON.
type report struct {
	Schema      int          `json:"schema"`
	With        string       `json:"with"` // versions of the tool, Go and the kernel
	Network     string       `json:"network,omitempty"`
	Sched       string       `json:"sched"`
	Targets     []targetRow  `json:"targets"`
	Skipped     []skipped    `json:"skipped"`
	Troubles    []skipped    `json:"troubles"`
	Findings    []findingRow `json:"findings"`
	Interrupted bool         `json:"interrupted"`
	asked       bool         // for Sched
	start       time.Time
}

// schema is the version of the JSON form.
const schema = 1

type skipped struct {
	Target string `json:"target"`
	Reason string `json:"reason"`
}

type targetRow struct {
	Target       string                    `json:"target"`
	Level        string                    `json:"level"`
	Contract     listentest.Contract       `json:"contract"`
	Seed         uint64                    `json:"seed"`
	Cases        int                       `json:"cases"`
	Steps        int                       `json:"steps"`
	CasesPerS    float64                   `json:"cases_per_s"`
	PaceMS       int64                     `json:"pace_ms"`
	GraceMS      int64                     `json:"grace_ms"`
	Promises     map[string]map[string]int `json:"promises"`
	Policies     []policyRow               `json:"policies,omitempty"` // at control level full
	OneIn        int                       `json:"one_in"`             // see sched.OneIn
	Doubts       campaign.Doubts           `json:"doubts"`
	Coverage     coverageRow               `json:"coverage"`
	promiseOrder []string
}

type findingRow struct {
	Target     string `json:"target"`
	Promise    string `json:"promise"`
	Text       string `json:"text"`
	Case       int    `json:"case"`
	Policy     string `json:"policy"`
	Seed       uint64 `json:"seed"`
	Schedule   string `json:"schedule"`
	Steps      int    `json:"steps"`
	DrawnSteps int    `json:"drawn_steps"`
	Executions int    `json:"executions"`
	Seen       int    `json:"seen"`
	Tries      int    `json:"tries"`
	File       string `json:"file,omitempty"`
}

func newReport(network string) *report {
	return &report{Schema: schema, With: with(), Network: network, start: time.Now(),
		Targets: []targetRow{}, Skipped: []skipped{}, Troubles: []skipped{}, Findings: []findingRow{}}
}

// with names what a result was obtained with.
func with() string {
	return fmt.Sprintf("listentest %s, %s, %s %s", version(), runtime.Version(), runtime.GOOS, kernel())
}

func version() string {
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" {
		return b.Main.Version
	}
	return "(devel)"
}

// kernel returns the kernel's release, where it can be read.
func kernel() string {
	b, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return "of unknown release"
	}
	return string(b[:max(len(b)-1, 0)])
}

func versionCommand(_ context.Context, e *env, _ []string) (int, error) {
	fmt.Fprintln(e.stdout, with())
	return exitOK, nil
}

// add enters the row of a campaign.
func (r *report) add(row campaign.Row, c coverageRow) {
	t := targetRow{Target: row.Target, Level: row.Level.String(), Contract: row.Contract, Seed: row.Seed, Cases: row.Cases, Steps: row.Steps,
		CasesPerS: float64(row.Cases) / row.Elapsed.Seconds(), Promises: map[string]map[string]int{},
		PaceMS: listentest.DefaultPace.Milliseconds(), GraceMS: listentest.DefaultGrace.Milliseconds()}
	t.Policies, t.OneIn = policyRows(row.Policies), sched.OneIn(row.Cases)
	t.Doubts, t.Coverage = row.Doubts, c
	for _, p := range listentest.Promises() {
		counts := map[string]int{}
		for _, s := range listentest.Statuses() {
			counts[s.String()] = row.Count(p, s)
		}
		t.Promises[p.String()] = counts
		t.promiseOrder = append(t.promiseOrder, p.String())
	}
	r.Targets = append(r.Targets, t)
	for _, f := range row.Findings {
		r.Findings = append(r.Findings, findingRow{Target: f.Target, Promise: f.Promise.String(), Text: f.Violation.Text,
			Case: f.Case, Policy: f.Policy.String(), Seed: row.Seed, Schedule: f.Schedule.String(), Steps: len(f.Schedule.Steps), DrawnSteps: len(f.Drawn.Steps),
			Executions: f.Executions, Seen: f.Seen, Tries: f.Tries})
	}
}

// saveFinding writes a finding's file and enters its name.
func (r *report) saveFinding(dir string, f campaign.Finding, row campaign.Row) (string, error) {
	file, err := saveFinding(dir, f.Finding, caseOf(f, row.Seed), row.Level, row.Contract)
	for i := range r.Findings {
		if g := &r.Findings[i]; g.Target == f.Target && g.Promise == f.Promise.String() {
			g.File = file
		}
	}
	return file, err
}

// status is the exit status; named says that the targets were asked for by
// name, so that none may be missing.
func (r *report) status(named bool) int {
	for _, t := range r.Targets {
		for _, counts := range t.Promises {
			if counts[listentest.Violated.String()] > 0 {
				return exitViolation
			}
		}
	}
	switch {
	case len(r.Troubles) > 0 || named && len(r.Skipped) > 0 && !r.Interrupted:
		return exitTrouble
	case r.Interrupted:
		return exitInterrupted
	}
	return exitOK
}

func (r *report) printJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := enc.Encode(r); err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	return nil
}

// printTable prints target × promise, so that what was not checked shows.
func (r *report) printTable(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(t, "target\tpromise")
	for _, s := range listentest.Statuses() {
		fmt.Fprintf(t, "\t%v", s)
	}
	fmt.Fprintln(t)
	for _, row := range r.Targets {
		for _, p := range row.promiseOrder {
			fmt.Fprintf(t, "%s\t%s", row.Target, p)
			for _, s := range listentest.Statuses() {
				fmt.Fprintf(t, "\t%d", row.Promises[p][s.String()])
			}
			fmt.Fprintln(t)
		}
	}
	t.Flush()
	for _, row := range r.Targets {
		fmt.Fprintf(w, "%s: %d cases, %d steps, %.0f cases/s, control level %s\n", row.Target, row.Cases, row.Steps, row.CasesPerS, row.Level)
		if d := row.Doubts; d.Cases > 0 {
			fmt.Fprintf(w, "%s: the listener's own count is in doubt in %d cases, first in case %d: %s\n", row.Target, d.Cases, d.Case, d.Text)
		}
		printCoverage(w, row)
		r.printClaims(w, row)
	}
	for _, s := range r.Skipped {
		fmt.Fprintf(w, "%s: skipped, %s\n", s.Target, s.Reason)
	}
	for _, s := range r.Troubles {
		fmt.Fprintf(w, "%s: trouble, %s\n", s.Target, s.Reason)
	}
	if r.Interrupted {
		fmt.Fprintln(w, "interrupted: this is what was done until then")
	}
}
