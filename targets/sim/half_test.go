package sim_test

import (
	"context"
	"strings"
	"testing"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/targets/sim"
)

// TestReplayedAck: where phantoms are declared, a replayed ack makes one of a
// connection that is over, and of no other, nor a second beside it.
func TestReplayedAck(t *testing.T) {
	target, err := sim.Open("sim:as=linux-tcp-syncookies-2", "as=linux-tcp-syncookies-2")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, steps string
		phantoms    int
	}{
		{"while it is pending", "syn c0\nack c0\nack c0\naccept s0 3", 0},
		{"while it is accepted", "syn c0\nack c0\naccept s0\nack c0\naccept s0 3", 0},
		{"behind its end", "syn c0\nack c0\naccept s0\nhangup s0\nack c0\naccept s0 3", 1},
		{"twice behind its end", "syn c0\nack c0\naccept s0\nhangup s0\nack c0\nack c0\naccept s0 3", 1},
		{"after one that found no room", "listen l0 0\ndial c1\nsyn c0\nack c0\naccept s0\nack c0\ndial c2\nshut l0", 0},
		{"and once more when that was accepted", "syn c0\nack c0\naccept s0\nhangup s0\nack c0\naccept s0\nack c0\naccept s1 3", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := listentest.Parse("backlog 4\n" + c.steps + "\n")
			if err != nil {
				t.Fatal(err)
			}
			h, err := listentest.Run(context.Background(), target, s)
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(h.String(), "conn nobody"); n != c.phantoms {
				t.Errorf("%d phantoms, want %d:\n%v", n, c.phantoms, h)
			}
			if v := listentest.Check(h, target.Contract()).First(); v != nil {
				t.Errorf("%v: %s\n%v", v.Promise, v.Text, h)
			}
		})
	}
}
