package main_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/targets/preset"
)

// TestTargetsName: what is printed of one target or preset is a contract's
// file.
func TestTargetsName(t *testing.T) {
	p, ok := preset.Get("freebsd-tcp")
	if !ok {
		t.Fatal("there is no preset freebsd-tcp")
	}
	if r := invoke(t, t.TempDir(), "targets", p.Name); r.status != 0 || r.stdout != p.Text || r.stderr != "" {
		t.Errorf("%+v", r)
	}
	r := invoke(t, t.TempDir(), "targets", "sim:mul=3,div=2,plus=1")
	c, keys, err := listentest.ParseContract("stdout", r.stdout)
	if r.status != 0 || err != nil || len(keys) < 2 || c.Max.String() != "floor(3L/2)+1" {
		t.Errorf("%v: %+v", err, r)
	}
	for args, want := range map[string]string{
		"targets fresbsd-tcp":   "there is no target and no preset \"fresbsd-tcp\"\nhint: did you mean freebsd-tcp?",
		"targets gvisor-sentry": "hint: did you mean gvisor-sentry-tcp?",
		"targets sim:lifo":      "hint: did you mean lifo-order?",
		"targets tcp unix":      "targets takes one name, and \"unix\" is another",
	} {
		if r := invoke(t, t.TempDir(), strings.Fields(args)...); r.status != 64 || !strings.Contains(r.stderr, want) || r.stdout != "" {
			t.Errorf("%s: %+v, want %s", args, r, want)
		}
	}
}

// TestTargetsPresets: the list and the JSON form have every preset, and of one
// name only that.
func TestTargetsPresets(t *testing.T) {
	type info struct {
		Name, Title, Source string
		Row                 int
		Evidence            []string
	}
	var all, one struct {
		Targets []info `json:"targets"`
		Presets []info `json:"presets"`
	}
	list := invoke(t, t.TempDir(), "targets").stdout
	if err := json.Unmarshal([]byte(invoke(t, t.TempDir(), "targets", "-json").stdout), &all); err != nil {
		t.Fatal(err)
	}
	presets := preset.All()
	if len(all.Presets) != len(presets) || len(all.Targets) != 3 {
		t.Fatalf("%d presets of %d, %d targets", len(all.Presets), len(presets), len(all.Targets))
	}
	for i, p := range presets {
		if got := all.Presets[i]; got.Name != p.Name || got.Row != p.Row || got.Title != p.Title || got.Source != p.Source || len(got.Evidence) == 0 {
			t.Errorf("%+v stands for %s", got, p.Name)
		}
		if !strings.Contains(list, "\n  "+p.Name+" ") {
			t.Errorf("%s is not in the list", p.Name)
		}
	}
	if err := json.Unmarshal([]byte(invoke(t, t.TempDir(), "targets", "-json", "xnu-tcp").stdout), &one); err != nil ||
		len(one.Presets) != 1 || one.Presets[0].Name != "xnu-tcp" || len(one.Targets) != 0 {
		t.Errorf("%v: %+v", err, one)
	}
}

func TestExplain(t *testing.T) {
	all := invoke(t, t.TempDir(), "explain")
	if all.status != 0 {
		t.Errorf("%+v", all)
	}
	for _, p := range listentest.Promises() {
		r := invoke(t, t.TempDir(), "explain", p.String())
		if r.status != 0 || !strings.Contains(r.stdout, p.Doc()) || !strings.Contains(r.stdout, p.Explain()) || !strings.Contains(all.stdout, p.Doc()) {
			t.Errorf("%v: %+v", p, r)
		}
	}
	for _, f := range listentest.ContractFields() {
		text, _ := listentest.ExplainField(f[0])
		r := invoke(t, t.TempDir(), "explain", f[0])
		if r.status != 0 || !strings.Contains(r.stdout, "field "+f[0]) || !strings.Contains(r.stdout, text) || !strings.Contains(all.stdout, f[1]) {
			t.Errorf("%s: %+v", f[0], r)
		}
	}
	for args, want := range map[string]string{
		"explain min-pendign":  "there is no promise and no field of a contract \"min-pendign\"\nhint: did you mean min-pending?",
		"explain overfow":      "hint: did you mean overflow?",
		"explain order credit": "explain takes one name, and \"credit\" is another",
	} {
		if r := invoke(t, t.TempDir(), strings.Fields(args)...); r.status != 64 || !strings.Contains(r.stderr, want) || r.stdout != "" {
			t.Errorf("%s: %+v, want %s", args, r, want)
		}
	}
}
