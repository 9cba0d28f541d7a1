// Table runs many cases on the listeners of others, and prints what came of
// them, promise by promise, and how long it takes to find what is known.
//
//	go run ./targets/third/table [-cases N] [-for D] [-wait D] [-seed S] [-target REGEXP] >docs/third.md
//	listentest go run ./targets/third/table … >docs/third-control.md
//
// It exits with 1 if a promise is broken that no known finding explains, or a
// known one is not found.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/ci/campaign"
	"github.com/listentest/listentest/sched"
	"github.com/listentest/listentest/targets/third"
)

func main() {
	third.Main()
	cases := flag.Int("cases", 100_000, "the most cases of a target, where they are cheap")
	length := flag.Duration("for", time.Minute, "how long a target is run at most")
	wait := flag.Duration("wait", 2*time.Minute, "how long a cold run waits for a known finding at most")
	seed := flag.Uint64("seed", 1, "what cases are drawn from")
	match := flag.String("target", "", "the targets whose name this `regexp` matches")
	flag.Parse()
	names, err := regexp.Compile(*match)
	ok := false
	if err == nil {
		ok, err = table(context.Background(), os.Stdout, names, campaign.Plan{Cases: *cases, For: *length, Seed: *seed}, *wait)
	}
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "table:", err)
		os.Exit(2)
	case !ok:
		os.Exit(1)
	}
}

// table prints a row for each target, and one for each known finding.
func table(ctx context.Context, w io.Writer, match *regexp.Regexp, plan campaign.Plan, wait time.Duration) (ok bool, err error) {
	ledger, err := readLedger()
	if err != nil {
		return false, err
	}
	title, how, page := "Listeners of others", "go run", "third"
	if sched.Controlled() {
		title, how, page = "Listeners of others, under schedule control", "listentest go run", "third-control"
	}
	some := ""
	if match.String() != "" {
		some = fmt.Sprintf(" -target '%v'", match)
	}
	fmt.Fprintf(w, head, title, plan.Cases, plan.For, plan.Seed, how, plan.Cases, plan.For, plan.Seed, some, page, runtime.NumCPU(), runtime.GOARCH, runtime.Version())
	fmt.Fprint(w, "| target | version | level | cases | cases/s |")
	for _, p := range listentest.Promises() {
		fmt.Fprintf(w, " %v |", p)
	}
	fmt.Fprintf(w, "\n|%s\n", strings.Repeat("---|", 5+len(listentest.Promises())))
	names := slices.DeleteFunc(third.Names(), func(name string) bool { return !match.MatchString(name) })
	ok = true
	for i, name := range names {
		fmt.Fprintf(os.Stderr, "%d of %d: %s\n", i+1, len(names), name)
		row, err := run(ctx, name, plan)
		if err != nil {
			return false, fmt.Errorf("%s: %w", name, err)
		}
		printRow(w, name, row)
		for _, f := range row.Findings {
			if !ledger.explains(name, f.Promise) {
				fmt.Fprintf(os.Stderr, "%s breaks %v: %s\n%v\n", name, f.Promise, f.Violation.Text, f.Schedule)
				ok = false
			}
		}
	}
	found, err := ledger.times(ctx, w, match, wait)
	return ok && found, err
}

// slow are the most cases of targets that are not cheap: QUIC's handshakes,
// streams of which a thousand fit into a queue, real time.
var slow = map[string]int{
	"quic-go": 10_000, "quic-go-early": 10_000, "smux": 10_000, "ssh-forward": 10_000, "muxado": 10_000,
	"gonet": 10_000, "gonet-backlog": 10_000,
	"kcp-go": 3_000, "pion-udp": 3_000, "pion-udp-v3": 3_000,
}

func run(ctx context.Context, name string, plan campaign.Plan) (campaign.Row, error) {
	t, err := third.Open(name)
	if err != nil {
		return campaign.Row{}, err
	}
	defer t.Close() // its processes end by themselves
	if most := slow[name]; most > 0 && plan.Cases > most {
		plan.Cases = most
	}
	plan.Target, plan.Shapes = t, t.Shapes()
	return campaign.Run(ctx, plan)
}

// printRow prints what came of a target: of each promise how many cases held
// it, and how many broke it.
func printRow(w io.Writer, name string, r campaign.Row) {
	path, version := third.Module(name)
	if path == "" {
		version = "ours"
	}
	fmt.Fprintf(w, "| %s | %s | %v | %d | %.0f |", name, version, r.Level, r.Cases, float64(r.Cases)/r.Elapsed.Seconds())
	for _, p := range listentest.Promises() {
		cell := fmt.Sprint(r.Count(p, listentest.Held))
		if n := r.Count(p, listentest.Violated); n > 0 {
			cell += fmt.Sprintf(", **%d broken**", n)
		}
		if n := r.Count(p, listentest.Suspect); n > 0 {
			cell += fmt.Sprintf(", %d suspect", n)
		}
		if r.Count(p, listentest.NotStated) == r.Cases {
			cell = "–"
		}
		fmt.Fprintf(w, " %s |", cell)
	}
	fmt.Fprintln(w)
}

const head = `# %s

What came of %d cases a target (10,000 or 3,000 where they are slow), or as many as %v
gave, of seed %d, on the release that is pinned. Written by
` + "`%s ./targets/third/table -cases %d -for %v -seed %d%s >docs/%s.md`" + ` on %d
processors (%s), %s.

A cell has the number of cases that held a promise; what is left to the number of
cases showed nothing of it. A dash is a promise that nobody states. Suspect is what
rests on elapsed time, and what no longer wait has confirmed. Levels: full has its
goroutines scheduled and held, quiet is a bubble in which time is virtual and rests are
exact, gate the same with a clock of its own, none is real time. Cases/s say
what is slow and no more, for the machine may have had other work.

`
