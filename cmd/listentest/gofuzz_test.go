package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/listentest/listentest"
)

// fuzzed are the fuzz tests of a module with the late listener: one as a user
// writes it, and one that notes the hashes of runs.
const fuzzed = `package late_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"testing"
	"testing/synctest"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/sched"
	"late"
)

func FuzzListener(f *testing.F) {
	listentest.Fuzz(f, listentest.Net{
		Listen:  func(backlog int) (net.Listener, error) { return late.Listen(backlog), nil },
		Dial:    func(ctx context.Context, l net.Listener) (net.Conn, error) { return l.(*late.Listener).Dial(ctx) },
		Promise: listentest.Contract{Backlog: listentest.Backlog{Zero: 1, Negative: 1}, Guaranteed: listentest.Exactly(0)},
	})
}

func FuzzHash(f *testing.F) {
	for seed := range byte(3) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed byte) {
		for mode := range sched.Mode(5) {
			synctest.Test(t, func(t *testing.T) {
				c, err := sched.Begin(sched.Plan{Mode: mode, Seed: uint64(seed % 3), Changes: []uint64{5, 9}})
				if err != nil {
					t.Fatal(err)
				}
				l := late.Listen(1)
				go func() {
					for c, err := l.Accept(); err == nil; c, err = l.Accept() {
						c.Close()
					}
				}()
				for n := 0; n < 3; synctest.Wait() {
					if c, err := l.Dial(t.Context()); err == nil {
						n++
						c.Close()
					}
				}
				l.Close()
				synctest.Wait()
				note(t, fmt.Sprintf("mode %d, seed %d: %016x\n", mode, seed%3, c.End().Hash))
			})
		}
	})
}

func note(t *testing.T, line string) {
	f, err := os.OpenFile(os.Getenv("HASHES"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(line); err != nil {
		t.Fatal(err)
	}
}
`

// TestGoFuzz: under control a fuzz test finds what takes a preemption; what it
// saves, and a crasher of the engine's, break again in the same way, also
// where the engine runs them in its processes with their instrumented code;
// and runs have the hashes there that they have without.
func TestGoFuzz(t *testing.T) {
	dir := lateModule(t)
	write(t, filepath.Join(dir, "fuzz_test.go"), fuzzed)
	fuzz := func(hashes string, status int, args ...string) string {
		t.Helper()
		t.Setenv("HASHES", filepath.Join(dir, hashes))
		r := listentestGo(t, dir, append([]string{"test", "-count=1"}, args...)...)
		if r.status != status {
			t.Fatalf("%q: status %d, want %d\n%s%s", args, r.status, status, r.stdout, r.stderr)
		}
		return r.stdout
	}
	first := fuzz("plain", 1, "-run", "^Fuzz", ".")
	if want := "replay:  listentest go test -run '^FuzzListener$'"; !strings.Contains(first, want) {
		t.Errorf("there is no %q in\n%s", want, first)
	}
	saved := theSaved(t, dir)
	crasher := fmt.Sprintf("go test fuzz v1\n[]byte(%q)\n", saved.Schedule.Encode())
	crashers := filepath.Join(dir, "testdata", "fuzz", "FuzzListener")
	if err := os.MkdirAll(crashers, 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(crashers, "crasher"), crasher)
	shown := breaks(t, first)
	for _, args := range [][]string{
		{"-run", "^FuzzListener$/^crasher$", "."},
		{"-run", "^FuzzListener$/^crasher$", "."},
		{"-run", "^$", "-fuzz", "^FuzzListener$", "-fuzztime", "1m", "."},
	} {
		if got := breaks(t, fuzz("none", 1, args...)); got != shown {
			t.Errorf("%q shows\n%s\nand the first\n%s", args, got, shown)
		}
	}
	fuzz("engine", 0, "-run", "^$", "-fuzz", "^FuzzHash$", "-fuzztime", "200x", ".")
	plain, engine := lines(t, filepath.Join(dir, "plain")), lines(t, filepath.Join(dir, "engine"))
	if len(plain) != 15 || !slices.Equal(plain, engine) {
		t.Errorf("without the engine\n%q\nand with it\n%q", plain, engine)
	}
}

// theSaved reads the one entry that was saved in a module.
func theSaved(t *testing.T, dir string) listentest.Entry {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "testdata", "listentest", "*", "*.sched"))
	if err != nil || len(files) != 1 {
		t.Fatalf("saved are %q, %v", files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	e, err := listentest.ParseEntry(files[0], string(text))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// breaks returns what a test's output says breaks: the promise, and the picture.
func breaks(t *testing.T, out string) string {
	t.Helper()
	m := regexp.MustCompile(`(?s)net breaks (min-pending: [^\n]*)\n.*?(\n *c0 .*?)\n *written: `).FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("nothing breaks:\n%s", out)
	}
	return m[1] + m[2]
}

// lines returns the lines of a file, each once and sorted.
func lines(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Compact(slices.Sorted(strings.Lines(string(text))))
}
