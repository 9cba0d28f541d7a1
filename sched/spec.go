package sched

import (
	"fmt"
	"strconv"
	"strings"
)

// A Spec names a policy with its argument. The zero Spec is choices: there is
// no policy, and the program goes by choices of its own.
type Spec struct{ kind, arg int }

// The kinds, by Spec.kind.
const (
	choices = iota
	runsOn
	randomWalk
	pctKind
	posKind
	urwKind
	dfsKind
	portfolioKind
)

// kinds say how a kind is written, and which arguments it takes: none if noun
// is empty.
var kinds = [...]struct {
	name, noun         string
	least, most, usual int
	scheduler          func(arg int) Scheduler
}{
	choices:       {name: "choices"},
	runsOn:        {name: "run-on", scheduler: func(int) Scheduler { return runOn{} }},
	randomWalk:    {name: "random", scheduler: func(int) Scheduler { return new(random) }},
	pctKind:       {"pct", "depth", 1, 8, 3, func(d int) Scheduler { return &pct{depth: d} }},
	posKind:       {name: "pos", scheduler: func(int) Scheduler { return new(pos) }},
	urwKind:       {name: "urw", scheduler: func(int) Scheduler { return new(urw) }},
	dfsKind:       {"dfs", "number of preemptions", 0, 8, 2, func(b int) Scheduler { return &dfs{bound: b} }},
	portfolioKind: {name: "portfolio"},
}

// Names returns the names of the kinds of policies, without arguments.
func Names() []string {
	var names []string
	for _, k := range kinds {
		names = append(names, k.name)
	}
	return names
}

// Parse returns the Spec of NAME or NAME:ARG: choices, run-on, random, pct:D
// of depth D, pos, urw, dfs:B of at most B preemptions, and portfolio.
func Parse(word string) (Spec, error) {
	name, arg, given := strings.Cut(word, ":")
	for kind, k := range kinds {
		if k.name != name {
			continue
		}
		if !given {
			return Spec{kind, k.usual}, nil
		}
		if k.noun == "" {
			return Spec{}, fmt.Errorf("the policy %s takes no argument, and %q is one", name, arg)
		}
		n, err := strconv.Atoi(arg)
		if err != nil || n < k.least || n > k.most {
			return Spec{}, fmt.Errorf("the policy %s takes a %s from %d to %d, and %q is none", name, k.noun, k.least, k.most, arg)
		}
		return Spec{kind, n}, nil
	}
	return Spec{}, fmt.Errorf("there is no policy %q", name)
}

// String returns the word that Parse reads.
func (s Spec) String() string {
	k := &kinds[s.kind]
	if k.noun == "" {
		return k.name
	}
	return k.name + ":" + strconv.Itoa(s.arg)
}

// Depth returns the depth of a pct, and 0 for others.
func (s Spec) Depth() int {
	if s.kind == pctKind {
		return s.arg
	}
	return 0
}

// Systematic reports whether the runs of a policy can be exhausted: then its
// Next says that nothing is left within the bound.
func (s Spec) Systematic() bool { return s.kind == dfsKind }

// New returns a scheduler, or nil if there is none: for choices, and for a
// portfolio, from which one must be drawn first.
func (s Spec) New() Scheduler {
	if f := kinds[s.kind].scheduler; f != nil {
		return f(s.arg)
	}
	return nil
}
