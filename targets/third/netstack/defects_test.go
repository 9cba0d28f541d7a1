package netstack

import (
	"testing"

	"github.com/listentest/listentest"
)

// TestDefects: what gVisor does that its contract declares, as the shortest
// schedules, and which promise each would break if it were not declared. They are of
// SYN cookies, which a listener of backlog 1 always sends, and one of backlog n as soon
// as n-1 handshakes are half-open (tcp/accept.go:489).
func TestDefects(t *testing.T) {
	noPhantom := func(c *listentest.Contract) { c.Anomalies = 0 }
	for _, d := range []struct {
		what, schedule string
		not            func(*listentest.Contract)
		breaks         listentest.Promise
	}{
		// Every segment with ACK of a connection that is over carries its cookie, and
		// the listener takes it for the last ACK of a handshake, whether it has sent a
		// cookie lately or not (handleListenSegment, case TCPFlagAck). Issue 6076 was
		// about RST+ACK, which is ignored since; FIN+ACK and data are not.
		{"the FIN of a connection that was reset makes another one",
			"backlog 1\ndial c0\naccept s0\nabort s0 &\nhangup c0\naccept s0\n", noPhantom, listentest.Conserve},
		{"and so do bytes that come too late",
			"backlog 1\ndial c0\naccept s0\nsend c0 1 &\nabort s0\naccept s0\n", noPhantom, listentest.Conserve},
		{"which takes the place of a client",
			"backlog 1\ndial c0\naccept s0\nabort s0 &\nhangup c0\ndial c1\n", noPhantom, listentest.MinPending},
		// The ACK of a cookie that finds the queue full is dropped, since "the ack will
		// be retransmitted by the sender" (accept.go:628 and before). Nobody does that:
		// the client is connected, the listener keeps nothing, and a client that waits
		// for the server to speak waits for ever.
		{"the ACK that found the queue full is not sent again, whatever room there is",
			"backlog 1\ndial c0 &\ndial c1 &\nsettle\naccept s0\ntick 32000\ntick 32000\ntick 32000\n",
			func(c *listentest.Contract) { c.Retry = 64000 }, listentest.Progress},
	} {
		target := open(t)
		run(t, target, d.schedule)
		d.not(&target.contract)
		s, err := listentest.Parse(d.schedule)
		if err != nil {
			t.Fatal(err)
		}
		h, err := listentest.Run(t.Context(), target, s)
		if err != nil {
			t.Fatal(err)
		}
		if v := listentest.Check(h, target.contract).First(); v == nil || v.Promise != d.breaks {
			t.Errorf("%s: %v is not seen to be broken\n%v", d.what, d.breaks, h)
		}
	}
}
