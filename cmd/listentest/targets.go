package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/targets"
	"github.com/listentest/listentest/targets/sim"
)

func targetsCommand(_ context.Context, e *env, args []string) (int, error) {
	f := newFlags("targets", "[-json]")
	asJSON := f.Bool("json", false, "print as JSON")
	if _, err := f.parse(e, args); err != nil {
		return 0, err
	}
	openings, err := open(targets.Light())
	if err != nil {
		return 0, err
	}
	type row struct {
		Name     string               `json:"name"`
		Level    string               `json:"level,omitempty"`
		Contract *listentest.Contract `json:"contract,omitempty"`
		Missing  string               `json:"missing,omitempty"`
	}
	rows := []row{}
	for _, o := range openings {
		if o.err != nil {
			rows = append(rows, row{Name: o.name, Missing: o.err.Error()})
			continue
		}
		c := o.target.Contract()
		rows = append(rows, row{Name: o.name, Level: listentest.LevelOf(o.target).String(), Contract: &c})
	}
	if *asJSON {
		enc := json.NewEncoder(e.stdout)
		enc.SetIndent("", "  ")
		return exitOK, enc.Encode(map[string]any{"schema": schema, "with": with(), "targets": rows})
	}
	for _, r := range rows {
		if r.Missing != "" {
			fmt.Fprintf(e.stdout, "%s: cannot run here, %s\n\n", r.Name, r.Missing)
			continue
		}
		fmt.Fprintf(e.stdout, "%s: control level %s\n%s\n", r.Name, r.Level, indent(r.Contract.String()))
	}
	fmt.Fprintln(e.stdout, "faults of sim, as sim:FAULT or sim:FAULT+FAULT:")
	for _, f := range sim.Catalogue() {
		fmt.Fprintf(e.stdout, "  %-20s breaks %-11v %s\n", f.Name, f.Promise, f.Doc)
	}
	return exitOK, nil
}
