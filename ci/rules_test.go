// Package ci holds the repository's own rules, as tests.
package ci

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/listentest/listentest"

// allowed says what the non-test files of a package may import besides the
// standard library: the longest prefix of the package's path counts. The cmd
// module may import anything but props.
var allowed = map[string][]string{
	"":            {"corpus", "sched", "shrink"},
	"corpus":      {},
	"shrink":      {},
	"sched":       {},
	"targets":     {"", "sched", "targets", "golang.org/x/sys"},
	"ci/faults":   {"", "ci/campaign", "sched", "targets", "golang.org/x/sync"},
	"ci/campaign": {"", "corpus", "sched", "shrink", "targets", "golang.org/x/sync"},
	"ci/million":  {"", "ci/campaign", "targets"},
	"ci/proofs":   {"", "targets"},
	"ci/finds":    {"", "ci/campaign", "sched", "targets", "golang.org/x/sync", "pgregory.net/rapid", "github.com/leanovate/gopter"},
	"fuzz":        {"", "targets", "corpus"},
	"examples":    {"", "examples"},
	"props":       {"", "shrink", "corpus", "targets", "pgregory.net/rapid", "github.com/leanovate/gopter"},
}

type listed struct {
	ImportPath, Dir string
	Imports         []string
	Standard        bool
}

// packages lists the packages of the modules of the workspace.
func packages(t *testing.T) []listed {
	t.Helper()
	var all []listed
	dec := json.NewDecoder(bytes.NewReader(command(t, nil, "go", "list", "-json=ImportPath,Dir,Imports", "work")))
	for {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// command runs a command at the repository's root and returns what it prints.
func command(t *testing.T, env []string, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = "..", append(os.Environ(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out, stderr.Bytes())
	}
	return out
}

func TestImports(t *testing.T) {
	for _, p := range packages(t) {
		from, ok := strings.CutPrefix(p.ImportPath, module)
		if !ok {
			t.Fatalf("%s is not of %s", p.ImportPath, module)
		}
		from = strings.TrimPrefix(from, "/")
		for _, path := range p.Imports {
			if !mayImport(from, path) {
				t.Errorf("%s may not import %s", p.ImportPath, path)
			}
		}
	}
	for from, path := range map[string]string{"shrink": module, "": "golang.org/x/sys/unix", "targets/sim": module + "/ci/campaign", "cmd/listentest": module + "/props"} {
		if mayImport(from, path) {
			t.Errorf("the rule lets %q import %s", from, path)
		}
	}
}

func mayImport(from, path string) bool {
	if first, _, _ := strings.Cut(path, "/"); !strings.Contains(first, ".") {
		return true // the standard library
	}
	if within(from, "cmd") || within(from, "targets/third") {
		return !within(path, module+"/props")
	}
	room := ""
	for r := range allowed {
		if within(from, r) && len(r) > len(room) {
			room = r
		}
	}
	return slices.ContainsFunc(allowed[room], func(a string) bool {
		if first, _, _ := strings.Cut(a, "/"); strings.Contains(first, ".") {
			return within(path, a)
		}
		if a == "" {
			return path == module
		}
		return within(path, module+"/"+a)
	})
}

// within reports whether path is dir or below it.
func within(path, dir string) bool {
	return path == dir || strings.HasPrefix(path, dir+"/") || dir == ""
}

func TestGofmt(t *testing.T) {
	if out := command(t, nil, "gofmt", "-l", "."); len(out) > 0 {
		t.Errorf("gofmt would change:\n%s", out)
	}
}

func TestVet(t *testing.T) {
	command(t, nil, "go", "vet", "work") // for other systems ci/run does it
}

// TestWithoutWorkspace: a consumer has the modules one by one, and tidy.
func TestWithoutWorkspace(t *testing.T) {
	off := []string{"GOWORK=off"}
	for _, dir := range []string{".", "cmd/listentest"} {
		command(t, off, "go", "-C", dir, "vet", "./...")
		command(t, off, "go", "-C", dir, "test", "-run", "^$", "./...")
		command(t, off, "go", "-C", dir, "mod", "tidy", "-diff")
	}
	mod := string(command(t, nil, "cat", "go.mod"))
	if !strings.Contains(mod, "\ngo 1.25.0\n") {
		t.Errorf("the go line has moved:\n%s", mod)
	}
}

// files calls f with every file of ours that has the ending.
func files(t *testing.T, ending string, f func(path string, text []byte)) {
	t.Helper()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "findings") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ending) {
			return nil
		}
		text, err := os.ReadFile(path)
		f(path, text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestSizes: a function fits a screen, a file is one room.
func TestSizes(t *testing.T) {
	const function, file = 70, 500
	files(t, ".go", func(path string, text []byte) {
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, path, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(text, []byte("\n")); n > file {
			t.Errorf("%s has %d lines, at most %d", path, n, file)
		}
		if strings.HasSuffix(path, "_test.go") { // tables are long
			return
		}
		for _, d := range parsed.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				if n := set.Position(f.End()).Line - set.Position(f.Pos()).Line + 1; n > function {
					t.Errorf("%s: %s has %d lines, at most %d", path, f.Name.Name, n, function)
				}
			}
		}
	})
}

// TestDocs: what is exported is documented.
func TestDocs(t *testing.T) {
	files(t, ".go", func(path string, text []byte) {
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, path, text, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && d.Doc == nil && !conventional(d) {
					t.Errorf("%s: %s has no comment", path, d.Name.Name)
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if s, ok := s.(*ast.TypeSpec); ok && s.Name.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
						t.Errorf("%s: %s has no comment", path, s.Name.Name)
					}
				}
			}
		}
	})
}

// conventional reports whether a method does what its name says everywhere.
func conventional(f *ast.FuncDecl) bool {
	return f.Recv != nil && slices.Contains([]string{"String", "Error", "Set", "MarshalText", "Network",
		"Accept", "Addr", "Read", "Write", "Close", "LocalAddr", "RemoteAddr", "SetDeadline", "SetReadDeadline", "SetWriteDeadline"}, f.Name.Name)
}

// TestSkips: a test that skips says so in a sentence.
func TestSkips(t *testing.T) {
	skip := regexp.MustCompile(`\.Skip(f|Now)?\(([^\n]*)`)
	files(t, "_test.go", func(path string, text []byte) {
		for _, m := range skip.FindAllSubmatch(text, -1) {
			if !bytes.HasPrefix(m[2], []byte(`"skipped: `)) && !bytes.Contains(m[2], []byte("FindAllSubmatch")) && !strings.HasSuffix(path, "rules_test.go") {
				t.Errorf("%s: a skip without a reason: %s", path, m[0])
			}
		}
	})
}

// TestLinks: what the documents point at is there.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	files(t, ".md", func(path string, text []byte) {
		for _, m := range link.FindAllSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), string(m[1]))); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
	})
}

// TestDecisions: decisions are numbered without a gap.
func TestDecisions(t *testing.T) {
	names, err := filepath.Glob("../docs/decisions/*.md")
	if err != nil || len(names) == 0 {
		t.Fatalf("no decisions: %v", err)
	}
	for i, name := range names {
		if !strings.HasPrefix(filepath.Base(name), fmt.Sprintf("%03d-", i+1)) {
			t.Errorf("%s is number %d", name, i+1)
		}
	}
}

// TestNothingStray: no finding that a test has saved beside itself is left in
// the tree, where it would be checked in.
func TestNothingStray(t *testing.T) {
	found, err := filepath.Glob("../*/testdata/listentest/*/*.sched")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range found {
		t.Errorf("%s was found by a test: mend it, or add it to the corpus", name)
	}
}
