package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/targets/sim"
)

// A faultInfo is a fault of the simulator, for JSON.
type faultInfo struct {
	Name   string   `json:"name"`
	Target string   `json:"target"`
	Doc    string   `json:"doc"`
	Class  string   `json:"class"`
	Zoo    string   `json:"zoo"`
	Impl   string   `json:"implementation"`
	Year   string   `json:"year,omitempty"`
	Link   string   `json:"link"`
	Breaks []string `json:"breaks"`
	Shown  string   `json:"shown"`
}

// faultsCommand lists the faults of the simulator, or says all of one.
func faultsCommand(_ context.Context, e *env, args []string) (int, error) {
	f := newFlags("faults", "[NAME] [-json]")
	asJSON := f.Bool("json", false, "print as JSON")
	names, err := f.parse(e, args)
	if err != nil {
		return 0, err
	}
	if len(names) > 1 {
		return 0, &listentest.MisuseError{Reason: fmt.Sprintf("faults takes one name, and %q is another", names[1])}
	}
	faults := sim.Catalogue()
	if len(names) == 1 {
		one, ok := sim.FaultOf(names[0])
		if !ok {
			return 0, &listentest.MisuseError{Reason: fmt.Sprintf("there is no fault %q", names[0]), Word: names[0], Known: sim.Faults()}
		}
		faults = []sim.Fault{one}
	}
	switch {
	case *asJSON:
		return exitOK, faultsJSON(e.stdout, faults)
	case len(names) == 1:
		return exitOK, printFault(e.stdout, faults[0])
	}
	return exitOK, printFaults(e.stdout, faults)
}

// shown returns the corpus entry that shows f.
func shown(f sim.Fault) (listentest.Entry, error) {
	entries, err := listentest.Corpus()
	if err != nil {
		return listentest.Entry{}, err
	}
	i := slices.IndexFunc(entries, func(e listentest.Entry) bool { return slices.Contains(e.Fails(), f.Target()) })
	if i < 0 {
		return listentest.Entry{}, fmt.Errorf("no entry of the corpus shows %s", f.Target())
	}
	return entries[i], nil
}

func breaks(f sim.Fault) (names []string) {
	for _, p := range f.Breaks {
		names = append(names, p.String())
	}
	return names
}

func faultsJSON(w io.Writer, faults []sim.Fault) error {
	rows := []faultInfo{}
	for _, f := range faults {
		entry, err := shown(f)
		if err != nil {
			return err
		}
		rows = append(rows, faultInfo{f.Name, f.Target(), f.Doc, f.Class, f.Zoo, f.Impl, f.Year, f.Link, breaks(f), entry.Schedule.String()})
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(map[string]any{"schema": schema, "with": with(), "faults": rows})
}

// printFault prints all that is known of a fault, and a schedule that shows it.
func printFault(w io.Writer, f sim.Fault) error {
	entry, err := shown(f)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s: %s\n\nclass   %s, %s\nafter   %s\nsource  %s\nbreaks  %s\nshown   by %s on %s\n\n%s",
		f.Name, f.Doc, f.Class, sim.Classes[f.Class], strings.TrimSpace(f.Impl+" "+f.Year), f.Link, strings.Join(breaks(f), ", "),
		entry.Name, f.Target(), indent(entry.Schedule.String()))
	return err
}

// printFaults prints a line each, by class.
func printFaults(w io.Writer, faults []sim.Fault) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	class := ""
	for _, f := range faults {
		if f.Class != class {
			class = f.Class
			fmt.Fprintf(t, "%s %s\n", class, sim.Classes[class])
		}
		fmt.Fprintf(t, "  %s\t%v\t%s\n", f.Name, f.Breaks[0], strings.TrimSpace(f.Impl+" "+f.Year))
	}
	fmt.Fprintln(t, "\nsim:FAULT injects one, sim:FAULT+FAULT both; listentest faults NAME says more.")
	return t.Flush()
}
