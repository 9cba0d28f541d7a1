package overlay_test

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/listentest/listentest/sched"
	"github.com/listentest/listentest/sched/overlay"
)

var (
	processes  = flag.Int("processes", 3, "in how many processes TestProcesses runs the programs")
	toolchains = flag.String("toolchains", "", "a regular expression: TestToolchains downloads and tries the releases that it matches, as in ^go1\\.2[5-9]")
	standard   = flag.Bool("standard", false, "TestStandard runs the standard library's own tests with the overlay")
)

// A toolchain is a GOROOT with its overlay.
type toolchain struct{ root, list string }

// over makes the overlay of a toolchain.
func over(t *testing.T, goroot, cache string) toolchain {
	root, err := overlay.Root(goroot, cache)
	if err != nil {
		t.Fatal(err)
	}
	list, err := overlay.Write(root, cache)
	if err != nil {
		t.Fatal(err)
	}
	return toolchain{root, list}
}

// command is one of the toolchain's go command, with the overlay. The workspace
// has modules that are for newer releases.
func (c toolchain) command(verb string, args ...string) *exec.Cmd {
	args = append([]string{verb, "-overlay", c.list}, args...)
	cmd := exec.Command(filepath.Join(c.root, "bin", "go"), args...)
	cmd.Env = append(os.Environ(), "GOROOT="+c.root, "GOTOOLCHAIN=local", "GOWORK=off")
	return cmd
}

// same runs TestSame in so many processes, built with the flags, and compares
// what they saw.
func (c toolchain) same(t *testing.T, n int, flags ...string) {
	test := filepath.Join(t.TempDir(), "test")
	build := c.command("test", append([]string{"-c", "-tags", "listentest_sched", "-o", test}, flags...)...)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	first := ""
	for i := range n {
		cmd := exec.Command(test, "-test.run=^(TestSame|TestWatchdog)$", "-runs="+flag.Lookup("runs").Value.String())
		cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("process %d: %v\n%s", i, err, out)
		}
		text := regexp.MustCompile(`(?m)^same: .*$`).FindAllString(string(out), -1)
		if len(text) != len(programs)*len(plans) {
			t.Fatalf("process %d: %d programs and plans of %d:\n%s", i, len(text), len(programs)*len(plans), out)
		}
		if all := strings.Join(text, "\n"); first == "" {
			first = all
		} else if all != first {
			t.Fatalf("process %d differs:\n%s\nand the first:\n%s", i, all, first)
		}
	}
	t.Logf("%d processes, %d programs and plans: the same", n, len(programs)*len(plans))
}

// TestProcesses: equal plans make equal runs in all processes.
func TestProcesses(t *testing.T) {
	if sched.Controlled() || testing.Short() {
		t.Skip("skipped: it builds much of the standard library, which takes a minute")
	}
	over(t, runtime.GOROOT(), t.TempDir()).same(t, *processes)
}

// TestRace: as well with the race detector.
func TestRace(t *testing.T) {
	if *toolchains == "" && !*standard {
		t.Skip("skipped: it takes minutes; -standard runs it")
	}
	over(t, runtime.GOROOT(), t.TempDir()).same(t, *processes, "-race")
}

// TestToolchains: as well with other releases.
func TestToolchains(t *testing.T) {
	if *toolchains == "" {
		t.Skip("skipped: it takes minutes for each release; -toolchains names some")
	}
	which, err := regexp.Compile(*toolchains)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "list", "-m", "-versions", "golang.org/toolchain").Output()
	if err != nil {
		t.Fatalf("list the toolchains: %v", err)
	}
	name := regexp.MustCompile(`v0\.0\.1-(go1\.\d+\.\d+)\.` + runtime.GOOS + "-" + runtime.GOARCH + `\b`)
	tried := 0
	for _, m := range name.FindAllStringSubmatch(string(out), -1) {
		if !which.MatchString(m[1]) {
			continue
		}
		tried++
		t.Run(m[1], func(t *testing.T) {
			cmd := exec.Command("go", "env", "GOROOT")
			cmd.Env = append(os.Environ(), "GOTOOLCHAIN="+m[1])
			root, err := cmd.Output()
			if err != nil {
				t.Fatalf("download it: %v", err)
			}
			over(t, strings.TrimSpace(string(root)), t.TempDir()).same(t, 2)
		})
	}
	if tried == 0 {
		t.Errorf("no release matches %s", *toolchains)
	}
}

// TestStandard: the standard library keeps its promises with the overlay.
func TestStandard(t *testing.T) {
	if !*standard {
		t.Skip("skipped: it takes minutes; -standard runs it")
	}
	c := over(t, runtime.GOROOT(), t.TempDir())
	for _, args := range [][]string{
		{"sync", "sync/atomic", "context", "io", "testing/synctest", "internal/synctest", "internal/sync", "crypto/rand", "time", "iter"},
		{"-run", "Chan|Select|Gosched|Synctest|Mutex|Timer|GC|Coro", "runtime"},
	} {
		if out, err := c.command("test", append([]string{"-short"}, args...)...).CombinedOutput(); err != nil {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
}
