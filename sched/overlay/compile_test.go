package overlay

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A compiler is a fake one, which prints its arguments and, where it finds FAIL in
// the files that they name, fails.
func compiler(t *testing.T) string {
	name := filepath.Join(t.TempDir(), "compile")
	text := "#!/bin/sh\nprintf '%s\\n' \"$*\"\nfor a; do case $a in *.go) grep FAIL $a && exit 3;; esac; done\nexit 0\n"
	if err := os.WriteFile(name, []byte(text), 0o777); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestCompile: who is not marked is passed on as he is. Of who is, the files of
// people are replaced, and one more comes to them.
func TestCompile(t *testing.T) {
	dir, tool := t.TempDir(), compiler(t)
	t.Chdir(dir)
	file := func(name, text string) string {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return name
	}
	a := file("a.go", "package p\n\nfunc f() { f() }\n")
	b := file("b.go", "package p\n\nfunc g() { f() }\n")
	mark := statementsFlag + "0"
	list := file("list", strings.Join([]string{"-o", filepath.Join("out", "p.a"), mark, "-D", `a\nb\\n`, a}, "\n")+"\n")
	plain := file("plain", "-o\np.a\n"+a+"\n")
	for args, want := range map[string]string{
		"-V=full":                            "-V=full\n",
		"-o out/p.a -p p a.go":               "-o out/p.a -p p a.go\n",
		"@" + plain:                          "@plain\n",
		"-o out/p.a " + mark + " -pack a.go": "-o out/p.a -pack out/points/0-a.go out/points/points.go\n",
		"@" + list:                           "-o out/p.a -D a\nb\\n out/points/0-a.go out/points/points.go\n",
		"-o out/p.a " + mark + " " + b + " " + a + " " + file("a_test.go", "package p\n") + " " + file("_testmain.go", "package main\n"): "-o out/p.a out/points/0-b.go out/points/1-a.go a_test.go _testmain.go out/points/points.go\n",
		"-o out/p.a " + mark + " a_test.go":                                 "-o out/p.a a_test.go\n",
		"-o out/p.a " + mark + " " + file("half.go", "package p; func {\n"): "-o out/p.a half.go\n",
	} {
		var out, stderr bytes.Buffer
		if err := Compile(append([]string{tool}, strings.Fields(args)...), &out, &stderr); err != nil || out.String() != want || stderr.Len() > 0 {
			t.Errorf("%s gives\n%s, want\n%s (%v, %s)", args, &out, want, err, &stderr)
		}
	}
	text, err := os.ReadFile(filepath.Join("out", "points", "1-a.go"))
	if want := "//line " + filepath.Join(dir, "a.go") + ":1:1\npackage p\n\nfunc f() { " + statementCall + "; f() }\n"; err != nil || string(text) != want {
		t.Errorf("%s, want %s (%v)", text, want, err)
	}
	text, err = os.ReadFile(filepath.Join("out", "points", "points.go"))
	if err != nil || !strings.Contains(string(text), "\npackage p\n") {
		t.Errorf("%s (%v)", text, err)
	}
	if err := Compile([]string{tool, mark, a}, os.Stdout, os.Stderr); err == nil || !strings.Contains(err.Error(), "is not told what to write") {
		t.Errorf("without -o: %v", err)
	}
}

// TestCompileFails: what the compiler says of a file is of that as it was; what
// it says only of our text is our mistake, and said to be.
func TestCompileFails(t *testing.T) {
	dir, tool := t.TempDir(), compiler(t)
	a := filepath.Join(dir, "a.go")
	args := []string{tool, "-o", filepath.Join(dir, "p.a"), statementsFlag + "0", a}
	for text, want := range map[string]string{
		"package p // FAIL\n":     "-o " + args[2] + " " + a + "\npackage p // FAIL\n",
		"package p; func {FAIL\n": "-o " + args[2] + " " + a + "\npackage p; func {FAIL\n",
	} {
		if err := os.WriteFile(a, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		var out, stderr bytes.Buffer
		err := Compile(args, &out, &stderr)
		if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 3 || out.String() != want {
			t.Errorf("%v, and\n%s, want\n%s", err, &out, want)
		}
	}
	ours := "#!/bin/sh\ncase \"$@\" in *points.go*) echo what; exit 3;; esac\n"
	if err := os.WriteFile(tool, []byte(ours), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(a, []byte("package p\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := Compile(args, os.Stdout, os.Stderr); err == nil || !strings.HasSuffix(err.Error(), "the compiler takes the package without them, and with them says\nwhat\n") {
		t.Errorf("our mistake: %v", err)
	}
}

// TestStatementFlags: each pattern has its flag, and none another value.
func TestStatementFlags(t *testing.T) {
	flags := StatementFlags(`"/a b/tool" go`, []string{"./...", "x.org/y"})
	if len(flags) != 3 || flags[0] != `'-toolexec="/a b/tool" go'` || !strings.HasPrefix(flags[1], "-gcflags=./...="+statementsFlag) || strings.Replace(flags[1], "./...", "x.org/y", 1) != flags[2] {
		t.Errorf("%q", flags)
	}
}
