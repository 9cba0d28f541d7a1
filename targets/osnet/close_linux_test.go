package osnet

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/listentest/listentest"
)

// TestClose: a target that is closed has left nothing, no descriptor of its
// namespace and wires, and no thread in it; before, there was some of it.
func TestClose(t *testing.T) {
	for range 20 { // with luck also on the first thread, which never ends
		before := kept(t)
		target := named(t, "tcp:raw=1,somaxconn=4")
		run(t, target, "backlog 1\nsyn c0\nack c0\naccept s0\n")
		if got := kept(t); got != before+3 {
			t.Fatalf("%d descriptors with a namespace and a wire of two, and %d before", got, before)
		}
		if err := target.Close(); err != nil {
			t.Fatal(err)
		}
		if got := kept(t); got != before {
			t.Fatalf("%d descriptors behind the close, and %d before", got, before)
		}
	}
	settled(t, "namespaces of threads", 1, func() int { return len(threadNamespaces(t)) })
}

// kept counts the descriptors of sockets and namespaces: Go's own come and go.
func kept(t *testing.T) (n int) {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		to, _ := os.Readlink("/proc/self/fd/" + f.Name()) // that of the list itself is gone
		if strings.HasPrefix(to, "socket:") || strings.HasPrefix(to, "net:") {
			n++
		}
	}
	return n
}

// threadNamespaces returns those in which a thread of this process is.
func threadNamespaces(t *testing.T) (all []string) {
	t.Helper()
	links, err := filepath.Glob("/proc/self/task/*/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		if to, err := os.Readlink(link); err == nil { // else it has ended
			all = append(all, to)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// TestSockets: the sockets of a target's namespace are counted, of every
// family, and are gone behind the close of its session.
func TestSockets(t *testing.T) {
	for _, name := range []string{"tcp:somaxconn=4", "tcp6:somaxconn=4", "unix:somaxconn=4", "tcp:raw=1"} {
		target := named(t, name)
		s, err := target.Open(t.Context(), listentest.Options{Report: func(listentest.Event) {}})
		if err != nil {
			t.Fatal(err)
		}
		if n, err := target.Sockets(); err != nil || n != 1 {
			t.Errorf("%s: %d sockets with one listener, %v", name, n, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if n, err := target.Sockets(); err != nil || n != 0 {
			t.Errorf("%s: %d sockets behind the close, %v", name, n, err)
		}
		if err := target.Close(); err != nil {
			t.Error(err)
		}
	}
	const table = "  sl  local_address rem_address   st\n 0: 0100007F:1F90 00000000:0000 0A 0\n 1: 0100007F:1F90 0100007F:C350 06 0\n"
	if n := countSockets(table); n != 1 {
		t.Errorf("%d sockets, of which one is over", n)
	}
}
