package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/listentest/listentest"
)

// explainCommand says what promises and fields of contracts mean. A name may
// be both, as credit is.
func explainCommand(_ context.Context, e *env, args []string) (int, error) {
	f := newFlags("explain", "[PROMISE | FIELD]")
	names, err := f.parse(e, args)
	switch {
	case err != nil:
		return 0, err
	case len(names) > 1:
		return 0, &listentest.MisuseError{Reason: fmt.Sprintf("explain takes one name, and %q is another", names[1])}
	case len(names) == 0:
		return exitOK, explainAll(e)
	}
	name := names[0]
	p, isPromise := listentest.ParsePromise(name)
	text, isField := listentest.ExplainField(name)
	if !isPromise && !isField {
		return 0, &listentest.MisuseError{Reason: fmt.Sprintf("there is no promise and no field of a contract %q", name), Word: name, Known: explained()}
	}
	if isPromise {
		fmt.Fprintf(e.stdout, "promise %v: %s\n\n%s", p, p.Doc(), p.Explain())
	}
	if isPromise && isField {
		fmt.Fprintln(e.stdout)
	}
	if isField {
		fmt.Fprintf(e.stdout, "field %s of a contract\n%s", name, text)
	}
	return exitOK, nil
}

// explained lists the names that explain knows.
func explained() (names []string) {
	for _, p := range listentest.Promises() {
		names = append(names, p.String())
	}
	for _, f := range listentest.ContractFields() {
		if _, both := listentest.ParsePromise(f[0]); !both {
			names = append(names, f[0])
		}
	}
	return names
}

func explainAll(e *env) error {
	t := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "promises, of which the first counts where several break at once:")
	for _, p := range listentest.Promises() {
		fmt.Fprintf(t, "  %v\t%s\n", p, p.Doc())
	}
	fmt.Fprintln(t, "\nfields of a contract:")
	for _, f := range listentest.ContractFields() {
		fmt.Fprintf(t, "  %s\t%s\n", f[0], f[1])
	}
	fmt.Fprintln(t, "\nlistentest explain NAME says more of one.")
	return t.Flush()
}
