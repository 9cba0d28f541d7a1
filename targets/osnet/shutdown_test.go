//go:build linux

package osnet

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/listentest/listentest"
)

// TestShutdown: what a listener that is shut down for reading does, and that it
// listens again at its address.
func TestShutdown(t *testing.T) {
	each(t, func(t *testing.T, target *Target) {
		taken := "ok" // who is pending in a UNIX socket can be accepted still
		if target.family.addressed {
			taken = "closed"
		}
		for text, want := range map[string]string{
			"dial c0\nshut l0 1\naccept s0\naccept s0\ndial c1":       "ok ok " + taken + " closed refused",
			"accept s0\nshut l0 1":                                    "closed ok",
			"shut l0 1\nlisten l0 1\ndial c0 2\naccept s0":            "ok ok ok ok ok",
			"shut l0 1\nlisten l0 1\nshut l0 1\nlisten l0 0\ndial c0": "ok ok ok ok ok",
			"shut l0\nlisten l0 1\nshut l0 1\nlisten l0 0\ndial c0":   "ok ok ok ok ok",
			"shut l0 1\nshut l0\nlisten l0 1\nshut l0 2":              "ok ok unsupported",
		} {
			h, _ := run(t, target, "backlog 1\n"+text+"\n")
			if got := strings.Join(listentest.Outcomes(h), " "); got != want {
				t.Errorf("%q: got %s, want %s\n%v", text, got, want, h)
			}
		}
		h, _ := run(t, target, "backlog 1\ndial c0\nshut l0 1\nsettle\n")
		if ended := strings.Contains(h.String(), "end conn 1"); ended != target.family.addressed {
			t.Errorf("who was pending is ended: %v\n%v", ended, h)
		}
	})
}

// TestShutdownCorrect runs cases in which half of the closes are shutdowns.
func TestShutdownCorrect(t *testing.T) {
	cases := uint64(*correctCases)
	if testing.Short() {
		cases = min(cases, 200)
	}
	each(t, func(t *testing.T, target *Target) {
		r := listentest.Runner{Target: target}
		files, downs, ran := descriptors(t), 0, 0
		for n := uint64(0); ran < int(cases); n++ {
			rng := rand.New(rand.NewPCG(23, n))
			s := listentest.Generate(rng)
			was := downs
			for i := range s.Steps {
				if step := &s.Steps[i]; step.Kind == listentest.Shut && rng.IntN(2) == 0 {
					step.N = 1
					downs++
				}
			}
			if downs == was && n%8 != 0 { // most schedules close nothing
				continue
			}
			ran++
			h, err := r.Run(t.Context(), s)
			if err != nil {
				t.Fatalf("case %d: %v\n%v", n, err, s)
			}
			if v := listentest.Check(h, target.Contract()).First(); v != nil && !v.Suspect {
				t.Fatalf("case %d: %v: %s\n%v\n%s", n, v.Promise, v.Text, s, listentest.Picture(h, target.Contract(), v))
			}
		}
		settled(t, "descriptors", files, func() int { return descriptors(t) })
		t.Logf("%d cases, %d shutdowns, no violation", cases, downs)
	})
}
