package main_test

import (
	"net"
	"strings"
	"sync/atomic"
	"testing"
)

// TestListener: the listener of another program is dialed where it is, in the
// network namespace that it is in.
func TestListener(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var resets atomic.Bool // the server turns everybody away whom it has accepted
	served := make(chan struct{})
	go func() {
		defer close(served)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if resets.Load() {
				_ = c.(*net.TCPConn).SetLinger(0)
			}
			_ = c.Close()
		}
	}()
	target := "listener:" + l.Addr().String()
	run := []string{"run", "-target", target, "-cases", "30", "-seed", "1"}
	r := invoke(t, t.TempDir(), run...)
	if strings.Contains(r.stdout, "cannot run here") || r.status == 2 && strings.Contains(r.stdout, "skipped") {
		t.Skipf("skipped: sockets of others cannot be looked at here: %s", r.stdout)
	}
	if r.status != 0 || !strings.Contains(r.stdout, "control level none") || !strings.Contains(r.stdout, "network: the one that the listener is in") {
		t.Errorf("while it serves: %+v", r)
	}
	resets.Store(true)
	more := []string{"run", "-target", target, "-cases", "300", "-seed", "1"} // it resets a little later, on a busy machine after the case
	if r := invoke(t, t.TempDir(), more...); r.status != 1 || !strings.Contains(r.stdout, target+" breaks min-pending") {
		t.Errorf("once it resets: %+v", r)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	<-served
	if r := invoke(t, t.TempDir(), run...); r.status != 2 || !strings.Contains(r.stdout, "nobody listens there") {
		t.Errorf("once it is closed: %+v", r)
	}
}

// TestForeignMisuse: what has no sense, and what cannot run.
func TestForeignMisuse(t *testing.T) {
	for target, want := range map[string]string{
		"listener:192.0.2.1:80": "is not a loopback address",
		"listener:":             "expected one such as 127.0.0.1:80",
		"serve:":                "expected serve:PROGRAM ARGUMENTS",
	} {
		if r := invoke(t, t.TempDir(), "run", "-target", target, "-cases", "1"); r.status != 64 || !strings.Contains(r.stderr, want) {
			t.Errorf("%s: %+v, want %s", target, r, want)
		}
	}
	if r := invoke(t, t.TempDir(), "run", "-target", "serve:/no/such/program", "-cases", "1"); r.status != 2 || !strings.Contains(r.stdout, "no such file") {
		t.Errorf("%+v", r)
	}
}
