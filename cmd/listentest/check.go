package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/targets"
	"github.com/listentest/listentest/targets/preset"
)

// checkCommand judges histories that were recorded elsewhere.
func checkCommand(_ context.Context, e *env, args []string) (int, error) {
	f := newFlags("check", "HISTORY… -contract NAME|FILE [-json]")
	name := f.String("contract", "", "what the listener promises: a preset, a `target` of this machine, or a contract's file")
	asJSON := f.Bool("json", false, "print as JSON")
	files, err := f.parse(e, args)
	switch {
	case err != nil:
		return 0, err
	case len(files) == 0:
		return 0, &listentest.MisuseError{Reason: "check needs a file with a history, or - for standard input"}
	case *name == "":
		return 0, &listentest.MisuseError{Reason: "check needs -contract NAME or FILE", Known: contractNames()}
	}
	c, err := contractOf(*name)
	if err != nil {
		return 0, err
	}
	status := exitOK
	out := &printer{env: e, quiet: *asJSON}
	rows := []checkRow{}
	for _, file := range files {
		h, err := readHistory(file)
		if err != nil {
			status = worse(status, e.failed(err)) // the others are judged all the same
			continue
		}
		v := listentest.Check(h, c)
		if first := v.First(); first != nil && !first.Suspect {
			status = exitViolation
		}
		rows = append(rows, newCheckRow(file, h, c, v))
		out.judged(file, h, c, v)
	}
	if *asJSON {
		return status, checkJSON(e.stdout, c, rows)
	}
	return status, nil
}

// contractNames lists the contracts that have a name.
func contractNames() []string {
	names := targets.Light()
	for _, p := range preset.All() {
		names = append(names, p.Name)
	}
	return names
}

// contractOf returns the contract of a preset, a target or a file.
func contractOf(name string) (listentest.Contract, error) {
	if p, ok := preset.Get(name); ok {
		return p.Contract, nil
	}
	if base, _, _ := strings.Cut(name, ":"); slices.Contains(targets.Light(), base) {
		t, err := one(name)
		if err != nil {
			return listentest.Contract{}, err
		}
		return t.Contract(), nil
	}
	text, err := os.ReadFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !strings.ContainsAny(name, "/."):
		return listentest.Contract{}, &listentest.MisuseError{
			Reason: fmt.Sprintf("there is no preset, no target and no file %q", name), Word: name, Known: contractNames()}
	case err != nil:
		return listentest.Contract{}, fmt.Errorf("read a contract: %w", err)
	}
	c, _, err := listentest.ParseContract(name, string(text))
	return c, err
}

// readHistory reads a history in either form.
func readHistory(file string) (h listentest.History, err error) {
	var b []byte
	if file == "-" {
		file = "standard input"
		b, err = io.ReadAll(os.Stdin)
	} else {
		b, err = os.ReadFile(file)
	}
	if err != nil {
		return h, fmt.Errorf("read a history: %w", err)
	}
	text := strings.TrimPrefix(string(b), "\ufeff") // some editors begin a file so
	parse := listentest.ParseHistory
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		parse = listentest.ParseHistoryJSON
	}
	h, err = parse(text)
	if syntax := (*listentest.SyntaxError)(nil); errors.As(err, &syntax) {
		syntax.File = file
	}
	return h, err
}

// judged prints what there is to say of a history.
func (p *printer) judged(file string, h listentest.History, c listentest.Contract, v listentest.Verdict) {
	first := v.First()
	p.printf("%s: %s\n\n", file, verdictText(first))
	if first != nil {
		p.printf("%s\n%s\n", indent(listentest.AccountFor(h, c, *first).String()), indent(listentest.PictureAround(h, c, first)))
		p.printf("%s", legend)
	}
	for i := range v.Violations {
		if w := &v.Violations[i]; w != first {
			p.printf("  also: %s\n", verdictText(w))
		}
	}
	p.observed(v)
	if len(v.Violations) > 1 || len(v.Observations) > 0 {
		p.printf("\n")
	}
	for _, promise := range listentest.Promises() {
		p.printf("  %-12v %v\n", promise, v.Of[promise])
	}
	p.printf("\n  %s\n", exactText(v))
	if slices.Contains(v.Of[:], listentest.Unknown) {
		p.printf("  unknown means undecided: nothing in this history showed it, so it is not held\n")
	}
	p.printf("\n")
}

// observed prints what is worth knowing and breaks nothing.
func (p *printer) observed(v listentest.Verdict) {
	for _, o := range v.Observations {
		p.printf("  observed: %s\n", o.Text)
	}
}

// verdictText says what counts of a verdict.
func verdictText(v *listentest.Violation) string {
	switch {
	case v == nil:
		return "nothing is violated"
	case v.Suspect:
		return fmt.Sprintf("%v is suspect: %s", v.Promise, v.Text)
	}
	return fmt.Sprintf("%v is violated: %s", v.Promise, v.Text)
}

// exactText says how sure it is that nothing was missed.
func exactText(v listentest.Verdict) string {
	first := v.First()
	switch {
	case v.Exact:
		return "decided exactly: every order of what overlapped was searched"
	case first != nil && !first.Suspect:
		return "decided by counting alone: the violation is certain without a search of every order"
	}
	return "decided by counting alone: not every order of what overlapped was searched, so something may be hidden"
}

// A checkRow is a history judged, for JSON. Events count from 1.
type checkRow struct {
	File         string            `json:"file"`
	Events       int               `json:"events"`
	Exact        bool              `json:"exact"`
	Promises     map[string]string `json:"promises"`
	Violations   []violationRow    `json:"violations"`
	Observations []string          `json:"observations"`
	Account      *accountRow       `json:"account,omitempty"`
}

type violationRow struct {
	Promise string `json:"promise"`
	Suspect bool   `json:"suspect"`
	Text    string `json:"text"`
	Op      int32  `json:"op,omitempty"`
	From    int    `json:"from"`
	To      int    `json:"to"`
}

// An accountRow accounts for the violation that counts.
type accountRow struct {
	Promise      string   `json:"promise"`
	From         int      `json:"from"`
	To           int      `json:"to"`
	Fewest       int32    `json:"fewest"`
	Most         int32    `json:"most"`
	Guaranteed   *int32   `json:"guaranteed"` // null is not stated
	Max          *int32   `json:"max"`
	Sure         []string `json:"sure"`
	Perhaps      []string `json:"perhaps"`
	LawfulEvents int      `json:"lawful_events"` // at the beginning
	Lawful       []string `json:"lawful_had"`
}

func newCheckRow(file string, h listentest.History, c listentest.Contract, v listentest.Verdict) checkRow {
	r := checkRow{File: file, Events: len(h.Events), Exact: v.Exact, Promises: map[string]string{}, Violations: []violationRow{}, Observations: []string{}}
	for _, p := range listentest.Promises() {
		r.Promises[p.String()] = v.Of[p].String()
	}
	for _, w := range v.Violations {
		r.Violations = append(r.Violations, violationRow{w.Promise.String(), w.Suspect, w.Text, w.Op, w.From + 1, w.To + 1})
	}
	for _, o := range v.Observations {
		r.Observations = append(r.Observations, o.Text)
	}
	if first := v.First(); first != nil {
		a := listentest.AccountFor(h, c, *first)
		r.Account = &accountRow{Promise: first.Promise.String(), From: a.From + 1, To: a.To + 1, Fewest: a.Fewest, Most: a.Most,
			Sure: append([]string{}, a.Sure...), Perhaps: append([]string{}, a.Perhaps...),
			LawfulEvents: a.Prefix, Lawful: append([]string{}, a.Remedies...)}
		if c.Guaranteed.Stated {
			r.Account.Guaranteed = &a.Guaranteed
		}
		if a.Max < math.MaxInt32 {
			r.Account.Max = &a.Max
		}
	}
	return r
}

func checkJSON(w io.Writer, c listentest.Contract, rows []checkRow) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := enc.Encode(map[string]any{"schema": schema, "with": with(), "contract": c, "histories": rows}); err != nil {
		return fmt.Errorf("print the verdicts: %w", err)
	}
	return nil
}
