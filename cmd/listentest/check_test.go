package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/listentest/listentest"
)

// Histories to be judged by linux-unix.
const (
	right    = "backlog 0\n# nothing is wrong\n\ncall 1 dial c0\nreturn 1 ok conn 1\ncall 2 dial c1\nreturn 2 would-block\n"
	wrong    = "backlog 0\ncall 1 dial c0\nreturn 1 would-block\n"
	slow     = "backlog 0\ncall 1 accept s0\ncall 2 dial c0\nreturn 2 ok conn 2\nrest calm\n"
	observed = "backlog 0\ncall 1 dial c0\nreturn 1 ok conn 1\ncall 2 accept s0\nhold s0 dequeued\ncall 3 dial c1\nreturn 3 would-block\n" +
		"call 4 resume s0\nreturn 4 ok\nreturn 2 ok conn 1\n"
)

func TestCheck(t *testing.T) {
	dir := t.TempDir()
	mine, ok := strings.CutPrefix(invoke(t, dir, "targets", "linux-unix").stdout, "format: 1\n")
	if !ok {
		t.Fatal("linux-unix has no header")
	}
	h, err := listentest.ParseHistory(wrong)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"right": right, "wrong": wrong, "slow": slow, "observed": observed,
		"mine.contract": "format: 1\n" + mine, "bad.contract": "format: 1\n\nmax many\n",
		"wrong.jsonl": "\n" + h.JSONLines(), "bom": "\ufeff" + strings.ReplaceAll(wrong, "\n", "\r\n"),
		"cut": wrong[:len(wrong)-3], "cut.jsonl": h.JSONLines()[:60], "empty": ""} {
		write(t, filepath.Join(dir, name), text)
	}
	for _, c := range []struct {
		args   string
		status int
		wants  []string // parts of what is printed
	}{
		{"right -contract linux-unix", 0, []string{"right: nothing is violated", "min-pending  held", "progress     unknown", "decided exactly", "unknown means undecided"}},
		{"wrong -contract linux-unix", 1, []string{"wrong: min-pending is violated: dial #1 by c0 was told would-block",
			"- had dial #1 by c0 returned ok", "◀ breaks min-pending", "min-pending  violated"}},
		{"-contract mine.contract wrong.jsonl bom", 1, []string{"wrong.jsonl: min-pending is violated", "bom: min-pending is violated"}},
		{"wrong right -contract linux-unix", 1, []string{"right: nothing is violated"}},
		{"slow -contract linux-unix", 0, []string{"slow: progress is suspect: accept #1 by s0 waits", "ten times", "progress     suspect"}},
		{"observed -contract linux-unix", 0, []string{"observed: credit window: dial #3 by c1"}},
		{"right -contract sim", 1, []string{"right: refusal-mode is violated"}},
		{"right", 64, []string{"check needs -contract NAME or FILE\nhint: there are sim, tcp, unix, linux-tcp, "}},
		{"-contract linux-unix", 64, []string{"check needs a file"}},
		{"right -contract linux-unx", 64, []string{"no preset, no target and no file \"linux-unx\"\nhint: did you mean linux-unix?"}},
		{"right -contract sim:lifo", 64, []string{"hint: did you mean lifo-order?"}},
		{"right -contract bad.contract", 64, []string{"bad.contract:3:5: expected"}},
		{"right -contract no/such", 2, []string{"read a contract: open no/such"}},
		{"nosuch wrong -contract linux-unix", 1, []string{"read a history: open nosuch", "wrong: min-pending is violated"}},
		{"nosuch right -contract linux-unix", 2, []string{"right: nothing is violated"}},
		{"cut right -contract linux-unix", 64, []string{"cut:3:10: expected one of ok, refused", "right: nothing is violated"}},
		{"cut.jsonl -contract linux-unix", 64, []string{"cut.jsonl:3:2: expected a key"}},
		{"empty -contract linux-unix", 64, []string{"empty:1:1: expected \"backlog B\""}},
	} {
		r := invoke(t, dir, append([]string{"check"}, strings.Fields(c.args)...)...)
		for _, want := range c.wants {
			if r.status != c.status || !strings.Contains(r.stdout+r.stderr, want) {
				t.Errorf("check %s: status %d, want %d with %q\n%s%s", c.args, r.status, c.status, want, r.stdout, r.stderr)
			}
		}
	}
	cmd := exec.Command(tool, "check", "-", "-contract", "linux-unix")
	cmd.Stdin = strings.NewReader(h.JSONLines())
	if out, _ := cmd.Output(); cmd.ProcessState.ExitCode() != 1 || !strings.HasPrefix(string(out), "-: min-pending is violated") {
		t.Errorf("from standard input: %v\n%s", cmd.ProcessState, out)
	}
}

func TestCheckJSON(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "wrong"), wrong)
	write(t, filepath.Join(dir, "right"), right)
	r := invoke(t, dir, "check", "wrong", "right", "-contract", "linux-unix", "-json")
	var got struct {
		Schema    int
		With      string
		Histories []struct {
			File       string
			Exact      bool
			Promises   map[string]string
			Violations []struct {
				Promise  string
				From, To int
			}
			Account *struct {
				Most, Guaranteed int
				LawfulEvents     int      `json:"lawful_events"`
				Lawful           []string `json:"lawful_had"`
			}
		}
	}
	if err := json.Unmarshal([]byte(r.stdout), &got); err != nil || r.status != 1 || got.Schema != 1 || got.With == "" || len(got.Histories) != 2 {
		t.Fatalf("%v: %+v", err, r)
	}
	a, b := got.Histories[0], got.Histories[1]
	if a.Promises["min-pending"] != "violated" || a.Violations[0].Promise != "min-pending" || a.Violations[0].From != 1 || a.Violations[0].To != 2 ||
		a.Account == nil || a.Account.Most != 0 || a.Account.Guaranteed != 1 || a.Account.LawfulEvents != 1 || len(a.Account.Lawful) == 0 {
		t.Errorf("%+v", a)
	}
	if b.File != "right" || !b.Exact || b.Account != nil || len(b.Violations) != 0 {
		t.Errorf("%+v", b)
	}
}

// TestHistoriesTable: the two examples of each row say the same, and each verb
// has one.
func TestHistoriesTable(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join(root, "docs/histories.md"))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\|.*\\| `([^`]+)` \\| `([^`]+)` \\|$").FindAllStringSubmatch(string(doc), -1) {
		verb, rest, _ := strings.Cut(m[1], " ")
		seen[verb] = true
		calls := 4
		if verb == "call" {
			fmt.Sscan(rest, &calls)
			calls--
		}
		text := "backlog 1\n"
		for op := range calls {
			text += fmt.Sprintf("call %d dial c0\n", op+1)
		}
		h, err := listentest.ParseHistory(text + m[1] + "\n")
		if err != nil {
			t.Errorf("%s: %v", m[1], err)
			continue
		}
		if lines := strings.Split(h.JSONLines(), "\n"); lines[len(lines)-2] != m[2] {
			t.Errorf("%s is %s, not %s", m[1], lines[len(lines)-2], m[2])
		}
	}
	if len(seen) != 11 {
		t.Errorf("%d of eleven verbs have an example: %v", len(seen), seen)
	}
}
