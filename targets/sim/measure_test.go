package sim_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/targets/preset"
	"github.com/listentest/listentest/targets/sim"
)

// measured returns what differs on the simulator of some items.
func measured(t *testing.T, items ...string) (differ []string, rows []listentest.Measurement) {
	t.Helper()
	target, err := sim.Open("sim:"+strings.Join(items, ","), items...)
	if err != nil {
		t.Fatal(err)
	}
	rows, err = listentest.Measure(t.Context(), &listentest.Runner{Target: target})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if r.Differ {
			differ = append(differ, r.What)
		}
	}
	return differ, rows
}

// TestMeasure: what the simulator of a preset does is what that states, and one
// that does otherwise is noticed in the term that it is about.
func TestMeasure(t *testing.T) {
	seen := 0
	for _, p := range preset.All() {
		differ, rows := measured(t, "as="+p.Name)
		if len(differ) > 0 {
			t.Errorf("%s: %q differ", p.Name, differ)
		}
		for _, r := range rows {
			if r.Missing == "" {
				seen++
			}
		}
	}
	t.Logf("%d presets, %d terms were measured, none differs", len(preset.All()), seen)
	for items, what := range map[string]string{
		"off-by-one-low":                "capacity at backlog 1",
		"backlog-i8":                    "capacity at backlog 128",
		"negative-literal":              "capacity at backlog -1",
		"zero-literal":                  "capacity at backlog 0",
		"refuse-by-drop":                "a dial that finds no room",
		"dead-holds-place":              "the place of one that is reset before accept",
		"counts-live":                   "the place of one that is accepted",
		"relisten-ignored":              "a dial behind a listen with backlog 8",
		"lifo-order":                    "accepted",
		"close-leaves-pending":          "pending, and told their end by close",
		"credit=close,credit-at-accept": "the place of one that is accepted",
	} {
		if differ, rows := measured(t, strings.Split(items, ",")...); !slices.Contains(differ, what) {
			t.Errorf("%s: %q differ, want %q\n%v", items, differ, what, rows)
		}
	}
}
