package overlay

import (
	"bytes"
	"errors"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
)

// TestWrite: the overlay of the installed toolchain is made once, and a
// program is built with it.
func TestWrite(t *testing.T) {
	dir := t.TempDir()
	list, err := Write(runtime.GOROOT(), dir)
	if err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(list)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Write(runtime.GOROOT(), dir)
	if err != nil || again != list {
		t.Fatal(again, err)
	}
	after, err := os.Stat(list)
	if err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("it was written again: %v", err)
	}
	cmd := exec.Command("go", "build", "-overlay", list, "-o", filepath.Join(dir, "gofmt"), "cmd/gofmt")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// toolchain makes a GOROOT with one file, p/p.go.
func toolchain(t *testing.T, text string) string {
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "src", "p"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "src", "p", "p.go"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return root
}

// TestApplyError: an edit that does not apply is named, and so is the first
// place of one that applies nowhere.
func TestApplyError(t *testing.T) {
	root := toolchain(t, "package p\n\nfunc f() {\n\tg()\n\tg()\n}\n")
	for want, e := range map[string]edit{
		"h of p/p.go: there is no such function":               {file: "p/p.go", name: "h", first: "x"},
		"T.f of p/p.go: there is no such function":             {file: "p/p.go", name: "T.f", first: "x"},
		"f of p/q.go: there is no such file":                   {file: "p/q.go", name: "f", first: "x", or: "p/p.go h"},
		`f of p/p.go: "h()" does not stand in it once`:         {file: "p/p.go", name: "f", after: "h()", text: "x"},
		`f of p/p.go: "g()" does not stand in it once`:         {file: "p/p.go", name: "f", after: "g()", text: "x"},
		`f of p/p.go: "h()" does not stand in it`:              {file: "p/p.go", name: "f", old: "h()", new: "x"},
		"type T of p/p.go: there is no such struct":            {file: "p/p.go", name: "type T", field: "x int"},
		"f of p/p.go: it has neither a receiver nor a channel": {file: "p/p.go", name: "f", first: "x(OBJECT)"},
	} {
		var bad *ApplyError
		if err := e.apply(root, map[string]*source{}); !errors.As(err, &bad) || bad.Error() != "schedule control does not know this toolchain: "+want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if _, err := Write(root, t.TempDir()); err == nil {
		t.Error("an overlay is written for a toolchain without a runtime")
	}
}

// TestApply: edits go in by the text that was there, whatever their order, and
// where there is a second place for one, in the first that is there.
func TestApply(t *testing.T) {
	root, read := toolchain(t, "package p\n\nfunc f() {\n\tg()\n}\n\nfunc k(e int, c *hchan) {\n}\n\nfunc (m *M[T]) l() {\n}\n"), map[string]*source{}
	for _, e := range []edit{
		{file: "p/p.go", name: "f", last: "b()"},
		{file: "p/p.go", name: "f", first: "a()"},
		{file: "p/q.go", name: "f", or: "p/p.go f", old: "g()", new: "h()"},
		{file: "p/p.go", name: "k", first: "x(OBJECT)"},
		{file: "p/p.go", name: "M.l", first: "x(OBJECT)"},
	} {
		if err := e.apply(root, read); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := string(read["p/p.go"].edited()), "package p\n\nfunc f() { a();\n\th()\n\nb()\n}\n\nfunc k(e int, c *hchan) { x(c);\n}\n\nfunc (m *M[T]) l() { x(m);\n}\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestKinds: no two kinds have one name, and those whose numbers stand in the
// patches are what these take them for.
func TestKinds(t *testing.T) {
	for n, want := range map[int]string{1: "go", 5: "select", 17: "atomic load", 20: "statement"} {
		if Kinds[n] != want {
			t.Errorf("kind %d is %s, and point.go.txt takes it for %s", n, Kinds[n], want)
		}
	}
	if len(slices.Compact(slices.Sorted(slices.Values(Kinds)))) != len(Kinds) {
		t.Errorf("two kinds have one name: %q", Kinds)
	}
}

// TestPatches: what comes to the runtime is formatted as all our code is.
func TestPatches(t *testing.T) {
	for name, patch := range added {
		text, err := patches.ReadFile(patch)
		if err != nil {
			t.Fatal(err)
		}
		if want, err := format.Source(text); err != nil || !bytes.Equal(text, want) {
			t.Errorf("%s, for %s, is not as gofmt has it: %v", patch, name, err)
		}
	}
}
