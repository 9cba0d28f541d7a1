package third

import (
	"fmt"
	"strings"
	"testing"

	"github.com/listentest/listentest"
)

// yamuxHeld has two acceptors wait, and the first of them held at its k-th point
// while two streams are opened.
const yamuxHeld = "backlog 1\naccept s0 &\naccept s1 &\nsettle\npreempt s0 at %d\ndial c0\nsettle\ndial c1\nsettle\nresume s0\n"

// TestControlledYamux: what comes of a second stream of an unmodified
// hashicorp/yamux with a backlog of 1, wherever the acceptor of the first is
// held. docs/control.md has what it prints.
func TestControlledYamux(t *testing.T) {
	needsControl(t)
	r := inControl(t, netOf(t, "yamux"))
	page := read(t, "docs/control.md")
	var said strings.Builder
	for k := 1; ; k++ {
		s := parse(t, fmt.Sprintf(yamuxHeld, k))
		var first string
		for range 2 {
			h, err := r.Run(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			if v := listentest.Check(h, r.Target.Contract()).First(); v != nil {
				t.Fatalf("%v: %s\n%v", v.Promise, v.Text, h)
			}
			const drawn = 3
			if picture := listentest.Picture(h, r.Target.Contract(), nil); k == drawn && !strings.Contains(page, strings.TrimSpace(picture)) {
				t.Errorf("docs/control.md does not have\n%s", picture)
			}
			if text := h.String(); first == "" {
				first = text
			} else if text != first {
				t.Fatalf("one run was\n%sand the next\n%s", first, text)
			}
		}
		_, hold, held := strings.Cut(first, "\nhold s0 ")
		if !held {
			fmt.Fprintf(&said, "%2d  is not reached\n", k)
			break
		}
		point, _, _ := strings.Cut(hold, "\n")
		fmt.Fprintf(&said, "%2d  %-60s %s\n", k, point, fate(first))
	}
	if !strings.Contains(page, said.String()) {
		t.Errorf("docs/control.md does not have\n%s", said.String())
	}
}

// fate says what had come of the second dial, operation 5, before its
// operation 6 resumed the acceptor.
func fate(history string) string {
	before, after, _ := strings.Cut(history, "\ncall 6 resume s0\n")
	switch {
	case strings.Contains(before, "\nreturn 5 ok"):
		return "opens at once"
	case strings.Contains(after, "\nreturn 5 ok"):
		return "waits for the resume"
	}
	return "waits for ever"
}
