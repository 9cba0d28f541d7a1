package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// listentestGo runs listentest go at the repository's root, or in dir.
func listentestGo(t *testing.T, dir string, args ...string) result {
	t.Helper()
	if dir == "" {
		dir = root
	}
	if args[0] == "test" { // a run that hangs fails, with the stacks
		args = append([]string{"test", "-timeout", "150s"}, args[1:]...)
	}
	return invoke(t, dir, append([]string{"go"}, args...)...)
}

// TestGo: what a plain go test skips runs under control.
func TestGo(t *testing.T) {
	r := listentestGo(t, "", "test", "-count=1", "-v", "-run", "^Test(Controlled.*|Toys|Same|Hold|Apart|Background|Crowd|Begin|Counter|PointsOfTheListener|TimeOfTheHeld)$", ".", "./sched")
	if r.status != 0 {
		t.Fatalf("status %d\n%s%s", r.status, r.stdout, r.stderr)
	}
	for _, test := range []string{"TestControlledSame", "TestControlledHolds", "TestControlledWindow", "TestControlledRelease", "TestControlledRepeat", "TestControlledCancel", "TestControlledAim", "TestControlledReplay", "TestControlledSaves", "TestToys", "TestSame", "TestHold", "TestApart", "TestPointsOfTheListener", "TestTimeOfTheHeld", "TestBackground", "TestCrowd", "TestControlledPOS", "TestBegin", "TestCounter"} {
		if !strings.Contains(r.stdout, "--- PASS: "+test+" ") {
			t.Errorf("%s did not pass:\n%s", test, r.stdout)
		}
	}
	for line := range strings.Lines(r.stdout) {
		if strings.Contains(line, "_test.go:") {
			t.Log(strings.TrimSpace(line)) // the tables
		}
	}
}

// lateModule copies the late listener with its test to a module of its own,
// and has the go command work in that.
func lateModule(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	late := filepath.Join(root, "examples", "late")
	for _, name := range []string{"listener.go", "listener_test.go"} {
		text, err := os.ReadFile(filepath.Join(late, name))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name), strings.ReplaceAll(string(text), "github.com/listentest/listentest/examples/late", "late"))
	}
	here, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "go.mod"), "module late\n\ngo 1.25\n\nrequire github.com/listentest/listentest v0.0.0\n\nreplace github.com/listentest/listentest => "+here+"\n")
	t.Setenv("GOWORK", "off")
	t.Setenv("GOFLAGS", "-mod=mod")
	return dir
}

// TestGoFinds: the defect of KB 295079 in a listener that was not made for it,
// by the place at which somebody is held.
func TestGoFinds(t *testing.T) {
	dir := lateModule(t)
	r := listentestGo(t, dir, "test", "-tags", "faulty", ".")
	for _, want := range []string{"net breaks min-pending: dial #", "held at send:late.(*Listener).Accept.func1:listener.go:48", "b0 behind an accept from a full queue held at its point 1",
		"replay:  listentest go test -run '^TestListener$/^saved$/^min-pending$/"} {
		if !strings.Contains(r.stdout, want) {
			t.Errorf("there is no %q in\n%s%s", want, r.stdout, r.stderr)
		}
	}
	if r.status != 1 {
		t.Errorf("status %d, want that of go test, 1", r.status)
	}
	again := listentestGo(t, dir, "test", "-count=1", "-tags", "faulty", "-run", "^TestListener$/^saved$", ".")
	if again.status != 1 || !strings.Contains(again.stdout, "held at send:late.(*Listener).Accept.func1:listener.go:48") {
		t.Errorf("what was saved gives status %d:\n%s%s", again.status, again.stdout, again.stderr)
	}
	moved(t, dir)
}

// moved: what was saved in dir with another number of the point is found
// again, and a point that is not there is said.
func moved(t *testing.T, dir string) {
	files, err := filepath.Glob(filepath.Join(dir, "testdata", "listentest", "min-pending", "*.sched"))
	if err != nil || len(files) != 1 {
		t.Fatalf("saved are %q, %v", files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	later := strings.NewReplacer("preempt b0 at 1", "preempt b0 at 3", "point b0: 1 send:", "point b0: 3 send:").Replace(string(text))
	for text, want := range map[string]string{
		later: "b0 is held at its point 1, not 3 as saved: send:late.(*Listener).Accept.func1\n",
		strings.Replace(later, "3 send:", "3 recv:", 1): "the point 3 of b0, recv:late.(*Listener).Accept.func1, is not there",
	} {
		write(t, files[0], text)
		r := listentestGo(t, dir, "test", "-count=1", "-tags", "faulty", "-run", "^TestListener$/^saved$", ".")
		if r.status != 1 || !strings.Contains(r.stdout, want) || strings.Contains(r.stdout, "breaks min-pending") == strings.Contains(want, "not there") {
			t.Errorf("status %d, want %q:\n%s%s", r.status, want, r.stdout, r.stderr)
		}
	}
}

// TestGoRefuses: an overlay that does not apply is said, and a command that
// there is none of is misuse.
func TestGoRefuses(t *testing.T) {
	if r := invoke(t, t.TempDir(), "go"); r.status != 64 || !strings.Contains(r.stderr, "as in: listentest go test ./...") {
		t.Errorf("status %d: %s", r.status, r.stderr)
	}
	goroot := t.TempDir()
	real, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	src := filepath.Join(strings.TrimSpace(string(real)), "src")
	for _, name := range []string{"runtime", "sync", "internal/sync", "sync/atomic"} { // a toolchain without select
		if err := os.CopyFS(filepath.Join(goroot, "src", name), os.DirFS(filepath.Join(src, name))); err != nil && !os.IsExist(err) {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(goroot, "src", "runtime", "select.go"), "package runtime\n")
	fake := filepath.Join(t.TempDir(), "go")
	write(t, fake, "#!/bin/sh\necho '{\"GOROOT\": \""+goroot+"\", \"GOFLAGS\": \"\"}'\n")
	if err := os.Chmod(fake, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", filepath.Dir(fake)+":"+os.Getenv("PATH"))
	if r := listentestGo(t, t.TempDir(), "vet"); r.status != 2 || !strings.Contains(r.stderr, "schedule control does not know this toolchain: selectgo of runtime/select.go: there is no such function") {
		t.Errorf("status %d: %s", r.status, r.stderr)
	}
}
