//go:build linux

package osnet

import (
	"strings"
	"testing"
	"unsafe"

	"github.com/listentest/listentest"
	"golang.org/x/sys/unix"
)

// TestFail: what a dial or accept is planned to meet it meets, once, and the
// connections are as they were.
func TestFail(t *testing.T) {
	each(t, func(t *testing.T, target *Target) {
		for text, want := range map[string]string{
			"fail c0 2\ndial c0\ndial c0\naccept s0":            "ok failed ok ok",
			"fail s0 3\naccept s0\ndial c0\naccept s0":          "ok timeout ok ok",
			"dial c0\nfail s0 3\naccept s0\naccept s1":          "ok ok ok open",
			"fail s0 3\npreempt s0 at exit\naccept s0\ndial c0": "ok ok timeout ok ok", // resumed at the end
			"fail s0\nfail s0 2\nfail c0\nfail l0\nfail s8 3":   "unsupported unsupported unsupported unsupported unsupported",
		} {
			h, _ := run(t, target, "backlog 1\n"+text+"\n")
			if got := strings.Join(listentest.Outcomes(h), " "); got != want {
				t.Errorf("%q: got %s, want %s\n%v", text, got, want, h)
			}
		}
	})
}

// TestLostByBadAddress is why an accept with a bad address cannot be planned: Linux
// tells of it when the connection has left the queue, and ends that.
func TestLostByBadAddress(t *testing.T) {
	each(t, func(t *testing.T, target *Target) {
		opened, err := target.Open(t.Context(), listentest.Options{Backlog: 1, Report: func(listentest.Event) {}})
		if err != nil {
			t.Fatal(err)
		}
		defer opened.Close()
		s := opened.(*session)
		s.Start(listentest.Op{ID: 1, Step: listentest.Step{Kind: listentest.Dial}})
		length := uint32(128)
		_, _, errno := unix.Syscall6(unix.SYS_ACCEPT4, uintptr(s.listeners[0]), 1, uintptr(unsafe.Pointer(&length)), 0, 0, 0)
		if errno != unix.EFAULT {
			t.Fatalf("accept: %v, want %v", errno, unix.EFAULT)
		}
		p := [1]unix.PollFd{{Fd: int32(s.clients[0].fd), Events: unix.POLLRDHUP}}
		if n, err := poll(p[:], 10_000); n != 1 {
			t.Errorf("the client was not told the end: %v", err)
		}
		if _, _, err := unix.Accept4(s.listeners[0], unix.SOCK_NONBLOCK); err != unix.EAGAIN {
			t.Errorf("accept once more: %v, want %v", err, unix.EAGAIN)
		}
	})
}
