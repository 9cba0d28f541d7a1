// Mutants holds the root package's tests against mistakes in the oracle: each
// of oracle.mutants is put in, in a copy, and a test has to fail.
//
//	go run ./ci/mutants [-run REGEXP] [-histories N] [-limit D]
//
// It prints a table and the score. Exit status: 0 all are killed, 1 one
// survives or cannot be put in, 2 trouble.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

const root = "github.com/listentest/listentest"

// atOnce is how many mutants are built and run at a time.
const atOnce = 2

// A result is what became of a mutant.
type result struct {
	killed string // the test that failed, or ""
	err    error  // it could not be put in, built, or run to an end
	took   time.Duration
}

// A bench builds and runs mutants.
type bench struct {
	dir, tmp  string // of the root package, and of copies and binaries
	histories int
	limit     time.Duration
}

func main() {
	only := flag.String("run", "", "the mutants whose name or file this regexp matches")
	histories := flag.Int("histories", 60_000, "random histories of the brute force")
	limit := flag.Duration("limit", 3*time.Minute, "time for one run of tests")
	flag.Parse()
	ok, err := run(*only, bench{histories: *histories, limit: *limit})
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(2)
	case !ok:
		os.Exit(1)
	}
}

// run runs what only matches, and reports whether all are killed.
func run(only string, b bench) (ok bool, err error) {
	match, err := regexp.Compile(only)
	if err != nil {
		return false, err
	}
	all, err := parse(oracle)
	if err != nil {
		return false, err
	}
	var chosen []mutant
	for _, m := range all {
		if m.equivalent == "" && (match.MatchString(m.name) || match.MatchString(m.file)) {
			chosen = append(chosen, m)
		}
	}
	out, err := exec.Command("go", "list", "-f", "{{.Dir}}", root).Output()
	if err != nil {
		return false, fmt.Errorf("go list: %w", err)
	}
	b.dir = strings.TrimSpace(string(out))
	if b.tmp, err = os.MkdirTemp("", "mutants-*"); err != nil {
		return false, err
	}
	defer os.RemoveAll(b.tmp)
	if r := b.try(mutant{name: "none"}); r.err != nil || r.killed != "" {
		return false, fmt.Errorf("without a mutant: %v", r)
	}
	return table(chosen, b.tryAll(chosen)), nil
}

// tryAll tries mutants, some at a time.
func (b *bench) tryAll(ms []mutant) []result {
	results := make([]result, len(ms))
	var wait sync.WaitGroup
	next := make(chan int)
	for range atOnce {
		wait.Go(func() {
			for i := range next {
				results[i] = b.try(ms[i])
				fmt.Fprintf(os.Stderr, "%s: %s\n", ms[i].name, results[i])
			}
		})
	}
	for i := range ms {
		next <- i
	}
	close(next)
	wait.Wait()
	return results
}

// String returns the end that a mutant took.
func (r result) String() string {
	switch {
	case r.err != nil:
		first, _, _ := strings.Cut(r.err.Error(), "\n")
		return "ERROR: " + first
	case r.killed == "":
		return "SURVIVES"
	}
	return r.killed
}

// table prints what became of mutants, and reports whether all are killed.
func table(ms []mutant, rs []result) bool {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "mutant\tfile\tmistake\tkilled by\ts")
	killed := 0
	for i, m := range ms {
		r := rs[i]
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%.1f\n", m.name, m.file, m.why, r, r.took.Seconds())
		if r.err == nil && r.killed != "" {
			killed++
		}
	}
	w.Flush()
	for i, m := range ms {
		if rs[i].err != nil {
			fmt.Printf("\n%s: %v\n", m.name, rs[i].err)
		}
	}
	fmt.Printf("\n%d of %d mutants killed\n", killed, len(ms))
	return killed == len(ms)
}

// stages are the runs of tests, the quickest first.
func (b *bench) stages() [][]string {
	return [][]string{
		{"-test.run=^Test(Check|Nothing|Certain|Credit|Bounds|Picture)"},
		{"-test.run=^TestBruteForce$", "-histories=" + strconv.Itoa(b.histories)},
		{"-test.run=^TestAlike$", "-histories=" + strconv.Itoa(b.histories)},
	}
}

// try builds the tests with m, or with nothing if m has no file, and runs them
// until one fails.
func (b *bench) try(m mutant) (r result) {
	start := time.Now()
	defer func() { r.took = time.Since(start) }()
	dir := filepath.Join(b.tmp, m.name)
	defer os.RemoveAll(dir)
	binary, err := b.build(m, dir)
	if err != nil {
		return result{err: err}
	}
	for _, args := range b.stages() {
		killed, err := b.test(binary, args)
		if err != nil || killed != "" {
			return result{killed: killed, err: err}
		}
	}
	return result{}
}

// build builds the tests with m in dir. The tree is not touched.
func (b *bench) build(m mutant, dir string) (binary string, err error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", err
	}
	replace := map[string]string{}
	if m.file != "" {
		text, err := m.apply(b.dir)
		if err != nil {
			return "", err
		}
		changed := filepath.Join(dir, m.file)
		if err := os.WriteFile(changed, text, 0o600); err != nil {
			return "", err
		}
		replace[filepath.Join(b.dir, m.file)] = changed
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	list := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(list, overlay, 0o600); err != nil {
		return "", err
	}
	binary = filepath.Join(dir, "test")
	cmd := exec.Command("go", "test", "-c", "-overlay", list, "-o", binary, ".")
	cmd.Dir = b.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("does not build: %w\n%s", err, out)
	}
	return binary, nil
}

// test runs tests, and returns the first that fails. Running out of time kills
// nothing.
func (b *bench) test(binary string, args []string) (killed string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), b.limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, append(args, "-test.failfast", "-test.v")...)
	cmd.Dir = b.dir
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return "", fmt.Errorf("no test failed in %v", b.limit)
	}
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return "", err
	} else if err == nil {
		return "", nil
	}
	return failed(out), nil
}

// failed returns the test that the output of a run says failed.
func failed(out []byte) string {
	last := regexp.MustCompile(`(?m)^ *--- FAIL: (\S+)`).FindAllSubmatch(out, -1)
	if len(last) == 0 { // it ended all of them
		last = regexp.MustCompile(`(?m)^=== RUN +(\S+)`).FindAllSubmatch(out, -1)
	}
	name := "?"
	if len(last) > 0 {
		name = string(last[len(last)-1][1])
	}
	for _, how := range []string{"false alarm", "missed", "panic: "} {
		if bytes.Contains(out, []byte(how)) {
			name += ": " + strings.TrimRight(how, ": ")
			break
		}
	}
	return name
}
