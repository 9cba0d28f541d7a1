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
	c := x.engine.Count
	fmt.Fprintf(w, "%s in the scope %s\n", x.target.Name(), x.world)
	switch {
	case x.found != nil:
		fmt.Fprintf(w, "%v is broken, by %d moves and no fewer: %s\n\n", x.found.Promise, x.found.Moves, x.found.Text)
		h := x.found.History
		(&printer{env: x.env}).judged("what could be seen", h, x.target.Contract(), listentest.Check(h, x.target.Contract()))
		fmt.Fprintf(w, "%s\n", indent(h.String()))
		return
	case done:
		fmt.Fprintf(w, "exhausted: no promise is broken, whoever moves when\n")
	case errors.Is(err, sim.ErrFull):
		fmt.Fprintf(w, "not exhausted, for %v; a larger -memory goes further. Nothing is broken so far\n", err)
	default:
		fmt.Fprintf(w, "not exhausted, for it was interrupted. Nothing is broken so far\n")
	}
	fmt.Fprintf(w, "  %d states, %d moves, at most %d on a way\n", c.States, c.Moves, c.Deepest)
	fmt.Fprintf(w, "  %.1f bytes a state; two were taken for the same one with probability at most %.2g\n", float64(x.engine.Bytes())/float64(c.States), atMost(omission(c.States)))
	if x.hidden > 0 {
		fmt.Fprintf(w, "  %d moves broke a promise where nobody outside can know\n", x.hidden)
	}
	fmt.Fprintf(w, "not in the scope: what is sent and received, replayed acks, and time that passes while somebody can move\n")
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
	Hidden    int       `json:"hidden"`
	Found     *foundRow `json:"found,omitempty"`
}

type foundRow struct {
	Promise string `json:"promise"`
	Text    string `json:"text"`
	Moves   int    `json:"moves"`
	History string `json:"history"`
}

func (x *exploration) printJSON(done bool) error {
	c := x.engine.Count
	row := exploreRow{Schema: schema, With: with(), Target: x.target.Name(), Scope: x.world.String(), Whole: x.whole, Exhausted: done,
		States: c.States, Moves: c.Moves, Deepest: c.Deepest, Bytes: x.engine.Bytes(), Omission: omission(c.States), Hidden: x.hidden}
	if f := x.found; f != nil {
		row.Found = &foundRow{f.Promise.String(), f.Text, f.Moves, f.History.String()}
	}
	enc := json.NewEncoder(x.env.stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(row)
}
