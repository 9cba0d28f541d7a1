package sim

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	lt "github.com/listentest/listentest"
	"github.com/listentest/listentest/targets/preset"
)

// everything is a small scope in which everybody may do all that there is.
const everything = "backlog=1,dials=2,acceptors=1,accepts=2,half,abort,hangup,cancel,fail,close,listen=1"

func world(t testing.TB, text string) World {
	t.Helper()
	w, err := ParseWorld(text)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func opened(t testing.TB, name string) *Target {
	t.Helper()
	_, items, _ := strings.Cut(name, ":")
	target, err := Open(name, strings.FieldsFunc(items, func(r rune) bool { return r == ',' || r == '+' })...)
	if err != nil {
		t.Fatal(err)
	}
	return target
}

// breaches explores all of a scope, and returns every way in which promises
// are broken.
func breaches(t testing.TB, e *Explorer) map[breach]int {
	t.Helper()
	seen := map[breach]int{}
	for {
		c, err := e.Explore(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if c == nil {
			return seen
		}
		seen[breach{c.Promise, c.Text}]++
	}
}

// TestExplorePresets: the correct simulator, and that of every preset, keep all
// promises, whoever does what when.
func TestExplorePresets(t *testing.T) {
	names := []string{"sim"}
	for _, p := range preset.All() {
		names = append(names, "sim:as="+p.Name)
	}
	var states atomic.Int64
	t.Run("all", func(t *testing.T) { // so that the sum comes behind
		for _, name := range names {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				for _, text := range []string{"backlog=1,dials=2,acceptors=1,accepts=1,half,abort,hangup,cancel,fail,close,listen=1", "backlog=1,dials=2,acceptors=2,accepts=1,abort,close,listen=2"} {
					e := NewExplorer(opened(t, name), world(t, text), false, 0)
					if c, err := e.Explore(context.Background()); c != nil || err != nil {
						t.Errorf("%s: %v %+v", text, err, c)
					}
					states.Add(int64(e.States))
				}
			})
		}
	})
	t.Logf("%d simulators, %d states, no violation", len(names), states.Load())
}

// outOfScope are the faults that no World can show, and why.
var outOfScope = map[string]string{
	"counter-u8":        "it takes 256 places",
	"backlog-u16":       "it takes a backlog above 65,535",
	"backlog-i8":        "it takes a backlog above 127",
	"early-data-lost":   "nobody sends",
	"fin-loses-data":    "nobody sends",
	"spurious-eof":      "nobody sends",
	"server-first-lost": "nobody sends",

	"sibling-close-ends": "there is one listener",
	"credit-to-sibling":  "there is one listener",
	"closed-member":      "there is one listener",
	"close-ends-movable": "there is one listener",
}

// scopes are tried one after the other until a fault shows.
var scopes = []string{
	everything,
	"backlog=0,dials=1,acceptors=1,accepts=1", "backlog=-1,dials=1,acceptors=1,accepts=1",
	"backlog=1,dials=3,acceptors=1,accepts=2,abort,hangup,cancel", "backlog=1,dials=3,acceptors=1,accepts=1,half",
	"backlog=2,dials=2,acceptors=1,accepts=1,half", "backlog=1,dials=2,acceptors=2,accepts=1,cancel",
	"backlog=2,dials=3,acceptors=2,accepts=1,hangup,close,listen=1", "backlog=3,dials=4,acceptors=1,accepts=1",
}

// TestExploreFaults: every fault that can show in a scope does, to the true
// state and to the oracle, which is given what can be seen from outside.
func TestExploreFaults(t *testing.T) {
	found, seen := 0, 0
	for _, f := range Catalogue() {
		if why := outOfScope[f.Name]; why != "" {
			t.Logf("%s is not tried: %s", f.Name, why)
			continue
		}
		c, bySight := shortest(t, f)
		switch {
		case c == nil:
			t.Errorf("%s shows in no scope", f.Name)
			continue
		case bySight:
			seen++
		default:
			t.Errorf("%s: nobody can see %s in\n%v", f.Name, c.Text, c.History)
		}
		found++
		t.Logf("%-32s %2d moves, %v: %s", f.Name, c.Moves, c.Promise, c.Text)
	}
	t.Logf("%d faults found, %d of them seen by the oracle too", found, seen)
}

// shortest returns the shortest way to a broken promise that the oracle sees
// too, else one that it does not see.
func shortest(t *testing.T, f Fault) (hidden *Counterexample, seen bool) {
	const most = 12
	target := opened(t, f.Target())
	for _, text := range scopes {
		e := NewExplorer(target, world(t, text), false, 1<<30)
		for limit := 1; limit <= most && (limit == 1 || e.Deepest == limit-1); limit++ {
			e.Restart(limit)
			for {
				c, err := e.Explore(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				if c == nil {
					break
				}
				if lt.Check(c.History, target.Contract()).First() != nil {
					return c, true
				}
				hidden = c
			}
		}
	}
	return hidden, false
}

// TestExploreReduced: what is left out by the reduction hides no way to break
// a promise.
func TestExploreReduced(t *testing.T) {
	var less, more atomic.Int64
	t.Run("all", func(t *testing.T) { // so that the sums come behind
		for _, f := range Catalogue() {
			t.Run(f.Name, func(t *testing.T) {
				t.Parallel()
				target := opened(t, f.Target())
				for _, text := range []string{"backlog=1,dials=2,acceptors=1,accepts=2,abort,close,listen=1", "backlog=1,dials=2,acceptors=2,accepts=1,abort,hangup"} {
					whole, reduced := NewExplorer(target, world(t, text), true, 0), NewExplorer(target, world(t, text), false, 0)
					want, got := breaches(t, whole), breaches(t, reduced)
					if !maps.EqualFunc(want, got, func(int, int) bool { return true }) {
						t.Errorf("in %s: %v, and reduced %v", text, want, got)
					}
					less.Add(int64(reduced.States))
					more.Add(int64(whole.States))
				}
			})
		}
	})
	t.Logf("%d states, and %d with the reduction", more.Load(), less.Load())
	if less.Load() >= more.Load() {
		t.Error("nothing is reduced")
	}
}

// TestKeys: two ways to one key go on alike, move by move, for every fault.
func TestKeys(t *testing.T) {
	var merged atomic.Int64
	t.Run("all", func(t *testing.T) { keepKeys(t, &merged) })
	t.Logf("%d states were met again", merged.Load())
}

func keepKeys(t *testing.T, merged *atomic.Int64) {
	for _, f := range append([]Fault{{Name: "none"}, {Name: "none", On: "as=linux-tcp"}, {Name: "none", On: "as=xnu-tcp"}, {Name: "none", On: "as=lwip"}}, Catalogue()...) {
		name := f.Target()
		if f.Name == "none" {
			name = "sim:" + f.On
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := NewExplorer(opened(t, name), world(t, everything), true, 0)
			k := keeper{t: t, name: name, futures: map[uint64][]uint64{}}
			k.goOn(e, 5)
			merged.Add(int64(k.merged))
		})
	}
}

// A keeper remembers which keys follow on a key.
type keeper struct {
	t       *testing.T
	name    string
	futures map[uint64][]uint64
	merged  int
}

// goOn makes every move, without looking for what it has seen, and compares
// what follows with what followed before.
func (k *keeper) goOn(e *Explorer, depth int) {
	f := &e.stack[e.depth]
	sum := e.key(f).sum()
	var next []uint64
	for i, mv := range e.all {
		if !e.can(&e.stack[e.depth], mv) {
			next = append(next, 0)
			continue
		}
		if b := e.advance(i); b != nil {
			next = append(next, uint64(b.promise)+1)
			continue
		}
		next = append(next, e.key(&e.stack[e.depth+1]).sum())
		if depth > 0 {
			e.depth++
			k.goOn(e, depth-1)
			e.depth--
		}
	}
	if before, ok := k.futures[sum]; ok {
		if k.merged++; !slices.Equal(before, next) {
			k.t.Fatalf("%s: two ways to one key go on in different ways", k.name)
		}
	}
	k.futures[sum] = next
}

// TestSave: an exploration that is saved and loaded at any moment ends as if
// it had not been; and what is not as it was saved is not taken.
func TestSave(t *testing.T) {
	target := opened(t, "sim")
	w := world(t, "backlog=1,dials=2,acceptors=2,accepts=1,abort,close,listen=1")
	for _, limit := range []int{0, 12} {
		want := NewExplorer(target, w, false, 0)
		want.Restart(limit)
		breaches(t, want)
		e := NewExplorer(target, w, false, 0)
		e.Restart(limit)
		for stops := 0; ; stops++ {
			ctx, stop := context.WithCancel(context.Background())
			moves := e.Moves
			e.Watch = func(e *Explorer) {
				if e.Moves > moves {
					stop()
				}
			}
			_, err := e.Explore(ctx)
			stop()
			if err == nil {
				if stops < 1 {
					t.Error("it was never stopped")
				}
				break
			}
			var file bytes.Buffer
			if err := e.Save(&file); err != nil {
				t.Fatal(err)
			}
			whole := file.Bytes()
			for _, cut := range []int{0, 10, 200, len(whole) - 9, len(whole) - 1} {
				if _, err := Load(bytes.NewReader(whole[:cut]), target, 0); err == nil {
					t.Errorf("%d of %d bytes are taken", cut, len(whole))
				}
			}
			for _, at := range []int{3, 400, len(whole) / 2, len(whole) - 1} {
				bad := slices.Clone(whole)
				bad[at] ^= 0x10
				if _, err := Load(bytes.NewReader(bad), target, 0); err == nil {
					t.Errorf("another byte at %d is taken", at)
				}
			}
			if _, err := Load(bytes.NewReader(whole), opened(t, "sim:lost-wakeup"), 0); err == nil {
				t.Error("another target is taken")
			}
			if e, err = Load(bytes.NewReader(whole), target, 0); err != nil {
				t.Fatal(err)
			}
		}
		if e.Count != want.Count {
			t.Errorf("%+v, and without a stop %+v", e.Count, want.Count)
		}
	}
}

// TestExploreFull: the table takes no more than it may, and a larger one goes
// on from there.
func TestExploreFull(t *testing.T) {
	target, w := opened(t, "sim"), world(t, everything)
	want := NewExplorer(target, w, false, 0)
	breaches(t, want)
	e := NewExplorer(target, w, false, 1<<16)
	for range 20 {
		_, err := e.Explore(context.Background())
		if err == nil {
			break
		}
		if !errors.Is(err, ErrFull) || e.Bytes() > e.table.most {
			t.Fatalf("%v, %d bytes of %d", err, e.Bytes(), e.table.most)
		}
		e.table.most *= 4
	}
	if e.States != want.States {
		t.Errorf("%d states, and without a limit %d", e.States, want.States)
	}
}

// TestWorld: the text form is read as it was written, and what is wrong in one
// is said.
func TestWorld(t *testing.T) {
	for _, text := range []string{everything, "backlog=-1,dials=4,acceptors=0,accepts=0,listen=1+0+2", "backlog=1,dials=1,acceptors=1,accepts=1"} {
		if got := world(t, text).String(); got != text {
			t.Errorf("%s is read as %s", text, got)
		}
	}
	for text, want := range map[string]string{
		"dials=5": "from 1 to 4", "dials": "there is no", "abort=1": "there is no", "backlog=x": "expected a number",
		"listen=1+2+3+4": "1 to 3 backlogs", "": "there is no", "accepts=-1": "from 0 to 4",
	} {
		if _, err := ParseWorld(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
