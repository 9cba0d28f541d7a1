package main_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// pointsModule makes a module of one package of files of testdata/points, which
// may use package sched, and has the go command work in that.
func pointsModule(t *testing.T, pkg string, files ...string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, name := range files {
		text, err := os.ReadFile(filepath.Join("testdata", "points", name+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name), string(text))
	}
	here, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "go.mod"), "module "+pkg+"\n\ngo 1.25\n\nrequire github.com/listentest/listentest v0.0.0\n\nreplace github.com/listentest/listentest => "+here+"\n")
	t.Setenv("GOWORK", "off")
	t.Setenv("GOFLAGS", "-mod=mod")
	return dir
}

// TestGoPoints: a window between two statements, or between two functions of
// sync/atomic, is in no run without points there, and in some with them; these
// are the same in each process. What is built with points is not taken for
// what is built without, whichever is first.
func TestGoPoints(t *testing.T) {
	dir := pointsModule(t, "lost", "lost.go", "lost_test.go")
	test := []string{"test", "-v", "-count=1", "."}
	named := append([]string{"-points=lost"}, test...)
	hashes := ""
	for i, args := range [][]string{test, named, test, named, named} {
		r := listentestGo(t, dir, args...)
		want := "*lost.Plain: 0 of 8 runs\n*lost.Atomic: 0 of 8 runs\nheld: false   0\n"
		if i > 0 && args[0] != "test" {
			want = "*lost.Plain: 13 of 44 runs\n*lost.Atomic: 13 of 44 runs\nheld: true statement lost.(*Atomic).Increment 21\n"
		}
		got := strings.Join(regexp.MustCompile(`(?m)^(\*lost|held:).*\n`).FindAllString(r.stdout, -1), "")
		if r.status != 0 || got != want {
			t.Fatalf("%q: status %d, want\n%sin\n%s%s", args, r.status, want, r.stdout, r.stderr)
		}
		same := strings.Join(regexp.MustCompile(`(?m)^same: .*$`).FindAllString(r.stdout, -1), "\n")
		switch {
		case args[0] == "test":
		case hashes == "":
			hashes = same
		case same != hashes:
			t.Errorf("%s in one process, and in another\n%s", hashes, same)
		}
	}
}

// TestGoPointsSample: a program of all kinds of statements does the same with
// points, says the same lines of itself and has the same panic; as well where
// it is covered.
func TestGoPointsSample(t *testing.T) {
	dir := pointsModule(t, "sample", "sample.go")
	write(t, filepath.Join(dir, "text.txt"), "embedded")
	offset := regexp.MustCompile(`\+0x[0-9a-f]+`)
	for _, args := range [][]string{{"run", "."}, {"run", ".", "boo"}, {"run", "-trimpath", ".", "boo"}, {"run", "-cover", "."}} {
		plain, points := listentestGo(t, dir, args...), listentestGo(t, dir, append([]string{"-points", "."}, args...)...)
		plain.stderr, points.stderr = offset.ReplaceAllString(plain.stderr, ""), offset.ReplaceAllString(points.stderr, "")
		if points != plain {
			t.Errorf("%q: with points\n%+v\nand without\n%+v", args, points, plain)
		}
		if boo := strings.Contains(plain.stderr, "panic: boo") && strings.Contains(plain.stderr, "sample.go:148"); boo != (args[len(args)-1] == "boo") || !strings.Contains(plain.stdout, "[0 1 4 8] embedded 7 1.5") {
			t.Errorf("%q: %+v", args, plain)
		}
	}
}

// TestGoPointsErrors: the compiler says the same of what it does not take, and
// go vet of what it takes.
func TestGoPointsErrors(t *testing.T) {
	dir := pointsModule(t, "bad", "bad.go")
	for _, verb := range []string{"build", "vet"} {
		plain, points := listentestGo(t, dir, verb, "."), listentestGo(t, dir, "-points", ".", verb, ".")
		if points != plain || points.status != 1 || !strings.Contains(points.stderr, "bad.go:8:") {
			t.Errorf("with points\n%+v\nand without\n%+v", points, plain)
		}
	}
	write(t, filepath.Join(dir, "bad.go"), "package bad\n\nimport \"fmt\"\n\nfunc f() { a := 1; fmt.Printf(\"%s\", a) }\n")
	plain, points := listentestGo(t, dir, "vet", "."), listentestGo(t, dir, "-points", ".", "vet", ".")
	if points != plain || points.status != 1 || !strings.Contains(points.stderr, "bad.go:5:32: ") {
		t.Errorf("with points\n%+v\nand without\n%+v", points, plain)
	}
}

// TestGoPointsRefuses: packages that cannot have points, and patterns of none.
func TestGoPointsRefuses(t *testing.T) {
	dir := pointsModule(t, "lost", "lost.go")
	for args, want := range map[string]string{
		"-points runtime test .":                              "-points: schedule control stands on package runtime, which cannot have points at its statements",
		"-points lost,sync/atomic test .":                     "stands on package sync/atomic,",
		"-points all test .":                                  "stands on package ",
		"-points internal/poll test .":                        "stands on package internal/poll,",
		"-points github.com/listentest/listentest/... test .": "stands on package github.com/listentest/listentest/sched,",
		"-points lots test .":                                 "package lots is not in std",
		"-points ./lots test .":                               "lots: directory not found",
		"-points lost/more/... test .":                        "-points: lost/more/... matches no package",
		"-points lost.go test .":                              "-points: lost.go matches no package",
		"-points lost test -gcflags=-N .":                     "-gcflags is given as well",
		"-points lost test -toolexec time .":                  "-toolexec is given as well",
		"-points= test .":                                     "-points needs the name of a package",
		"-points lost":                                        "go needs a command of the go tool",
		"-pionts lost test .":                                 "there is no flag -pionts\nhint: did you mean -points?",
	} {
		if r := invoke(t, dir, append([]string{"go"}, strings.Fields(args)...)...); r.status != 64 || !strings.Contains(r.stderr, want) {
			t.Errorf("%q: status %d, want %q:\n%s", args, r.status, want, r.stderr)
		}
	}
	if r := invoke(t, dir, "go", "-points", "lost", "vet", "."); r.status != 0 {
		t.Errorf("%+v", r)
	}
	if r := invoke(t, filepath.Dir(dir), "go", "-points=.", "vet", "-C", dir, "."); r.status != 0 {
		t.Errorf("in another folder: %+v", r)
	}
}
