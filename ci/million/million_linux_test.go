package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/targets"
	"github.com/listentest/listentest/targets/osnet"
)

func TestMain(m *testing.M) {
	fmt.Println("million: the tests run in", osnet.Isolate())
	os.Exit(m.Run())
}

// alone skips t where sockets cannot be counted.
func alone(t *testing.T) {
	t.Helper()
	target, err := targets.Open("tcp")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := socketsOf(target); err != nil {
		t.Skipf("skipped: %v", err)
	}
}

// TestTable: the rows add up, nothing is broken and nothing is left.
func TestTable(t *testing.T) {
	alone(t)
	const cases = 301
	var b strings.Builder
	ok, err := table(context.Background(), &b, chosen(regexp.MustCompile("^(tcp|unix)$")), cases, 1, "a test")
	out := b.String()
	if err != nil || !ok {
		t.Fatalf("%v %v\n%s", ok, err, out)
	}
	if sum := regexp.MustCompile(`\n\| all \| 301 \| \d+ \| \d+ \| 0 \| \d+ \| \d+ % \| 0 \| 0 \| 0 \| 0 \| 0 \| 0 \|\n`); !sum.MatchString(out) || strings.Count(out, "\n| ") != 4 {
		t.Errorf("the table is\n%s", out)
	}
	ok, err = table(context.Background(), io.Discard, []share{{"tcp:nothing=1", 1}}, cases, 1, "a test")
	if err != nil || ok {
		t.Errorf("a target that cannot run here is %v, %v", ok, err)
	}
}

// leaky is a target one session of which leaves something behind.
type leaky struct {
	listentest.Target
	leave func() error
	once  sync.Once
}

func (l *leaky) Open(ctx context.Context, o listentest.Options) (listentest.Session, error) {
	var err error
	if l.once.Do(func() { err = l.leave() }); err != nil {
		return nil, err
	}
	return l.Target.Open(ctx, o)
}

// Sockets is that of the target beneath.
func (l *leaky) Sockets() (int, error) { return socketsOf(l.Target) }

// TestLeft: what is left is counted, by its kind.
func TestLeft(t *testing.T) {
	alone(t)
	var undo []func()
	later := func(f func()) { undo = append(undo, f) }
	for _, c := range []struct {
		what  string
		leave func() error
		want  census
	}{
		{"nothing", func() error { return nil }, census{}},
		{"a descriptor", func() error {
			fd, err := unix.Dup(0)
			later(func() { _ = unix.Close(fd) })
			return err
		}, census{descriptors: 1}},
		{"a goroutine", func() error {
			quit := make(chan struct{})
			go func() { <-quit }()
			later(func() { close(quit) })
			return nil
		}, census{goroutines: 1}},
		{"a namespace", func() error {
			ns, err := newNamespace()
			later(func() { _ = ns.Close() })
			return err
		}, census{descriptors: 1, namespaces: 1}},
		{"a child", func() error {
			cmd := exec.Command("sleep", "600")
			err := cmd.Start()
			later(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
			return err
		}, census{processes: 1}},
		{"a listener", func() error {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			later(func() { _ = l.Close() })
			return err
		}, census{descriptors: 1, sockets: 1}},
	} {
		t.Run(c.what, func(t *testing.T) {
			if c.want != (census{}) { // it does not go
				defer func(d time.Duration) { patience = d }(patience)
				patience = time.Second
			}
			r, err := newRow(t.Context(), func() (listentest.Target, error) {
				target, err := targets.Open("tcp")
				return &leaky{Target: target, leave: c.leave}, err
			}, 5, 1)
			for _, f := range undo {
				f()
			}
			undo = nil
			if errors.Is(err, os.ErrPermission) {
				t.Skipf("skipped: %s is not permitted here: %v", c.what, err)
			}
			if err != nil {
				t.Fatal(err)
			}
			got := r.left
			if c.want[processes] > 0 { // os/exec has a handle of it as well, on some kernels
				got[descriptors] = 0
			}
			if got != c.want || r.ok() != (c.want == census{}) {
				t.Errorf("left is %v, want %v", r.left, c.want)
			}
		})
	}
}

// counting is a target whose listeners count so many more than there are.
type counting struct {
	leaky
	more int32
}

func (c *counting) Open(ctx context.Context, o listentest.Options) (listentest.Session, error) {
	report := o.Report
	o.Report = func(e listentest.Event) {
		if e.Verb == listentest.Gauge {
			e.N += c.more
		}
		report(e)
	}
	s, err := c.Target.Open(ctx, o)
	return struct{ listentest.Session }{s}, err // it cannot be opened again, with another report
}

// TestDoubts: a kernel that counted one too many, or too few, would be seen, on
// every family that is asked.
func TestDoubts(t *testing.T) {
	alone(t)
	for _, name := range []string{"tcp", "tcp6", "unix", "seqpacket"} {
		for _, more := range []int32{-1, 0, 1} {
			r, err := newRow(t.Context(), func() (listentest.Target, error) {
				target, err := targets.Open(name)
				return &counting{leaky{Target: target}, more}, err
			}, 50, 1)
			if err != nil {
				t.Fatal(err)
			}
			if (r.doubts.Cases > 0) != (more != 0) || r.ok() != (more == 0) || (len(r.notes()) > 0) != (more != 0) {
				t.Errorf("%s, which counts %d more than there are: %d doubts of 50 cases, %v", name, more, r.doubts.Cases, r.notes())
			}
		}
	}
}

// newNamespace returns a network namespace, which nobody is in.
func newNamespace() (ns *os.File, err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	out, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return nil, err
	}
	defer out.Close()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return nil, err
	}
	if ns, err = os.Open("/proc/thread-self/ns/net"); err != nil {
		return nil, err
	}
	if err := unix.Setns(int(out.Fd()), unix.CLONE_NEWNET); err != nil {
		return nil, errors.Join(err, ns.Close())
	}
	return ns, nil
}
