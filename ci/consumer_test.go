package ci

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A consumer is a module of somebody else's, in a folder of its own, with one
// of our examples as its package and the README's test.
type consumer struct {
	t   *testing.T
	dir string
}

func newConsumer(t *testing.T, example string) consumer {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	c := consumer{t, t.TempDir()}
	c.write("go.mod", "module example.com/"+example+"\n\ngo 1.25\n\nrequire "+module+" v0.0.0\n\nreplace "+module+" => "+root+"\n")
	listener, err := os.ReadFile(filepath.Join("../examples", example, "listener.go"))
	if err != nil {
		t.Fatal(err)
	}
	c.write("listener.go", string(listener))
	c.write("listener_test.go", "package "+example+"\n\nimport (\n\t\"context\"\n\t\"net\"\n\t\"testing\"\n\n\t\""+module+"\"\n)\n\n"+guide(t))
	return c
}

// guide returns the README's test, with the promise put in.
func guide(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllSubmatch(text, -1)
	if len(blocks) != 2 {
		t.Fatalf("the README has %d blocks of Go", len(blocks))
	}
	test, promise := string(blocks[0][1]), string(blocks[1][1])
	before, after, ok := strings.Cut(test, "\t})\n")
	if !ok {
		t.Fatalf("the README's test is not as it was:\n%s", test)
	}
	return before + promise + "\t})\n" + after
}

func (c consumer) write(name, text string) {
	c.t.Helper()
	if err := os.WriteFile(filepath.Join(c.dir, name), []byte(text), 0o644); err != nil {
		c.t.Fatal(err)
	}
}

// run runs the go command as the consumer does, without our workspace.
func (c consumer) run(args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Env = c.dir, append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestConsumerFinds: in a module of one's own the README's test finds the
// founding defect, saves it, and the command that it prints shows it again.
func TestConsumerFinds(t *testing.T) {
	c := newConsumer(t, "late")
	out, err := c.run("test", "./...")
	if err == nil || !strings.Contains(out, "net breaks min-pending: dial #") || !strings.Contains(out, "not checked, because the contract states nothing of them: shut, max-pending, order") {
		t.Fatalf("%v\n%s", err, out)
	}
	files, _ := filepath.Glob(filepath.Join(c.dir, "testdata/listentest/min-pending/net-*.sched"))
	replay := regexp.MustCompile(`replay:  go test -run '(.*)'`).FindStringSubmatch(out)
	if len(files) == 0 || replay == nil {
		t.Fatalf("nothing is saved:\n%s", out)
	}
	// The defect is a race, and each run tries the saved schedule many times;
	// thirty runs do not miss it.
	if out, err := c.run("test", "-count=30", "-run", replay[1], "."); err == nil || !strings.Contains(out, "breaks min-pending") {
		t.Errorf("%s: %v\n%s", replay[0], err, out)
	}
}

// TestConsumerPasses: a correct listener passes, and neither needs the other
// modules that ours names nor a newer go line.
func TestConsumerPasses(t *testing.T) {
	c := newConsumer(t, "mutex")
	if out, err := c.run("mod", "tidy"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := c.run("test", "-count=1", ".")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
	if sum, err := os.ReadFile(filepath.Join(c.dir, "go.sum")); err == nil && len(bytes.TrimSpace(sum)) > 0 {
		t.Errorf("go.sum has lines:\n%s", sum)
	}
	mod, err := os.ReadFile(filepath.Join(c.dir, "go.mod"))
	if err != nil || !bytes.Contains(mod, []byte("\ngo 1.25")) || bytes.Contains(mod, []byte("indirect")) {
		t.Errorf("go.mod is now\n%s%v", mod, err)
	}
}

// TestFaultyExample: the example that is not correct is found by its own
// test, which is built with a tag.
func TestFaultyExample(t *testing.T) {
	dir := t.TempDir()
	binary := filepath.Join(dir, "late.test")
	command(t, nil, "go", "test", "-c", "-tags", "faulty", "-o", binary, "./examples/late")
	cmd := exec.Command(binary)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err == nil || !bytes.Contains(out, []byte("net breaks min-pending")) {
		t.Errorf("%v\n%s", err, out)
	}
}
