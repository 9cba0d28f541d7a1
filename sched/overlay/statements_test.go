package overlay

import (
	"fmt"
	"go/ast"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// TestStatements: where points go, and where not.
func TestStatements(t *testing.T) {
	for in, want := range map[string]string{
		"f(); g()":                              "P f(); P g()",
		"var x = 1; const c = 1; type T int":    "P var x = 1; const c = 1; type T int",
		"{ f() }":                               "{ P f() }",
		"L: f()":                                "L: P f()",
		"L: for { break L }":                    "P L: for { P break L }",
		"A: B: switch { default: f(); }":        "P A: B: switch { default: P f(); }",
		"goto L; L: ; f(); L2: }; func h() { x": "P goto L; L: ; P f(); L2: }; func h() { P x",
		"for {}":                                "P for {; P }",
		"for { f() }":                           "P for { P f() }",
		"for f() {}":                            "P for f() {; P }",
		"for i := 0; i < n; i++ { f() }":        "P for i := 0; i < n; i++ { P f() ; P }",
		"for ; ; i++ { f() }":                   "P for ; ; i++ { P f() ; P }",
		"for range c { f() }":                   "P for range c { P f() ; P }",
		"if f() {} else if g() {} else { h() }": "P if f() {} else { P if g() {} else { P h() } }",
		"for f() {if a {} else if b {}}":        "P for f() {P if a {} else { P if b {} }; P }",
		"switch f() { case 1: g(); fallthrough; case 2: }":               "P switch f() { case 1: P g(); P fallthrough; case 2: }",
		"switch x.(type) { case int: g() }":                              "P switch x.(type) { case int: P g() }",
		"select { case x := <-c: f(); default: }":                        "P select { case x := <-c: P f(); default: }",
		"defer func() { f() }(); go g()":                                 "P defer func() { P f() }(); P go g()",
		"return func() int { return 1 }":                                 "P return func() int { P return 1 }",
		"}; //go:nosplit\nfunc g() { f()":                                "}; //go:nosplit\nfunc g() { f()",
		"}\n\n//go:nosplit\n\n// Doc.\nfunc g() { f() }; func h() { f()": "}\n\n//go:nosplit\n\n// Doc.\nfunc g() { f() }; func h() { P f()",
		"}; //go:norace\nfunc g() { f()":                                 "}; //go:norace\nfunc g() { P f()",
		"}; var v = func() { f() }; func asm(); func g() {":              "}; var v = func() { P f() }; func asm(); func g() {",
	} {
		out, pkg, err := Statements("/d/x.go", []byte("package p; func _() { "+in+" }"))
		_, got, _ := strings.Cut(strings.ReplaceAll(string(out), statementCall+";", "P"), "\npackage p; func _() { ")
		got = strings.ReplaceAll(got, statementCall, "P")
		if want += " }"; err != nil || pkg != "p" || got != want {
			t.Errorf("%s\n gives %s\n  want %s (%v)", in, got, want, err)
		}
	}
	if _, _, err := Statements("x.go", []byte("package p; func {")); err == nil {
		t.Error("what is no Go has points")
	}
}

// TestStatementsPlaces: every name is in the line where it was, in much of the
// standard library, in a file with line directives, and behind a mark of byte order.
func TestStatementsPlaces(t *testing.T) {
	texts := map[string]string{
		"mark":    "\ufeffpackage p\n\nfunc f() { a(); b() }\n",
		"grammar": "package p\n\nfunc f() {\n//line g.y:7\n\ta(); b()\n/*line h.y:3:4*/ c(); d()\n}\n//line g.y:70\nfunc h() { a() }\n",
		"windows": "package p\r\n\r\nfunc f() {\r\n\tif a() { b() } else if c() { d() }\r\n}\r\n",
	}
	for _, dir := range []string{"bufio", "encoding/json", "go/printer", "net", "net/http", "os", "reflect", "regexp", "runtime", "sync", "text/template"} {
		files, err := filepath.Glob(filepath.Join(runtime.GOROOT(), "src", dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatal(dir, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			texts[file] = string(text)
		}
	}
	points := 0
	for file, text := range texts {
		out, _, err := Statements(file, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		want, got := names(t, file, text), names(t, file, string(out))
		if !slices.Equal(got, want) {
			for i := range min(len(got), len(want)) {
				if got[i] != want[i] {
					t.Errorf("%s: %s stands where %s did", file, got[i], want[i])
					break
				}
			}
			t.Fatalf("%s has %d names, and had %d", file, len(got), len(want))
		}
		points += strings.Count(string(out), statementCall)
	}
	if points < 50_000 {
		t.Errorf("%d files have %d points", len(texts), points)
	}
	t.Logf("%d files have %d points", len(texts), points)
}

// names returns the names in a text with their lines, as line directives say
// them; not those of points.
func names(t *testing.T, file, text string) (all []string) {
	s, err := parse(file, []byte(strings.TrimPrefix(text, "\ufeff")))
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(s.tree, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && id.Name != statementOn && id.Name != statementPoint {
			at := s.set.Position(id.Pos())
			all = append(all, fmt.Sprintf("%s:%s:%d", id.Name, at.Filename, at.Line))
		}
		return true
	})
	return all
}
