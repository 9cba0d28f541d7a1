package overlay

import (
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

// TestApplyError: an edit that does not apply is named, and nothing is written.
func TestApplyError(t *testing.T) {
	src := []byte("package p\n\nfunc f() {\n\tg()\n}\n")
	for _, e := range []edit{
		{name: "h", first: "x"},
		{name: "T.f", first: "x"},
		{name: "f", after: "h()", text: "x"},
		{name: "f", old: "h()", new: "x"},
		{name: "type T", field: "x int"},
	} {
		if _, err := apply("p.go", src, []edit{e}); err == nil {
			t.Errorf("%+v applies", e)
		}
	}
	out, err := apply("p.go", src, []edit{{name: "f", first: "a()"}, {name: "f", last: "b()"}, {name: "f", old: "g()", new: "h()"}})
	if want := "package p\n\nfunc f() { a();\n\th()\n\nb()\n}\n"; err != nil || string(out) != want {
		t.Errorf("%v: %q", err, out)
	}
}

func TestKinds(t *testing.T) {
	if len(slices.Compact(slices.Sorted(slices.Values(Kinds)))) != len(Kinds) {
		t.Errorf("two kinds have one name: %q", Kinds)
	}
}
