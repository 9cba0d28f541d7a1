package overlay_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/listentest/listentest/sched/overlay"
)

var (
	withMutants = flag.String("mutants", "", "a regular expression: TestMutants tries the mistakes whose names it matches, half a minute each")
	mutantsSeed = flag.Uint64("mutants.seed", 0, "TestMutants tries three of them, drawn from this; 0 tries all")
)

// Packages of the tests.
const (
	thisPackage  = "github.com/listentest/listentest/sched/overlay"
	schedPackage = "github.com/listentest/listentest/sched"
)

// A mutant is a mistake in the overlay, with the test that notices it.
type mutant struct {
	name, pkg, test string
	overlay.Mutant
}

var mutants = []mutant{
	{"no point before a lock", schedPackage, "TestHold", drop("sync/mutex.go Mutex.Lock")},
	{"no point before an unlock", schedPackage, "TestHold", drop("sync/mutex.go Mutex.Unlock")},
	{"no point before an atomic addition", schedPackage, "TestControlledPOS", drop("sync/atomic/type.go Int32.Add")},
	{"no point before a send", schedPackage, "TestControlledPOS", drop("runtime/chan.go chansend1")},
	{"no point behind a go statement", schedPackage, "TestBackground", drop("runtime/proc.go newproc")},
	{"select order is not seeded", thisPackage, "TestSame", patch("seeded", "uint32(ctlRand() % uint64(n))", "cheaprandn(n)")},
	{"equal timers are not ordered", thisPackage, "TestSame", drop("runtime/time.go timer.maybeAdd")},
	{"map order and math/rand are not seeded", thisPackage, "TestSame", drop("runtime/rand.go rand")},
	{"hash keys are not seeded", thisPackage, "TestSame", drop("runtime/alg.go alginit", "runtime/alg.go initAlgAES")},
	{"the system's randomness is not seeded", thisPackage, "TestSame", drop("crypto/internal/sysrand/rand.go Read")},
	{"pools keep what is put", thisPackage, "TestSame", drop("sync/pool.go Pool.Put", "sync/pool.go Pool.Get")},
	{"certificates are cached", thisPackage, "TestSame", drop("crypto/tls/cache.go weakCertCache.newCert")},
	{"prepared keys are cached", thisPackage, "TestSame", drop("crypto/internal/fips140cache/cache.go Cache.Get")},
	{"whom the clock stops loses his turn", thisPackage, "TestSame", drop("runtime/proc.go gopreempt_m")},
	{"whom the collector parks loses his turn", thisPackage, "TestSame", drop("runtime/proc.go park_m")},
	{"who comes from a system call loses his turn", thisPackage, "TestSame", drop("runtime/proc.go exitsyscallNoP")},
	{"Gosched does not let others come first", thisPackage, "TestSame", drop("runtime/proc.go gosched_m")},
	{"who spins spins for ever", thisPackage, "TestSame", patch("point", "ctl.streak > ctlPatience", "false")},
	{"who is held is not idle", schedPackage, "TestHold", patch("point", "waitReasonSyncCondWait", "waitReasonForceGCIdle")},
	{"who waits for a lock is not idle", schedPackage, "TestHold", patch("pick", "case waitReasonSyncMutexLock, ", "case ")},
	{"held a point later", schedPackage, "TestHold", patch("point", "gp.ctl.armed == 0 {", "gp.ctl.armed == 0 && gp.ctl.points > 3 {")},
	{"a goroutine of the harness is a task", schedPackage, "TestBackground", patch("control", "by == nil || by.ctl.own", "by == nil")},
	{"what is apart has points", schedPackage, "TestApart", patch("point", "!gp.ctl.apart && ", "")},
	{"random picks are not seeded", schedPackage, "TestSame", patch("pick", "i = int(ctlRand() % uint64(n))", "i = int(cheaprandn(uint32(n)))")},
	{"a replay is off by one", schedPackage, "TestSame", patch("pick", "ctl.replay[ctl.logged])", "ctl.replay[(ctl.logged+1)%len(ctl.replay)])")},
	{"PCT has no change points", schedPackage, "TestToys", patch("point", "at == ctl.points {", "at == ctl.points && false {")},
	{"POS draws nothing anew", schedPackage, "TestControlledPOS", patch("pos", "if x == y {", "if x == y && false {")},
	{"POS does not know the cases of a select", schedPackage, "TestControlledPOS", patch("pos", "if kind == ctlKindSelect {", "if kind == 255 {")},
	{"loads race", schedPackage, "TestControlledPOS", patch("pos", "kind == ctlKindLoad", "false")},
	{"who could have run on is not noted", schedPackage, "TestToys", patch("pick", "of |= 128", "of |= 0")},
}

func drop(edits ...string) overlay.Mutant { return overlay.Mutant{Drop: edits} }

func patch(name, old, new string) overlay.Mutant {
	return overlay.Mutant{Patch: name, Old: old, New: new}
}

// TestMutantsApply: every mistake can be put in, and its test is there.
func TestMutantsApply(t *testing.T) {
	names := map[string]bool{}
	for _, m := range mutants {
		if _, err := m.Write(runtime.GOROOT(), t.TempDir()); err != nil {
			t.Errorf("%s: %v", m.name, err)
		}
		if names[m.name] {
			t.Errorf("two mutants are called %s", m.name)
		}
		names[m.name] = true
	}
}

// TestMutants: the test that is named notices each mistake, and without one
// it passes.
func TestMutants(t *testing.T) {
	if *withMutants == "" {
		t.Skip("skipped: half a minute for each mistake; -mutants . runs it")
	}
	which, err := regexp.Compile(*withMutants)
	if err != nil {
		t.Fatal(err)
	}
	tried := slices.DeleteFunc(slices.Clone(mutants), func(m mutant) bool { return !which.MatchString(m.name) })
	if *mutantsSeed != 0 {
		rand.New(rand.NewPCG(*mutantsSeed, 0)).Shuffle(len(tried), func(i, j int) { tried[i], tried[j] = tried[j], tried[i] })
		tried = tried[:min(len(tried), 3)]
	}
	tests := map[string]string{} // that are named, with their packages
	noticed := 0
	for _, m := range tried {
		tests[m.test+" "+m.pkg] = m.pkg
		how, err := trial(t, m.Mutant, m.pkg, m.test)
		switch {
		case err != nil:
			t.Errorf("%s: %v", m.name, err)
		case how == "":
			t.Errorf("%s: %s does not notice", m.name, m.test)
		default:
			noticed++
			t.Logf("%s: %s notices: %s", m.name, m.test, how)
		}
	}
	for test, pkg := range tests {
		name, _, _ := strings.Cut(test, " ")
		if how, err := trial(t, overlay.Mutant{}, pkg, name); err != nil || how != "" {
			t.Errorf("without a mistake, %s: %s %v", name, how, err)
		}
	}
	t.Logf("%d of %d mistakes are noticed", noticed, len(tried))
}

// trial builds a package with a mistake in the overlay, runs a test of it in
// two processes, and says what that has noticed, "" for nothing. The error
// says that it could not be tried.
func trial(t *testing.T, m overlay.Mutant, pkg, test string) (how string, err error) {
	dir, err := os.MkdirTemp("", "mutant-*")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	root, err := overlay.Root(runtime.GOROOT(), dir)
	if err != nil {
		return "", err
	}
	list, err := m.Write(root, dir)
	if err != nil {
		return "", err
	}
	binary := filepath.Join(dir, "test")
	build := toolchain{root, list}.command("test", "-c", "-tags", overlay.Tag, "-o", binary, pkg)
	build.Env = append(build.Env, "GOCACHE="+filepath.Join(dir, "cache")) // nothing of a mistake is of use again
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	first := ""
	for range 2 {
		const patience = time.Minute
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		cmd := exec.CommandContext(ctx, binary, "-test.v", "-test.run=^"+test+"$")
		cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
		out, err := cmd.CombinedOutput()
		text := string(out)
		if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
			return "", err
		}
		switch {
		case ctx.Err() != nil:
			return fmt.Sprintf("it does not end in %v", patience), nil
		case !strings.Contains(text, "=== RUN   "+test):
			return "", fmt.Errorf("%s did not run:\n%s", test, text)
		case err != nil:
			return reason(text), nil
		}
		same := strings.Join(regexp.MustCompile(`(?m)^same: .*$`).FindAllString(text, -1), "\n")
		if first != "" && same != first {
			return "two processes differ", nil
		}
		first = same
	}
	return "", nil
}

// reason is the first line of a failed test's output that says why.
func reason(text string) string {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		for _, sign := range []string{"panic: ", "fatal error: ", "_test.go:"} {
			if strings.Contains(line, sign) && !strings.Contains(line, "runs to find it") && !strings.Contains(line, "under the policy in") {
				return line
			}
		}
	}
	return "it fails"
}
