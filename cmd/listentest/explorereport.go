package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/targets/sim"
)

// omission returns the probability at most with which two of n states were
// taken for the same one.
func omission(n int) float64 { return float64(n) * float64(n) / math.Exp2(65) }

func (x *exploration) print(done bool, err error) {
	w := x.env.stdout
	fmt.Fprintf(w, "%s in the scope %s\n", x.target.Name(), x.world)
	if x.seen {
		x.printFound()
		return
	}
	c := x.engine.Count
	switch {
	case done && c.Broken == 0:
		fmt.Fprintf(w, "exhausted: no promise is broken, whoever moves when\n")
	case done:
		fmt.Fprintf(w, "exhausted\n")
	case errors.Is(err, sim.ErrFull):
		fmt.Fprintf(w, "not exhausted, for %v; a larger -memory goes further\n", err)
	default:
		fmt.Fprintf(w, "not exhausted, for it was interrupted\n")
	}
	fmt.Fprintf(w, "  %d states, %d moves, at most %d on a way\n", c.States, c.Moves, c.Deepest)
	fmt.Fprintf(w, "  %.1f bytes a state; two were taken for the same one with probability at most %.2g\n", float64(x.engine.Bytes())/float64(c.States), atMost(omission(c.States)))
	if c.Broken > 0 {
		fmt.Fprintf(w, "  %d moves broke a promise, where nobody outside could know; nothing behind them was tried\n", c.Broken)
	}
	if f := x.found; f != nil {
		fmt.Fprintf(w, "  the first broke %v: %s\n\n%s\n", f.Promise, f.Text, indent(f.History.String()))
	}
	fmt.Fprintf(w, "not in the scope: what is sent and received, replayed acks, and time that passes while somebody can move\n")
}

// printFound prints a broken promise that the oracle sees too.
func (x *exploration) printFound() {
	f, c := x.found, x.target.Contract()
	ways := "a shorter way was not looked for to the end"
	if x.least {
		ways = "and no fewer"
	}
	fmt.Fprintf(x.env.stdout, "%v is broken, by %d moves, %s: %s\n\n", f.Promise, f.Moves, ways, f.Text)
	(&printer{env: x.env}).judged("what could be seen", f.History, c, listentest.Check(f.History, c))
	fmt.Fprintf(x.env.stdout, "%s\n", indent(f.History.String()))
}

// An exploreRow is an exploration, for JSON.
type exploreRow struct {
	Schema    int       `json:"schema"`
	With      string    `json:"with"`
	Target    string    `json:"target"`
	Scope     string    `json:"scope"`
	Whole     bool      `json:"whole"`
	Exhausted bool      `json:"exhausted"`
	States    int       `json:"states"`
	Moves     int       `json:"moves"`
	Deepest   int       `json:"deepest"`
	Bytes     int       `json:"table_bytes"`
	Omission  float64   `json:"omission_at_most"`
	Broken    int       `json:"broken"` // moves that broke a promise
	Found     *foundRow `json:"found,omitempty"`
}

type foundRow struct {
	Promise string `json:"promise"`
	Text    string `json:"text"`
	Seen    bool   `json:"seen"` // by the oracle too
	Moves   int    `json:"moves"`
	Least   bool   `json:"least"` // no way that the oracle sees has fewer moves
	History string `json:"history"`
}

func (x *exploration) printJSON(done bool) error {
	c := x.engine.Count
	row := exploreRow{Schema: schema, With: with(), Target: x.target.Name(), Scope: x.world.String(), Whole: x.whole, Exhausted: done,
		States: c.States, Moves: c.Moves, Deepest: c.Deepest, Bytes: x.engine.Bytes(), Omission: omission(c.States), Broken: c.Broken}
	if f := x.found; f != nil {
		row.Found = &foundRow{f.Promise.String(), f.Text, x.seen, f.Moves, x.least, f.History.String()}
	}
	enc := json.NewEncoder(x.env.stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(row)
}
