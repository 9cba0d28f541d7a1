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
	"github.com/listentest/listentest/targets"
	"github.com/listentest/listentest/targets/preset"
	"github.com/listentest/listentest/targets/sim"
	"github.com/listentest/listentest/targets/third"
)

// A targetInfo is a target of this machine, or why there is none.
type targetInfo struct {
	Name     string               `json:"name"`
	Level    string               `json:"level,omitempty"`
	Contract *listentest.Contract `json:"contract,omitempty"`
	Missing  string               `json:"missing,omitempty"`
}

// A presetInfo is a preset, for JSON.
type presetInfo struct {
	Name       string              `json:"name"`
	Row        int                 `json:"row"`
	Title      string              `json:"title"`
	Evidence   []string            `json:"evidence"`
	Unverified string              `json:"unverified,omitempty"`
	Source     string              `json:"source"`
	Notes      []string            `json:"notes"`
	Contract   listentest.Contract `json:"contract"`
}

func targetsCommand(_ context.Context, e *env, args []string) (int, error) {
	f := newFlags("targets", "[NAME] [-json]")
	asJSON := f.Bool("json", false, "print as JSON")
	names, err := f.parse(e, args)
	if err != nil {
		return 0, err
	}
	if len(names) > 1 {
		return 0, &listentest.MisuseError{Reason: fmt.Sprintf("targets takes one name, and %q is another", names[1])}
	}
	presets := preset.All()
	if len(names) == 0 {
		names = targets.Light()
	} else if p, ok := preset.Get(names[0]); ok {
		names, presets = nil, []preset.Preset{p}
	} else if err := knownTarget(names[0]); err != nil {
		return 0, err
	} else {
		presets = nil
	}
	openings, err := open(names)
	if err != nil {
		return 0, err
	}
	infos := []targetInfo{}
	for _, o := range openings {
		if o.err != nil {
			infos = append(infos, targetInfo{Name: o.name, Missing: o.err.Error()})
			continue
		}
		c := o.target.Contract()
		infos = append(infos, targetInfo{Name: o.name, Level: listentest.LevelOf(o.target).String(), Contract: &c})
	}
	switch {
	case *asJSON:
		return exitOK, targetsJSON(e.stdout, infos, presets)
	case len(infos) == 0:
		fmt.Fprint(e.stdout, presets[0].Text)
		return exitOK, nil
	case presets == nil:
		return exitOK, printTarget(e.stdout, infos[0])
	}
	return exitOK, printTargets(e.stdout, infos, presets)
}

// knownTarget returns nil if there may be a target of that name, and else the
// names of all targets and presets.
func knownTarget(name string) error {
	base, _, _ := strings.Cut(name, ":")
	known := targetNames()
	if slices.Contains(known, base) {
		return nil
	}
	for _, p := range preset.All() {
		known = append(known, p.Name)
	}
	return &listentest.MisuseError{Reason: fmt.Sprintf("there is no target and no preset %q", name), Word: name, Known: known}
}

func targetsJSON(w io.Writer, infos []targetInfo, presets []preset.Preset) error {
	rows := []presetInfo{}
	for _, p := range presets {
		rows = append(rows, presetInfo{p.Name, p.Row, p.Title, p.Evidence, p.Unverified, p.Source, p.Notes, p.Contract})
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(map[string]any{"schema": schema, "with": with(), "targets": infos, "presets": rows})
}

// printTarget prints a target's contract as a file, as presets are.
func printTarget(w io.Writer, t targetInfo) error {
	if t.Missing != "" {
		return fmt.Errorf("target %s cannot run here: %s", t.Name, t.Missing)
	}
	fmt.Fprintf(w, "format: 1\ntitle: target %s on this machine\nsource: %s\nnote: control level %s\n\n%v", t.Name, with(), t.Level, *t.Contract)
	return nil
}

// printTargets prints the targets with their contracts, the faults of sim,
// and the presets, a line each.
func printTargets(w io.Writer, infos []targetInfo, presets []preset.Preset) error {
	for _, t := range infos {
		if t.Missing != "" {
			fmt.Fprintf(w, "%s: cannot run here, %s\n\n", t.Name, t.Missing)
			continue
		}
		fmt.Fprintf(w, "%s: control level %s\n%s\n", t.Name, t.Level, indent(t.Contract.String()))
	}
	fmt.Fprintf(w, "sim has %d faults: listentest faults\n", len(sim.Catalogue()))
	fmt.Fprintln(w, "\nlisteners of others, in processes of their own; listentest targets NAME prints the contract of one:")
	for _, name := range third.Names() {
		of := "a reference of ours"
		if path, version := third.Module(name); path != "" {
			of = path + " " + version
		}
		fmt.Fprintf(w, "  %s (%s)\n", name, of)
	}
	fmt.Fprintln(w, "\npresets, contracts of known listeners; listentest targets NAME prints the file of one:")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "  name\tevidence\tguaranteed\tmax\tadmit\tcredit\toverflow\ttitle")
	for _, p := range presets {
		c := p.Contract
		fmt.Fprintf(t, "  %s\t%s\t%v\t%v\t%v\t%v\t%v\t%s\n",
			p.Name, strings.Join(p.Evidence, ", "), c.Guaranteed, c.Max, c.Admit, c.Credit, c.Overflow, p.Title)
	}
	return t.Flush()
}
