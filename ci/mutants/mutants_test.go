package main

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A listing is what go list says of a package.
type listing struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
}

// TestMutants: every mutant still finds its old text, once, and compiles.
// Whether a test kills it takes minutes: go run ./ci/mutants.
func TestMutants(t *testing.T) {
	all, err := parse(oracle)
	if err != nil {
		t.Fatal(err)
	}
	pkg, exports := list(t)
	set := token.NewFileSet()
	files := map[string]*ast.File{}
	for _, name := range pkg.GoFiles {
		if files[name], err = parser.ParseFile(set, filepath.Join(pkg.Dir, name), nil, parser.SkipObjectResolution); err != nil {
			t.Fatal(err)
		}
	}
	conf := types.Config{Importer: importer.ForCompiler(set, "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(exports[path])
	})}
	judging := map[string]int{}
	for _, m := range all {
		t.Run(m.name, func(t *testing.T) {
			judging[m.file]++
			text, err := m.apply(pkg.Dir)
			if err != nil {
				t.Fatal(err)
			}
			changed, err := parser.ParseFile(set, m.file, text, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			whole := []*ast.File{changed}
			for name, f := range files {
				if name != m.file {
					whole = append(whole, f)
				}
			}
			if _, err := conf.Check(pkg.ImportPath, set, whole, nil); err != nil {
				t.Error(err)
			}
		})
	}
	for _, name := range []string{"ledger.go", "interval.go", "check.go", "modes.go", "data.go", "liveness.go", "observe.go", "frontier.go", "effect.go", "exact.go"} {
		if judging[name] == 0 {
			t.Errorf("no mutant is of %s", name)
		}
	}
}

// list returns the root package, and where the compiled ones are that it
// imports.
func list(t *testing.T) (pkg listing, exports map[string]string) {
	t.Helper()
	cmd := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles", root)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	exports = map[string]string{}
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p listing
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return pkg, exports
		} else if err != nil {
			t.Fatal(err)
		}
		exports[p.ImportPath] = p.Export
		pkg = p // the last is the one that the others are for
	}
}

func TestParseErrors(t *testing.T) {
	const good = "mutant: a\nfile: f\nwhy: w\n- x\n+ y\n"
	if ms, err := parse(good + "+ \tz\n"); err != nil || len(ms) != 1 || ms[0].new != "y\n\tz" {
		t.Errorf("%+v, %v", ms, err)
	}
	for _, text := range []string{good + good, "file: f\n", good + "what: x\n", "mutant: a\nfile: f\nwhy: w\n", "mutant: a\nfile: f\nwhy: w\n- x\n+ x\n", good + "mutant\n"} {
		if ms, err := parse(text); err == nil {
			t.Errorf("%q is read as %+v", text, ms)
		}
	}
}

func TestFailed(t *testing.T) {
	for want, out := range map[string]string{
		"TestA/b":            "=== RUN   TestA\n=== RUN   TestA/b\n--- FAIL: TestA (0.00s)\n    --- FAIL: TestA/b (0.00s)\n",
		"TestC: panic":       "=== RUN   TestC\n--- FAIL: TestC (0.00s)\npanic: index out of range\n",
		"TestD: missed":      "=== RUN   TestD\n    x_test.go:1: missed under\n--- FAIL: TestD (0.01s)\nFAIL\n",
		"TestE":              "--- PASS: TestD (0.00s)\n=== RUN   TestE\nfatal error: stack overflow\n",
		"?":                  "",
		"TestF: false alarm": "--- FAIL: TestF (0.01s)\n    false alarm under\n",
	} {
		if got := failed([]byte(out)); got != want {
			t.Errorf("%q is read as %q, want %q", out, got, want)
		}
	}
}
