package listentest

import (
	"context"
	"strings"
	"testing"
)

const entryText = `format: 1
invariant: min-pending
fails: other:a,b=1
why: nothing is wrong: this is an example
expect scripted: ok refused
colour: green

backlog 1
dial c0 2
`

func TestEntryRoundTrip(t *testing.T) {
	e, err := ParseEntry("x.sched", entryText)
	if err != nil {
		t.Fatal(err)
	}
	if got := e.String(); got != entryText {
		t.Errorf("got\n%s", got)
	}
	if e.Value("colour") != "green" || e.Value("why") != "nothing is wrong: this is an example" || e.Fails()[0] != "other:a,b=1" {
		t.Errorf("keys are %v", e.Keys)
	}
}

func TestEntryErrors(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"no format":      {"format: 1\n", "", "x.sched:1:1: expected \"format: 1\" as the first line"},
		"another format": {"format: 1", "format: 2", "x.sched:1:1: expected \"format: 1\" as the first line, found \"format: 2\""},
		"no colon":       {"colour: green", "colour green", "x.sched:6:1: expected a header line"},
		"no invariant":   {"invariant: min-pending\n", "", "x.sched:1:1: expected a key invariant"},
		"bad invariant":  {"min-pending", "min-pendin", "x.sched:2:12: expected conserve, isolation, shut, min-pending"},
		"no claim":       {"fails: other:a,b=1\nwhy: nothing is wrong: this is an example\nexpect scripted: ok refused\n", "", "expected a key fails or \"expect TARGET\""},
		"no body":        {"\nbacklog 1\ndial c0 2\n", "", "expected a header, an empty line, and what follows"},
		"bad step":       {"dial c0 2", "dial c0 two", "x.sched:9:9: expected a number from 1 to 32767, found \"two\""},
	} {
		_, err := ParseEntry("x.sched", strings.Replace(entryText, c.old, c.new, 1))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
}

// TestReplay: what does not come out as the header says is a problem.
func TestReplay(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"as it says":        {"", "", ""},
		"another outcome":   {"ok refused", "ok ok", "expected ok ok, got ok refused"},
		"too few":           {"ok refused", "ok", "expected ok, got ok refused"},
		"should fail":       {"other:a,b=1", "scripted", "min-pending does not break"},
		"not applicable":    {"dial c0 2", "dial c0\nsend c0 3", "not applicable: the target has no send c0 3"},
		"not stated":        {"invariant: min-pending", "invariant: order", "not applicable: its contract does not state order"},
		"needs control":     {"other:a,b=1\nwhy: nothing is wrong: this is an example\nexpect scripted: ok refused\ncolour: green\n\nbacklog 1\ndial c0 2", "scripted\nneeds: control\n\nbacklog 1\ndial c0 2\nchoices 0102", "not applicable: nobody says who runs on the target, and the entry needs schedule control: see listentest go"},
		"cannot be claimed": {"other:a,b=1\nwhy: nothing is wrong: this is an example\nexpect scripted: ok refused\ncolour: green\n\nbacklog 1\ndial c0 2", "scripted\n\nbacklog 1\ndial c0\nsend c0 3", "the target has no send c0 3"},
	} {
		e, err := ParseEntry("x.sched", strings.Replace(entryText, c.old, c.new, 1))
		if err != nil {
			t.Fatal(name, err)
		}
		p, err := e.Replay(context.Background(), &Runner{Target: &scripted{places: 1}})
		if err != nil {
			t.Fatal(name, err)
		}
		got := p.Problem
		if got == "" && p.NotApplicable != "" {
			got = "not applicable: " + p.NotApplicable
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
	e, err := ParseEntry("x.sched", strings.Replace(entryText, "ok refused", "refused", 1))
	if err != nil {
		t.Fatal(err)
	}
	p, err := e.Replay(context.Background(), &Runner{Target: &scripted{}})
	if err != nil || !strings.Contains(p.Problem, "was refused") {
		t.Errorf("a violation where none is claimed: %q, %v", p.Problem, err)
	}
}

// TestExpectSettings: the target of an expect may have settings.
func TestExpectSettings(t *testing.T) {
	const text = "format: 1\ninvariant: outcome\nwhy: a reason: with a colon\nexpect tcp:raw=1,syncookies=0: ok open\nexpect sim:as=a+b: ok refused\n\nbacklog 0\ndial c0 2\n"
	e, err := ParseEntry("x.sched", text)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, x := range e.Expects() {
		got = append(got, x.Target+" gives "+strings.Join(x.Outcomes, " "))
	}
	if want := "tcp:raw=1,syncookies=0 gives ok open; sim:as=a+b gives ok refused"; strings.Join(got, "; ") != want || e.String() != text {
		t.Errorf("got %q, want %q; the text is\n%s", got, want, e.String())
	}
}
