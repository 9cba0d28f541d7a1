//go:build linux

package osnet

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/listentest/listentest"
)

// A night runs 75,000, 300,000 a family; README.md says with what result.
var iterations = flag.Int("iterations", 3000, "iterations of TestCredit for each family and way")

// TestCredit is the tight loop of KB 295079: at an exactly full queue accept
// returns, and a client connects at once. It may never be refused. The acceptor
// is the same thread as the client's, another one, or one that is held behind
// accept while the client connects.
func TestCredit(t *testing.T) {
	for way, steps := range map[string]string{
		"same thread":              "accept s0\ndial c0\n",
		"across threads":           "accept s0 &\nsettle\ndial c0\n",
		"held at accept's exit":    "preempt s0 at exit\naccept s0\ndial c0\nresume s0\n",
		"with the dial overlapped": "dial c0 &\naccept s0\n",
	} {
		t.Run(way, func(t *testing.T) {
			each(t, func(t *testing.T, target *Target) {
				const backlog, loops = 2, 500
				text := fmt.Sprintf("backlog %d\nfill c0\n", backlog) + strings.Repeat(steps, loops)
				s, err := listentest.Parse(text)
				if err != nil {
					t.Fatal(err)
				}
				r := listentest.Runner{Target: target}
				done := 0
				for done < *iterations {
					h, err := r.Run(t.Context(), s)
					if err != nil {
						t.Fatal(err)
					}
					if way != "with the dial overlapped" { // there it may come too early, and be dropped
						out := listentest.Outcomes(h)
						if i := slices.IndexFunc(out, func(o string) bool { return o != "ok" }); i >= 0 {
							t.Fatalf("operation %d of iteration %d: %s", i+1, done+i/2, out[i])
						}
					}
					if v := listentest.Check(h, target.Contract()).First(); v != nil && !v.Suspect {
						t.Fatalf("%v: %s", v.Promise, v.Text)
					}
					done += loops
				}
				t.Logf("%d iterations, nobody was refused", done)
			})
		})
	}
}
