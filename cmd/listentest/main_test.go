package main_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// tool is the built binary: exit statuses are not what go run makes of them.
var tool string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "listentest-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 2
		}
		defer os.RemoveAll(dir)
		tool = filepath.Join(dir, "listentest")
		build := exec.Command("go", "build", "-o", tool, ".")
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			fmt.Fprintln(os.Stderr, "build the tool:", err)
			return 2
		}
		return m.Run()
	}())
}

// A result is what a run of the tool gave.
type result struct {
	status         int
	stdout, stderr string
}

func invoke(t *testing.T, dir string, args ...string) result {
	t.Helper()
	cmd := exec.Command(tool, args...)
	var stdout, stderr bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &stdout, &stderr
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestMisuse: what was wrong, the nearest names, and status 64.
func TestMisuse(t *testing.T) {
	dir := t.TempDir()
	for args, want := range map[string]string{
		"":                                   "usage: listentest COMMAND",
		"rnu":                                "there is no command \"rnu\"\nhint: did you mean run?",
		"run -targte sim":                    "there is no flag -targte\nhint: did you mean -target?",
		"run -target smi":                    "there is no target \"smi\"\nhint: did you mean sim?",
		"run -target muttex":                 "there is no target \"muttex\"\nhint: did you mean mutex?",
		"run -target sim:defered-credit":     "hint: did you mean deferred-credit?",
		"run -target sim:overflow=blok":      "hint: did you mean block?",
		"run -target tcp:addr=192.168.1.1":   "192.168.1.1 is not a loopback address",
		"run -cases many":                    "invalid value \"many\" for flag -cases",
		"run -cases -1":                      "-cases must be at least 0",
		"run -for 0s":                        "-for more than 0",
		"run -sched pcct:2":                  "there is no policy \"pcct\"\nhint: did you mean pct? There are choices, run-on, random, pct, pos, urw, dfs, portfolio\n",
		"run -sched pct:0":                   "the policy pct takes a depth from 1 to 8, and \"0\" is none\n",
		"run -sched pos:2":                   "the policy pos takes no argument, and \"2\" is one\n",
		"run sim":                            "run takes no argument, and \"sim\" is one",
		"replay":                             "replay needs a file",
		"replay -target smi x":               "there is no target",
		"shrink x":                           "shrink needs one file and -target",
		"corpus":                             "corpus has no command \"\"\nhint: there are add, list, show",
		"corpus shw":                         "hint: did you mean show?",
		"corpus show min-pending/off-by-low": "hint: did you mean min-pending/off-by-one-low?",
	} {
		r := invoke(t, dir, strings.Fields(args)...)
		if r.status != 64 || !strings.Contains(r.stderr, want) || r.stdout != "" {
			t.Errorf("%q: status %d, %q, want %q", args, r.status, r.stderr, want)
		}
	}
}

func TestHelp(t *testing.T) {
	for _, args := range []string{"help", "-h", "run -h", "replay -h", "shrink -help", "corpus -h", "corpus add -h", "targets -h", "check -h", "go -h"} {
		if r := invoke(t, t.TempDir(), strings.Fields(args)...); r.status != 0 || !strings.Contains(r.stdout, "usage: listentest") || r.stderr != "" {
			t.Errorf("%q: %+v", args, r)
		}
	}
}

// TestFaultsAreFound: each of these is found in 20,000 cases, status 1.
func TestFaultsAreFound(t *testing.T) {
	for fault, promise := range map[string]string{
		"deferred-credit": "min-pending", "off-by-one-low": "min-pending", "off-by-one-high": "max-pending", "credit-leak-on-abort": "min-pending",
		"lost-wakeup": "progress", "duplicate-accept": "conserve", "lifo-order": "order", "close-leaves-pending": "shut",
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			r := invoke(t, dir, "run", "-target", "sim:"+fault, "-cases", "20000", "-seed", "1")
			files, _ := filepath.Glob(filepath.Join(dir, "findings", promise, "*.sched"))
			if r.status != 1 || len(files) != 1 || !strings.Contains(r.stdout, "sim:"+fault+" breaks "+promise+": ") {
				t.Fatalf("files %v, %+v", files, r)
			}
			// The command that it prints shows it again, and the file says what
			// is so.
			again := regexp.MustCompile(`(?m)^replay:  listentest (.*)$`).FindStringSubmatch(r.stdout[strings.Index(r.stdout, "sim:"+fault+" breaks "+promise+": "):])
			if again == nil {
				t.Fatalf("no command in\n%s", r.stdout)
			}
			if r := invoke(t, dir, strings.Fields(again[1])...); r.status != 1 || !strings.Contains(r.stdout, promise+" is violated") {
				t.Errorf("%s: %+v", again[1], r)
			}
			if r := invoke(t, dir, "replay", files[0]); r.status != 0 || strings.Count(r.stdout, "as the header says") < 2 {
				t.Errorf("replay %s: %+v", files[0], r)
			}
		})
	}
}

// TestRunIsReplayable: a seed gives the same report, but for the speed.
func TestRunIsReplayable(t *testing.T) {
	var first string
	for range 2 {
		r := invoke(t, t.TempDir(), "run", "-target", "sim:lost-wakeup", "-cases", "20000", "-seed", "7")
		got := regexp.MustCompile(`\d+ cases/s`).ReplaceAllString(r.stdout, "")
		if first != "" && got != first {
			t.Errorf("two runs differ:\n%s\n%s", first, got)
		}
		first = got
	}
}

func TestRunJSON(t *testing.T) {
	r := invoke(t, t.TempDir(), "run", "-target", "sim", "-target", "sim:lifo-order", "-cases", "2000", "-seed", "3", "-json")
	var report struct {
		Schema  int
		With    string
		Targets []struct {
			Target, Level string
			Cases         int
			Seed          uint64
			Contract      map[string]any
			Promises      map[string]map[string]int
			Coverage      struct {
				Reached, Known, Last int
				Never                []string
			}
		}
		Findings []struct{ Target, Promise, Schedule, File string }
	}
	if err := json.Unmarshal([]byte(r.stdout), &report); err != nil {
		t.Fatalf("%v\n%s", err, r.stdout)
	}
	if r.status != 1 || report.Schema != 1 || report.With == "" || len(report.Targets) != 2 || len(report.Findings) == 0 {
		t.Fatalf("%+v", report)
	}
	row, finding := report.Targets[1], report.Findings[len(report.Findings)-1] // the last: an ambiguous one may be another promise's
	if row.Cases != 2000 || row.Seed != 3 || row.Level != "full" || len(row.Contract) == 0 || row.Promises["order"]["violated"] == 0 {
		t.Errorf("%+v", row)
	}
	if c := row.Coverage; c.Known < 200 || c.Reached < c.Known-len(c.Never) || len(c.Never) > 10 || c.Last == 0 || c.Last >= 2000 {
		t.Errorf("%+v", c)
	}
	if finding.Promise != "order" || finding.File == "" || !strings.HasPrefix(finding.Schedule, "backlog 2\n") {
		t.Errorf("%+v", finding)
	}
}

// TestInterrupt: the first Ctrl-C ends a run with the table of what was done.
func TestInterrupt(t *testing.T) {
	for _, target := range []string{"sim", "tcp"} {
		cmd := exec.Command(tool, "run", "-target", target, "-for", "60s", "-seed", "1")
		cmd.Dir = t.TempDir()
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewReader(out)
		if _, err := lines.ReadString('\n'); err != nil { // it runs
			t.Fatal(err)
		}
		time.AfterFunc(time.Second, func() { _ = cmd.Process.Signal(os.Interrupt) })
		rest, err := io.ReadAll(lines)
		if err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // the status is what counts
		if cmd.ProcessState.ExitCode() != 130 || !bytes.Contains(rest, []byte("interrupted: this is what was done")) || !bytes.Contains(rest, []byte("min-pending")) {
			t.Errorf("%s: %v\n%s", target, cmd.ProcessState, rest)
		}
	}
}

// TestParentDies: the process in the namespace does not outlive the one that
// started it.
func TestParentDies(t *testing.T) {
	cmd := exec.Command(tool, "run", "-target", "tcp", "-for", "60s")
	cmd.Dir = t.TempDir()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 1)
	if _, err := out.Read(buf); err != nil { // it runs
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { // the pipe ends when the last process that has it is gone
		defer close(done)
		for {
			if _, err := out.Read(buf); err != nil {
				return
			}
		}
	}()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Error("a process is left")
	}
	_ = cmd.Wait()
}

// TestBrokenFiles: file, line, column and what was expected; the others run.
func TestBrokenFiles(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "bad.sched"), "format: 1\ninvariant: order\nfails: sim\n\nbacklog 1\naccept c3\n")
	write(t, filepath.Join(dir, "plain.txt"), "backlog 1\ndial c0\n")
	write(t, filepath.Join(dir, "good.sched"), "format: 1\ninvariant: min-pending\nexpect sim: ok\n\nbacklog 1\ndial c0\n")
	write(t, filepath.Join(dir, "lies.sched"), "format: 1\ninvariant: min-pending\nfails: sim\n\nbacklog 1\ndial c0\n")
	r := invoke(t, dir, "replay", "bad.sched", "good.sched")
	if r.status != 64 || strings.Count(r.stderr, "bad.sched:6:8: expected acceptor s0-s63 for accept, found \"c3\"") != 1 ||
		!strings.Contains(r.stdout, "good.sched on sim: as the header says") {
		t.Errorf("%+v", r)
	}
	if r := invoke(t, dir, "replay", "lies.sched"); r.status != 1 || !strings.Contains(r.stdout, "lies.sched on sim: not as the header says: min-pending does not break") {
		t.Errorf("%+v", r)
	}
	if r := invoke(t, dir, "replay", "missing.sched"); r.status != 2 || !strings.Contains(r.stderr, "missing.sched: no such file") {
		t.Errorf("%+v", r)
	}
	if r := invoke(t, dir, "replay", "plain.txt"); r.status != 64 || !strings.Contains(r.stderr, "plain.txt:1:1: expected") {
		t.Errorf("%+v", r)
	}
	if r := invoke(t, dir, "replay", "plain.txt", "-target", "sim:off-by-one-low"); r.status != 1 || !strings.Contains(r.stdout, "min-pending is violated") {
		t.Errorf("%+v", r)
	}
}

func TestShrink(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "long.txt"), "backlog 3\nfill c0\nabort c0\naccept s1 &\ndial c2\nsettle\naccept s0\nhangup c0\ndial c1\nabort c1\nfill c3\n")
	r := invoke(t, dir, "shrink", "long.txt", "-target", "sim:credit-leak-on-abort")
	files, _ := filepath.Glob(filepath.Join(dir, "findings", "min-pending", "*.sched"))
	if r.status != 1 || len(files) != 1 || !strings.Contains(r.stdout, "10 steps shrunk to 3 in") || !strings.Contains(r.stdout, "  dial c0\n  abort c0\n  dial c0\n") {
		t.Errorf("%v, %+v", files, r)
	}
	if r := invoke(t, dir, "shrink", "long.txt", "-target", "sim"); r.status != 0 || !strings.Contains(r.stdout, "nothing to shrink") {
		t.Errorf("%+v", r)
	}
}

func TestCorpusCommand(t *testing.T) {
	dir := t.TempDir()
	if r := invoke(t, dir, "corpus", "list"); r.status != 0 || !strings.Contains(r.stdout, "min-pending/deferred-credit") {
		t.Errorf("%+v", r)
	}
	show := invoke(t, dir, "corpus", "show", "min-pending/deferred-credit")
	if show.status != 0 || !strings.Contains(show.stdout, "source: Microsoft KB 295079") {
		t.Errorf("%+v", show)
	}
	if r := invoke(t, dir, "replay", "min-pending/deferred-credit"); r.status != 0 {
		t.Errorf("an entry by name: %+v", r)
	}
	write(t, filepath.Join(dir, "mine.sched"), show.stdout)
	if r := invoke(t, dir, "corpus", "add", "mine.sched"); r.status != 2 || !strings.Contains(r.stderr, "find the corpus") {
		t.Errorf("no corpus here: %+v", r)
	}
	if err := os.Mkdir(filepath.Join(dir, "corpus"), 0o755); err != nil {
		t.Fatal(err)
	}
	if r := invoke(t, dir, "corpus", "add", "mine.sched"); r.status != 0 || !strings.Contains(r.stdout, "added: corpus/min-pending/mine.sched") {
		t.Errorf("%+v", r)
	}
	added, err := os.ReadFile(filepath.Join(dir, "corpus/min-pending/mine.sched"))
	if err != nil || string(added) != show.stdout {
		t.Errorf("got %q, %v", added, err)
	}
	if r := invoke(t, dir, "corpus", "add", "mine.sched"); r.status != 2 || !strings.Contains(r.stderr, "is there already") {
		t.Errorf("a second time: %+v", r)
	}
	write(t, filepath.Join(dir, "lies.sched"), "format: 1\ninvariant: order\nfails: sim\n\nbacklog 1\ndial c0\n")
	if r := invoke(t, dir, "corpus", "add", "lies.sched"); r.status != 1 {
		t.Errorf("an entry that is not so: %+v", r)
	}
}

func TestTargetsCommand(t *testing.T) {
	r := invoke(t, t.TempDir(), "targets", "-json")
	var got struct {
		Schema  int
		Targets []struct {
			Name, Level string
			Contract    struct{ Guaranteed struct{ Stated bool } }
		}
	}
	if err := json.Unmarshal([]byte(r.stdout), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Targets) != 3 || got.Targets[0].Name != "sim" || got.Targets[0].Level != "full" || !got.Targets[0].Contract.Guaranteed.Stated {
		t.Errorf("%+v", got)
	}
}

// TestNothingIsLost: a finding that cannot be written is still printed whole.
func TestNothingIsLost(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "findings"), "a file in the way")
	r := invoke(t, dir, "run", "-target", "sim:off-by-one-low", "-cases", "100", "-seed", "1")
	if r.status != 1 || !strings.Contains(r.stdout, "  backlog 1\n  dial c0\n") || !strings.Contains(r.stdout, "trouble, save a finding") {
		t.Errorf("%+v", r)
	}
}

// shell runs a command line in which $TOOL is the tool.
func shell(t *testing.T, line string) (status int, out string) {
	t.Helper()
	cmd := exec.Command("sh", "-c", line)
	cmd.Dir, cmd.Env = t.TempDir(), append(os.Environ(), "TOOL="+tool)
	b, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(b)
}

// TestMissingTarget: a target that cannot be opened is skipped with the
// reason, and asked for by name it is trouble.
func TestMissingTarget(t *testing.T) {
	const hide = `unshare -Urm sh -c 'mount -t tmpfs none /proc/sys/net && `
	if status, out := shell(t, hide+"true'"); status != 0 {
		t.Skipf("skipped: /proc/sys/net cannot be hidden here: %s", out)
	}
	for command, want := range map[string]struct {
		status int
		text   string
	}{
		"run -for 1s":                   {0, "tcp: skipped, open tcp: read a kernel setting"},
		"run -target tcp -cases 1":      {2, "tcp: skipped, open tcp: read a kernel setting"},
		"replay order/lifo":             {0, "order/lifo on tcp: skipped, target tcp cannot run here"},
		"replay order/lifo -target tcp": {2, "target tcp cannot run here"},
		"targets":                       {0, "tcp: cannot run here, open tcp: read a kernel setting"},
	} {
		status, out := shell(t, hide+"$TOOL "+command+"'")
		if status != want.status || !strings.Contains(out, want.text) || strings.Contains(out, "\ntcp  ") {
			t.Errorf("%s: status %d, want %d with %q:\n%s", command, status, want.status, want.text, out)
		}
	}
}

// TestNoDescriptors: what our own side lacks is trouble, and no verdict.
func TestNoDescriptors(t *testing.T) {
	status, out := shell(t, "ulimit -n 24; $TOOL run -target tcp -target unix -cases 2000 -seed 1")
	if status != 2 || !strings.Contains(out, "too many open files") || strings.Contains(out, "breaks") {
		t.Errorf("status %d\n%s", status, out)
	}
}
