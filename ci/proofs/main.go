// Proofs explores the simulator and that of every preset in a scope, and prints
// what it took, with a violation if there is one. Presets of one contract are
// one simulator.
//
//	go run ./ci/proofs [-scope ITEM,…] [-preset REGEXP] [-memory MiB] >docs/proofs.md
//
// It exits with 1 if a promise is broken, or a simulator could not be exhausted.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/targets/preset"
	"github.com/listentest/listentest/targets/sim"
)

func main() {
	scope := flag.String("scope", "backlog=3,dials=4,acceptors=2,accepts=2,abort,close,listen=1", "the scope, as `items` of listentest explore")
	match := flag.String("preset", "", "the presets whose name this `regexp` matches, and the plain simulator for an empty one")
	memory := flag.Int("memory", 8192, "bound of the table of states, in `MiB`")
	flag.Parse()
	ok, err := prove(os.Stdout, *scope, *match, *memory<<20)
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "proofs:", err)
		os.Exit(2)
	case !ok:
		os.Exit(1)
	}
}

// A kind is what simulators of one contract have in common.
type kind struct {
	contract listentest.Contract
	names    []string
}

// kinds returns the simulators whose names match.
func kinds(match *regexp.Regexp) (all []kind) {
	add := func(name string, c listentest.Contract) {
		for i := range all {
			if all[i].contract == c {
				all[i].names = append(all[i].names, name)
				return
			}
		}
		all = append(all, kind{c, []string{name}})
	}
	if match.String() == "" {
		add("the plain simulator", sim.Default)
	}
	for _, p := range preset.All() {
		if match.MatchString(p.Name) {
			add(p.Name, p.Contract)
		}
	}
	return all
}

// prove explores and prints a table; ok is false if a row of it is no proof.
func prove(w io.Writer, scope, match string, memory int) (ok bool, err error) {
	world, err := sim.ParseWorld(scope)
	if err != nil {
		return false, err
	}
	names, err := regexp.Compile(match)
	if err != nil {
		return false, err
	}
	all := kinds(names)
	fmt.Fprintf(w, head, world)
	ok = true
	states, moves := 0, 0
	for i, k := range all {
		fmt.Fprintf(os.Stderr, "%d of %d: %s\n", i+1, len(all), strings.Join(k.names, ", "))
		target, err := sim.New(k.names[0], k.contract)
		if err != nil {
			return false, err
		}
		e := sim.NewExplorer(target, world, false, memory)
		c, err := e.Explore(context.Background())
		outcome := "exhausted, no promise is broken"
		switch {
		case err != nil:
			outcome, ok = "not exhausted: "+err.Error(), false
		case c != nil:
			outcome, ok = fmt.Sprintf("%v is broken: %s", c.Promise, c.Text), false
		}
		n := float64(e.States)
		fmt.Fprintf(w, "| %s | %d | %d | %d | %.1f | %.1g | %s |\n", strings.Join(k.names, ", "), e.States, e.Moves, e.Deepest,
			float64(e.Bytes())/n, n*n/(1<<65), outcome)
		states, moves = states+e.States, moves+e.Moves
	}
	fmt.Fprintf(w, "\n%d simulators, %d states, %d moves.\n", len(all), states, moves)
	return ok, nil
}

const head = `# Proofs

Every state of a simulator in the scope
` + "`%v`" + `,
with every actor stopped at each of its points. Written by ` + "`go run ./ci/proofs >docs/proofs.md`" + `.
What is sent and received, replayed acks, several listeners, and time that passes
while somebody can move are not in the scope. A state is kept as a fingerprint of 64 bits;
omitted is the probability, at most, that two were taken for the same one.

| simulators of one contract | states | moves | deepest | bytes a state | omitted | outcome |
|---|---|---|---|---|---|---|
`
