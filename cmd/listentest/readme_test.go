package main_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../.."

// A transcript is a command of a document and what it prints.
type transcript struct{ command, output string }

// transcripts returns the commands in a document's console blocks.
func transcripts(t *testing.T, file string) []transcript {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	var all []transcript
	for _, block := range regexp.MustCompile("(?s)```console\n(.*?)```").FindAllSubmatch(text, -1) {
		for _, part := range regexp.MustCompile(`(?m)^\$ `).Split(string(block[1]), -1)[1:] {
			command, output, _ := strings.Cut(part, "\n")
			all = append(all, transcript{command, output})
		}
	}
	return all
}

// varying is what differs from run to run or from machine to machine.
var varying = []struct {
	pattern *regexp.Regexp
	to      string
}{
	{regexp.MustCompile(`\d+ cases/s`), "N cases/s"},
	{regexp.MustCompile(`; listentest .*`), "; WITH"},
}

func normal(s string) string {
	for _, v := range varying {
		s = v.pattern.ReplaceAllString(s, v.to)
	}
	return s
}

// TestReadme runs every command in the console blocks of the README, and of
// docs/histories.md, and compares what it prints.
func TestReadme(t *testing.T) {
	for file, least := range map[string]int{"README.md": 7, "docs/histories.md": 7} {
		t.Run(file, func(t *testing.T) { runTranscripts(t, file, least) })
	}
}

// runTranscripts runs the commands of a document, at least so many.
func runTranscripts(t *testing.T, file string, least int) {
	dir := t.TempDir()
	docs, err := filepath.Abs(filepath.Join(root, "docs"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(docs, filepath.Join(dir, "docs")); err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, c := range transcripts(t, file) {
		args := strings.Fields(c.command)
		switch {
		case c.command == "go test work":
			if script, err := os.ReadFile(filepath.Join(root, "ci/run")); err != nil || !regexp.MustCompile(`(?m)^go test work$`).Match(script) {
				t.Errorf("ci/run does not run %q: %v", c.command, err)
			}
		case args[0] == "go":
			t.Run(c.command, func(t *testing.T) {
				t.Parallel() // it takes half a minute, here less
				cmd := exec.Command("go", append(args[1:], "-for", "6s")...)
				cmd.Dir = root
				out, err := cmd.CombinedOutput()
				if err != nil || !bytes.Contains(out, []byte("min-pending")) {
					t.Errorf("%s: %v\n%s", c.command, err, out)
				}
				for _, target := range []string{"sim", "tcp", "unix"} {
					if !regexp.MustCompile(`(?m)^` + target + `: [1-9]\d* cases, `).Match(out) {
						t.Errorf("%s was not exercised:\n%s", target, out)
					}
				}
			})
		case args[0] == "listentest":
			cmd := exec.Command(tool, args[1:]...)
			cmd.Dir = dir
			out, _ := cmd.CombinedOutput() // the status is compared below
			got := string(out)
			if status := cmd.ProcessState.ExitCode(); status != 0 {
				got += fmt.Sprintf("[exit status %d]\n", status)
			}
			if normal(got) != normal(c.output) {
				t.Errorf("%s prints\n%s\n%s has\n%s", c.command, got, file, c.output)
			}
		case args[0] == "cat" && len(args) == 2:
			if text, err := os.ReadFile(filepath.Join(dir, args[1])); err != nil || string(text) != c.output {
				t.Errorf("%s: %v\n%s\n%s has\n%s", c.command, err, text, file, c.output)
			}
		default:
			t.Errorf("%s has %q, which this test does not run", file, c.command)
		}
		ran++
	}
	if ran < least {
		t.Errorf("only %d commands were found", ran)
	}
}

// TestReadmeTable: the commands that reproduce the figures are there.
func TestReadmeTable(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("`go test -run (\\S+) -v (\\S+)(?: -[^`]*)?`").FindAllSubmatch(text, -1)
	for _, m := range found {
		cmd := exec.Command("go", "test", "-list", string(m[1]), string(m[2]))
		cmd.Dir = root
		if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("\nok")) && !bytes.HasPrefix(out, []byte("Test")) {
			t.Errorf("%s: no such test: %v\n%s", m[0], err, out)
		}
	}
	if len(found) < 4 {
		t.Errorf("only %d commands were found", len(found))
	}
	bench := exec.Command("bash", "ci/bench", "1x")
	bench.Dir = root
	out, err := bench.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, figure := range []string{"events/s", "x-steps", "ratio"} {
		if !bytes.Contains(out, []byte(figure)) {
			t.Errorf("ci/bench prints no %s:\n%s", figure, out)
		}
	}
}

// TestReadmeCommands: every command of the tool is in the README.
func TestReadmeCommands(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	help := invoke(t, t.TempDir(), "help").stdout
	for _, m := range regexp.MustCompile(`(?m)^  (\w+)  +\S`).FindAllStringSubmatch(help, -1) {
		if m[1] != "version" && !bytes.Contains(text, []byte("| `"+m[1])) {
			t.Errorf("the README does not tell of %s", m[1])
		}
	}
}
