package overlay_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// statementMutants are mistakes in what puts points before statements: a text of
// a file that is another one, and the test that notices it.
var statementMutants = []struct{ name, test, file, old, new string }{
	{"a nosplit function has points", "TestStatements", "statements.go", `"//go:nosplit")`, `"//go:nosplut")`},
	{"a label is not that of its loop", "TestStatements", "statements.go", "return s.Pos()", "return inner.Pos()"},
	{"a point before a case", "TestStatements", "statements.go", "case *ast.CaseClause, *ast.CommClause, *ast.BlockStmt", "case *ast.CommClause, *ast.BlockStmt"},
	{"none in a case of a select", "TestStatements", "statements.go", "case *ast.CommClause:\n\t\tp.list(n.Body)", "case *ast.CommClause:"},
	{"none before the next round", "TestStatements", "statements.go", "case *ast.RangeStmt:\n\t\tp.put(", "case *ast.RangeStmt:\n\t\tfunc(token.Pos, string) {}("},
	{"none behind an else", "TestStatements", "statements.go", `"{ "+statementCall+"; "`, `"{ "`},
	{"a loop is closed before what is in it", "TestStatements", "statements.go", "append(p.closing, src.in...)", "append(src.in, p.closing...)"},
	{"a line more", "TestStatementsPlaces", "statements.go", `":1:1\n")`, `":2:1\n")`},
	{"the mark of byte order stays", "TestStatementsPlaces", "statements.go", `"\ufeff"))`, `"\ufffe"))`},
	{"test files have points", "TestCompile", "compile.go", `"_test.go"`, `"_tests.go"`},
	{"what the go command has made has points", "TestCompile", "compile.go", `strings.HasPrefix(base, "_")`, `strings.HasPrefix(base, "__")`},
	{"the mark reaches the compiler", "TestCompile", "compile.go", "marked = true\n\t\t\tcontinue", "marked = true"},
	{"arguments in a file are not read", "TestCompile", "compile.go", `strings.HasPrefix(args[0], "@")`, `strings.HasPrefix(args[0], "@@")`},
	{"errors are those of our text", "TestCompileFails", "compile.go", "tool(args[0], flags, &said, &said)", "tool(args[0], flags, stdout, stderr)"},
	{"our own errors pass for nothing", "TestCompileFails", "compile.go", "return fmt.Errorf(\"put points before statements: the compiler", "if said.Len() > 0 {\n\t\treturn nil\n\t}\n\treturn fmt.Errorf(\"put points before statements: the compiler"},
}

// TestStatementMutants: the test that is named notices each mistake.
func TestStatementMutants(t *testing.T) {
	if *withMutants == "" {
		t.Skip("skipped: some seconds for each mistake; -mutants . runs it")
	}
	which, err := regexp.Compile(*withMutants)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range statementMutants {
		if !which.MatchString(m.name) {
			continue
		}
		dir := t.TempDir()
		text, err := os.ReadFile(m.file)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), m.old); n != 1 {
			t.Errorf("%s: %q stands in %s %d times", m.name, m.old, m.file, n)
			continue
		}
		changed := filepath.Join(dir, m.file)
		if err := os.WriteFile(changed, []byte(strings.Replace(string(text), m.old, m.new, 1)), 0o666); err != nil {
			t.Fatal(err)
		}
		here, err := filepath.Abs(m.file)
		if err != nil {
			t.Fatal(err)
		}
		list, err := json.Marshal(map[string]any{"Replace": map[string]string{here: changed}})
		if err != nil {
			t.Fatal(err)
		}
		overlay := filepath.Join(dir, "overlay.json")
		if err := os.WriteFile(overlay, list, 0o666); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("go", "test", "-overlay", overlay, "-vet=off", "-count=1", "-run", "^"+m.test+"$", ".").CombinedOutput()
		if err == nil || !strings.Contains(string(out), "--- FAIL: "+m.test) {
			t.Errorf("%s: %s does not notice (%v):\n%s", m.name, m.test, err, out)
		}
	}
}
