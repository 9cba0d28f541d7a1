// Million runs many cases on the sockets of this machine, of each family and
// with each setting, and prints what came of them and what they have left
// behind.
//
//	go run ./ci/million [-cases N] [-seed S] [-target REGEXP] >docs/million.md
//
// It exits with 1 if a promise is broken, the kernel counts otherwise than we
// do, something is left, or a target cannot run here.
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

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/targets"
	"github.com/listentest/listentest/targets/osnet"
)

func main() {
	cases := flag.Int("cases", 2000, "how many cases there are in all")
	seed := flag.Uint64("seed", 1, "what they are drawn from")
	match := flag.String("target", "", "the targets whose name this `regexp` matches")
	flag.Parse()
	names, err := regexp.Compile(*match)
	ok := false
	if err == nil {
		network := osnet.Isolate() // before anything is printed, for it may start the program again
		ok, err = table(context.Background(), os.Stdout, chosen(names), *cases, *seed, network)
	}
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "million:", err)
		os.Exit(2)
	case !ok:
		os.Exit(1)
	}
}

// A share is a target and its share of the cases.
type share struct {
	name   string
	weight int
}

// shares are by speed: where a dial may have to wait for what the kernel tells
// nobody, a case takes milliseconds.
var shares = []share{
	{"tcp", 100},
	{"tcp6", 100},
	{"mptcp", 50},
	{"unix", 300},
	{"seqpacket", 200},
	{"tcp:reuseport=2", 10},
	{"tcp:reuseport=2,steer=0", 10},
	{"tcp:reuseport=4,migrate=1", 10},
	{"tcp:syncookies=0", 50},
	{"tcp:syncookies=2", 50},
	{"tcp:abort=1", 50},
	{"tcp:somaxconn=4", 50},
	{"unix:somaxconn=4", 100},
	{"tcp:raw=1", 10},
	{"tcp:raw=1,syncookies=0", 10},
	{"tcp:raw=1,syncookies=2", 10},
	{"tcp:raw=1,abort=1", 10},
	{"tcp:fastopen=2", 10},
	{"tcp:defer=1", 10},
	{"tcp6:syncookies=0", 50},
	{"tcp6:reuseport=2", 10},
}

// chosen returns the shares of the targets whose names match.
func chosen(match *regexp.Regexp) []share {
	return slices.DeleteFunc(slices.Clone(shares), func(s share) bool { return !match.MatchString(s.name) })
}

// table prints a row for each target; ok is false if one is not as it should be.
func table(ctx context.Context, w io.Writer, all []share, cases int, seed uint64, network string) (ok bool, err error) {
	total := 0
	for _, s := range all {
		total += s.weight
	}
	fmt.Fprintf(w, head, cases, seed, cases, seed, runtime.NumCPU(), runtime.GOARCH, release(), runtime.Version(), network)
	var sum row
	var notes []string
	ok = true
	for i, s := range all {
		fmt.Fprintf(os.Stderr, "%d of %d: %s\n", i+1, len(all), s.name)
		n := (cases - sum.planned) * s.weight / total // of what is left, so that they are so many in the end
		total -= s.weight
		r, err := newRow(ctx, func() (listentest.Target, error) { return targets.Open(s.name) }, n, seed)
		if err != nil {
			return false, fmt.Errorf("%s: %w", s.name, err)
		}
		r.name = s.name
		fmt.Fprintln(w, &r)
		sum.add(r)
		ok = ok && r.ok()
		notes = append(notes, r.notes()...)
	}
	sum.name = "all"
	fmt.Fprintf(w, "%v\n", &sum)
	for _, n := range notes {
		fmt.Fprintf(w, "\n%s\n", n)
	}
	return ok, nil
}

// release returns the kernel's, where it can be read.
func release() string {
	b, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return "of unknown release"
	}
	return strings.TrimSpace(string(b))
}

const head = `# A million cases

%d cases on the sockets of one machine, of seed %d, in shares by how fast the
targets are, and what they have left behind. Written by
` + "`go run ./ci/million -cases %d -seed %d >docs/million.md`" + ` on %d processors
(%s), kernel %s, %s, in %s.

Violations are cases; suspects are verdicts that rest on elapsed time and that no
longer wait has confirmed. Unknown is the share of what is promised that nothing in
a case decided. Doubts are cases in which the kernel's own count of the accept queue
is not one that the history allows. The rest is what is left once the target is
closed, after five seconds at most: descriptors, goroutines, network namespaces (of
threads and descriptors), child processes, and sockets of TCP and UNIX in the
target's namespace but for those in TIME_WAIT, which are over and nobody's. Cases/s
say what is slow and no more, for the machine may have had other work.

| target | cases | steps | cases/s | violations | suspects | unknown | doubts | descriptors | goroutines | namespaces | processes | sockets |
|---|---|---|---|---|---|---|---|---|---|---|---|---|
`
