package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/listentest/listentest"
)

// errHelp says that help was asked for and given.
var errHelp = errors.New("help")

// A flagSet is a command's flags, which may stand before and after its
// arguments.
type flagSet struct {
	*flag.FlagSet
	synopsis string
}

func newFlags(name, synopsis string) flagSet {
	f := flagSet{flag.NewFlagSet(name, flag.ContinueOnError), synopsis}
	f.SetOutput(io.Discard)
	return f
}

// parse returns the arguments that are no flags.
func (f flagSet) parse(e *env, args []string) (rest []string, err error) {
	for {
		switch err := f.Parse(args); {
		case errors.Is(err, flag.ErrHelp):
			f.help(e)
			return nil, errHelp
		case err != nil:
			return nil, f.misuse(err, args)
		}
		if f.NArg() == 0 {
			return rest, nil
		}
		rest = append(rest, f.Arg(0))
		args = f.Args()[1:]
	}
}

// help prints what the flags are.
func (f flagSet) help(e *env) {
	fmt.Fprintf(e.stdout, "usage: listentest %s %s\n", f.Name(), f.synopsis)
	f.SetOutput(e.stdout)
	f.PrintDefaults()
}

// misuse names the flags that a wrong one may have been meant for.
func (f flagSet) misuse(err error, args []string) error {
	m := &listentest.MisuseError{Reason: f.Name() + ": " + err.Error()}
	if word, ok := strings.CutPrefix(err.Error(), "flag provided but not defined: "); ok {
		m.Reason = fmt.Sprintf("%s: there is no flag %s", f.Name(), word)
		m.Word = word
		f.VisitAll(func(g *flag.Flag) { m.Known = append(m.Known, "-"+g.Name) })
	}
	return m
}

// words is a flag that may be given several times.
type words []string

func (w *words) String() string     { return strings.Join(*w, " ") }
func (w *words) Set(s string) error { *w = append(*w, s); return nil }

func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func join(list []string) string { return strings.Join(list, ", ") }

// given reports whether a flag was.
func (f flagSet) given(name string) bool {
	given := false
	f.Visit(func(g *flag.Flag) { given = given || g.Name == name })
	return given
}
