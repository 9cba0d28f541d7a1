package third

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/corpus"
	"github.com/listentest/listentest/sched"
)

const root = "../.."

var luck = flag.Bool("luck", false, "TestFindings runs the programs that wait for a race as well")

// TestLedger: what is known of releases still happens on the release that is
// pinned, and has its page, whose program shows it where it is a matter of
// chance here. One that no longer fails breaks this test: it has
// to go, or to name the releases that have it.
func TestLedger(t *testing.T) {
	entries, err := listentest.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	known := 0
	for _, e := range entries {
		for _, word := range e.Shows() {
			target, version := corpus.Release(word)
			if version == "" {
				continue
			}
			known++
			t.Run(e.Name+" on "+target, func(t *testing.T) {
				if module, has := Module(target); has != version {
					t.Fatalf("the entry is about %s, and %s %s is pinned", word, module, has)
				}
				switch {
				case !slices.Contains(e.Fails(), word): // it shows sometimes
				case e.Value("needs") == "control" && !sched.Controlled():
					t.Skip("skipped: the entry needs schedule control; listentest go test has it")
				default:
					stillFails(t, e, open(t, target))
				}
				if page := e.Value("finding"); !strings.Contains(read(t, page), e.Name+".sched") {
					t.Errorf("its page %q does not name %s", page, e.Name)
				}
			})
		}
	}
	if known == 0 {
		t.Error("no entry names a release")
	}
}

// stillFails runs an entry often: every run has to break its promise.
func stillFails(t *testing.T, e listentest.Entry, w *Worker) {
	t.Helper()
	const runs = 5
	for range runs {
		p, err := e.Replay(t.Context(), &listentest.Runner{Target: w})
		if err != nil {
			t.Fatal(err)
		}
		if p.Problem != "" {
			t.Fatalf("%s\n%v", p.Problem, p.History)
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestFindings: the program on a finding's page, which knows nothing of this
// project and has at most sixty lines, prints what the page says.
func TestFindings(t *testing.T) {
	pages, err := filepath.Glob(filepath.Join(root, "docs/findings/*.md"))
	if err != nil || len(pages) == 0 {
		t.Fatalf("no pages: %v", err)
	}
	parts := regexp.MustCompile("(?s)```go\n(.*?)```.*?```text\n(.*?)```")
	for _, page := range pages {
		t.Run(filepath.Base(page), func(t *testing.T) {
			t.Parallel()
			text := read(t, strings.TrimPrefix(page, root))
			if !*luck && strings.Contains(text, "matter of\nluck") {
				t.Skip("skipped: the program waits for a race, which takes seconds to a minute; -luck runs it")
			}
			m := parts.FindStringSubmatch(text)
			if m == nil {
				t.Fatal("there is no program, or not what it prints")
			}
			const most = 60
			if lines := strings.Count(m[1], "\n"); lines > most || strings.Contains(m[1], "listentest") {
				t.Errorf("the program has %d lines, or needs this project", lines)
			}
			file := filepath.Join(t.TempDir(), "main.go")
			if err := os.WriteFile(file, []byte(m[1]), 0o644); err != nil {
				t.Fatal(err)
			}
			out, err := exec.CommandContext(t.Context(), "go", "run", file).CombinedOutput()
			if err != nil || string(out) != m[2] {
				t.Errorf("it prints %q, %v", out, err)
			}
		})
	}
}
