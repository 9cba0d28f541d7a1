package targets_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/corpus"
	"github.com/listentest/listentest/targets"
	"github.com/listentest/listentest/targets/osnet"
	"github.com/listentest/listentest/targets/sim"
)

func TestMain(m *testing.M) {
	fmt.Println("targets: the tests run in", osnet.Isolate())
	os.Exit(m.Run())
}

// TestCorpus replays every entry on every light target and on all that its
// header names, but releases of others: those are for targets/third.
func TestCorpus(t *testing.T) {
	entries, err := listentest.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names := slices.Concat(targets.Light(), e.Fails())
		for _, x := range e.Expects() {
			names = append(names, x.Target)
		}
		slices.Sort(names)
		for _, name := range slices.Compact(names) {
			if _, version := corpus.Release(name); version != "" {
				continue
			}
			t.Run(e.Name+" on "+name, func(t *testing.T) { replay(t, e, name) })
		}
	}
}

func replay(t *testing.T, e listentest.Entry, name string) {
	target, err := targets.Open(name)
	if misuse := (*listentest.MisuseError)(nil); err != nil && !errors.As(err, &misuse) {
		t.Skipf("skipped: %s cannot run here: %v", name, err)
	}
	if err != nil {
		t.Fatal(err)
	}
	p, err := e.Replay(context.Background(), &listentest.Runner{Target: target})
	if err != nil {
		t.Fatal(err)
	}
	if p.Problem != "" {
		t.Errorf("%s\n%s", p.Problem, listentest.Picture(p.History, target.Contract(), p.Verdict.First()))
	}
}

// TestEveryFaultHasAnEntry: the corpus shows each fault, under its promise.
func TestEveryFaultHasAnEntry(t *testing.T) {
	entries, err := listentest.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range sim.Catalogue() {
		if !slices.ContainsFunc(entries, func(e listentest.Entry) bool {
			return e.Value("invariant") == f.Breaks[0].String() && slices.Contains(e.Fails(), f.Target())
		}) {
			t.Errorf("no entry under %v fails on %s", f.Breaks[0], f.Target())
		}
	}
}

func TestOpen(t *testing.T) {
	for _, name := range []string{"sim", "sim:lifo-order", "sim:lifo-order+lost-wakeup", "sim:overflow=block,mul=3,div=2,plus=1,off-by-one-low",
		"sim:aborted=kept,credit=close,low=2,high=9,zero=3,negative=4", "tcp:addr=127.9.9.9"} {
		target, err := targets.Open(name)
		if err != nil || target.Name() != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	target, err := targets.Open("sim:mul=3,div=2,plus=1,overflow=block,credit=close")
	if err != nil {
		t.Fatal(err)
	}
	c := target.Contract()
	if c.Guaranteed != (listentest.Bound{Stated: true, Mul: 3, Div: 2, Plus: 1}) || c.Max != c.Guaranteed ||
		c.Overflow != listentest.Block || c.Credit != listentest.CreditClose || c.Must&listentest.Accepted == 0 {
		t.Errorf("the settings give\n%v", c)
	}
	for name, want := range map[string]string{
		"smi":                       "there is no target \"smi\"",
		"":                          "there is no target \"\"",
		"sim:lifo":                  "there is no fault \"lifo\"",
		"sim:overflow=wait":         "overflow is \"wait\"",
		"sim:plus=one":              "plus is \"one\", expected a number",
		"sim:plu=1":                 "there is no setting \"plu\"",
		"sim:overflow=drop,retry=0": "retry interval",
		"sim:plus=1,as=linux-tcp":   "it comes first",
		"sim:as=linux":              "there is no preset \"linux\"",
		"tcp:lifo-order":            "only sim has faults",
		"tcp:addr=8.8.8.8":          "not a loopback address",
		"unix:addr=1":               "there is no setting \"addr\"",
	} {
		_, err := targets.Open(name)
		if misuse := (*listentest.MisuseError)(nil); !errors.As(err, &misuse) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
}
