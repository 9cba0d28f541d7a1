//go:build linux

package osnet

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/listentest/listentest"
)

func newGroup(t *testing.T) *Target {
	t.Helper()
	target, err := New("tcp:reuseport=3", "tcp", Setting{"reuseport", "3"})
	if err != nil {
		t.Fatal(err)
	}
	return target
}

// TestGroup: a group of listeners with SO_REUSEPORT keeps what is stated for
// one of them, over drawn cases in which they come and go.
func TestGroup(t *testing.T) {
	cases := 2000
	if testing.Short() {
		cases = 300
	}
	target := newGroup(t)
	r := listentest.Runner{Target: target}
	files, opened, left := descriptors(t), 0, 0
	for n := range uint64(cases) {
		rng := rand.New(rand.NewPCG(13, n))
		s := listentest.Generate(rng)
		var steps []listentest.Step
		for _, step := range s.Steps {
			if step.Actor.Role() == listentest.AcceptorRole && rng.IntN(2) == 0 {
				step.Actor = listentest.Acceptor(8*rng.IntN(3) + step.Actor.Num()%8)
			}
			steps = append(steps, step)
			l := listentest.Listener(rng.IntN(3))
			switch rng.IntN(16) {
			case 0, 1:
				steps = append(steps, listentest.Step{Kind: listentest.Listen, Actor: l, N: int16(rng.IntN(4))})
				opened++
			case 2:
				steps = append(steps, listentest.Step{Kind: listentest.Shut, Actor: l})
				left++
			}
		}
		s.Steps = steps
		h, err := r.Run(t.Context(), s)
		if err != nil {
			t.Fatalf("case %d: %v\n%v", n, err, s.Norm())
		}
		if v := listentest.Check(h, target.Contract()).First(); v != nil && !v.Suspect {
			t.Fatalf("case %d: %v: %s\n%v\n%s", n, v.Promise, v.Text, s.Norm(), listentest.Picture(h, target.Contract(), v))
		}
	}
	settled(t, "descriptors", files, func() int { return descriptors(t) })
	t.Logf("%d cases, %d steps open a listener, %d close one, no violation", cases, opened, left)
}

// TestGroupFacts are what Linux does with a group by design.
func TestGroupFacts(t *testing.T) {
	target := newGroup(t)
	// A hash chooses the listener: one is full while the other has room.
	dropped := 0
	for range 20 {
		h, _ := run(t, target, "backlog 0\nlisten l1 0\ndial c0\ndial c1\n")
		dropped += strings.Count(strings.Join(listentest.Outcomes(h), " "), "open")
	}
	if dropped == 0 || dropped == 20 {
		t.Errorf("of 20 second dials %d were dropped while one listener of two had room", dropped)
	}
	// Unless a program chooses it.
	for k, want := range []string{"ok ok open open ok", "ok ok open ok open"} {
		h, _ := run(t, named(t, fmt.Sprintf("tcp:reuseport=2,steer=%d", k)), "backlog 0\nlisten l1 0\ndial c0\ndial c1\naccept s8\naccept s0\n")
		if got := strings.Join(listentest.Outcomes(h), " "); got != want {
			t.Errorf("steered to l%d: %s, want %s\n%v", k, got, want, h)
		}
	}
	// The close of one resets who waits there, and nobody else.
	ended := 0
	for range 20 {
		h, _ := run(t, target, "backlog 8\nlisten l1 8\ndial c0\ndial c1\nshut l1\n")
		ended += strings.Count(h.String(), "\nend conn ")
	}
	if ended == 0 || ended == 40 {
		t.Errorf("of 40 connections %d were ended with one listener of two", ended)
	}
	h, _ := run(t, target, "backlog 8\ndial c0 4\nlisten l1 8\nshut l1\naccept s0 4\n")
	if strings.Contains(h.String(), "\nend conn ") || strings.Count(strings.Join(listentest.Outcomes(h), " "), "ok") != 10 {
		t.Errorf("who came before the group was ended with it:\n%v", h)
	}
	// Hand-over: another listener is opened before the first is closed.
	h, _ = run(t, target, "backlog 8\ndial c0\naccept s0\nlisten l1 8\nshut l0\ndial c0\ndial c1\naccept s8 2\n")
	if got := strings.Join(listentest.Outcomes(h), " "); strings.Trim(got, "ok ") != "" {
		t.Errorf("a hand-over: %s\n%v", got, h)
	}
}
