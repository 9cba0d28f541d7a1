package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/targets"
)

// A measuredTarget is what contract found of a target.
type measuredTarget struct {
	Target  string                   `json:"target"`
	Missing string                   `json:"missing,omitempty"`
	Terms   []listentest.Measurement `json:"terms,omitempty"`
}

// contractCommand measures targets, and ends in a violation if one does
// otherwise than is stated.
func contractCommand(ctx context.Context, e *env, args []string) (int, error) {
	f := newFlags("contract", "[-target T]… [-json]")
	var names words
	f.Var(&names, "target", "a `target`, as tcp or sim:as=freebsd-tcp; may be given several times (default sim, tcp and unix)")
	asJSON := f.Bool("json", false, "print as JSON")
	rest, err := f.parse(e, args)
	if err != nil {
		return 0, err
	}
	if len(rest) > 0 {
		return 0, &listentest.MisuseError{Reason: fmt.Sprintf("contract takes no argument, and %q is one; targets are given by -target", rest[0])}
	}
	asked := len(names) > 0
	if !asked {
		names = targets.Light()
	}
	network := isolate(names)
	openings, err := open(names)
	if err != nil {
		return 0, err
	}
	all, status, err := measure(ctx, openings, asked)
	if err != nil {
		return 0, err
	}
	if *asJSON {
		enc := json.NewEncoder(e.stdout)
		enc.SetIndent("", "  ")
		return status, enc.Encode(map[string]any{"schema": schema, "with": with(), "network": network, "targets": all})
	}
	return status, printMeasured(e.stdout, all)
}

// measure measures targets, and says how that ends; one of which nothing could be
// measured is trouble. What was measured before an interruption stands.
func measure(ctx context.Context, openings []opening, asked bool) (all []measuredTarget, status int, err error) {
	for _, o := range openings {
		if o.err != nil {
			all = append(all, measuredTarget{Target: o.name, Missing: o.err.Error()})
			if asked {
				status = exitTrouble
			}
			continue
		}
		terms, err := listentest.Measure(ctx, &listentest.Runner{Target: o.target})
		if ctx.Err() != nil {
			return all, exitInterrupted, nil
		}
		if err != nil {
			return nil, 0, fmt.Errorf("measure %s: %w", o.name, err)
		}
		differ := func(m listentest.Measurement) bool { return m.Differ }
		seen := func(m listentest.Measurement) bool { return m.Missing == "" }
		switch {
		case !slices.ContainsFunc(terms, seen):
			status = exitTrouble
		case status == exitOK && slices.ContainsFunc(terms, differ):
			status = exitViolation
		}
		all = append(all, measuredTarget{Target: o.name, Terms: terms})
	}
	return all, status, nil
}

func printMeasured(w io.Writer, all []measuredTarget) error {
	for i, m := range all {
		if i > 0 {
			fmt.Fprintln(w)
		}
		if m.Missing != "" {
			fmt.Fprintf(w, "%s: cannot run here, %s\n", m.Target, m.Missing)
			continue
		}
		fmt.Fprintf(w, "%s\n", m.Target)
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "  term\tstated\tseen")
		differ, missing := 0, 0
		for _, r := range m.Terms {
			seen := r.Seen
			switch {
			case r.Missing != "":
				seen = "not measured: " + r.Missing
				missing++
			case r.Differ:
				seen += " ◀ differs"
				differ++
			}
			fmt.Fprintf(t, "  %s\t%s\t%s\n", r.What, r.Stated, seen)
		}
		if err := t.Flush(); err != nil {
			return err
		}
		fmt.Fprintf(w, "  %d of %d terms differ from what is stated", differ, len(m.Terms))
		if missing > 0 {
			fmt.Fprintf(w, ", %d were not measured", missing)
		}
		fmt.Fprintln(w)
	}
	return nil
}
