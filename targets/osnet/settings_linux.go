package osnet

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"

	lt "github.com/listentest/listentest"
	"golang.org/x/sys/unix"
)

// A sysctlSetting is a setting of the kernel that a target can have for itself.
type sysctlSetting struct {
	path        string // below /proc/sys
	least, most int
	tcp         bool // it is of TCP only
}

// sysctls by the key in a target's name.
var sysctls = map[string]sysctlSetting{
	"syncookies": {"net/ipv4/tcp_syncookies", 0, 2, true},
	"abort":      {"net/ipv4/tcp_abort_on_overflow", 0, 1, true},
	"migrate":    {"net/ipv4/tcp_migrate_req", 0, 1, true},
	"somaxconn":  {"net/core/somaxconn", 1, 1 << 20, false},
}

// keys returns the settings that t can have.
func (t *Target) keys() []string {
	var keys []string
	if t.family.addressed {
		keys = append(keys, "reuseport")
	}
	if t.family.domain == unix.AF_INET {
		keys = append(keys, "addr")
	}
	if t.family.addressed && t.family.proto == 0 {
		keys = append(keys, "defer", "fastopen", "steer")
		if t.family.domain == unix.AF_INET {
			keys = append(keys, "raw")
		}
	}
	for key, s := range sysctls {
		if t.family.addressed || !s.tcp {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// setNumber checks a number and returns it.
func (t *Target) setNumber(s Setting, least, most int) (int, error) {
	n, err := strconv.Atoi(s.Value)
	if err != nil || n < least || n > most {
		return 0, &lt.MisuseError{Reason: fmt.Sprintf("%s: %s is %q, expected a number from %d to %d", t.name, s.Key, s.Value, least, most)}
	}
	return n, nil
}

// isolate gives t a network namespace of its own with its settings in force.
// Sockets that are made inside stay there, whoever uses them.
func (t *Target) isolate() error {
	if len(t.sysctls) == 0 && !t.raw && t.fastopen == 0 {
		return nil
	}
	err := away(func() error { return unix.Unshare(unix.CLONE_NEWNET) }, t.furnish)
	if err != nil {
		return fmt.Errorf("set what %s asks for in a network namespace: %w", t.name, err)
	}
	return nil
}

// Close lets go of t's namespace and of what it keeps from one session to the
// next. It is the end of t: all its sessions must be closed before.
func (t *Target) Close() error {
	err := errors.Join(t.wires.close(), t.diag.close())
	if t.ns != nil {
		err = errors.Join(err, t.ns.Close())
	}
	if err != nil {
		return fmt.Errorf("close %s: %w", t.name, err)
	}
	return nil
}

// furnish sets up the namespace that the thread is in, and keeps it.
func (t *Target) furnish() error {
	if err := bringUpLoopback(); err != nil {
		return err
	}
	set := map[string]int{}
	for key, n := range t.sysctls {
		set[sysctls[key].path] = n
	}
	if t.raw {
		if err := routeWires(); err != nil {
			return err
		}
		// With tcp_syncookies=0 a quarter of it is kept for peers that were
		// seen before (tcp_conn_request, net/ipv4/tcp_input.c), and nobody of
		// ours was: far away it makes no difference.
		set["net/ipv4/tcp_max_syn_backlog"] = 1 << 20
	}
	if t.fastopen > 0 {
		// On both sides, and no cookies (TFO_CLIENT_ENABLE, TFO_SERVER_ENABLE,
		// TFO_CLIENT_NO_COOKIE, TFO_SERVER_COOKIE_NOT_REQD, include/net/tcp.h).
		set["net/ipv4/tcp_fastopen"] = 1 | 2 | 4 | 0x200
	}
	for path, n := range set {
		if err := os.WriteFile("/proc/sys/"+path, []byte(strconv.Itoa(n)), 0); err != nil {
			return err
		}
	}
	ns, err := os.Open("/proc/thread-self/ns/net")
	t.ns = ns
	return err
}

// inside runs f where t's sockets belong.
func (t *Target) inside(f func() error) error {
	if t.ns == nil {
		return f()
	}
	return away(func() error { return unix.Setns(int(t.ns.Fd()), unix.CLONE_NEWNET) }, f)
}

// away moves the thread to another namespace, runs f there, and moves it back.
// To end the thread instead would not do: the first one of a process goes on
// when its goroutine ends, and would keep the namespace.
func away(move, f func() error) error {
	runtime.LockOSThread()
	out, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("enter a namespace: %w", err)
	}
	defer out.Close()
	if err := move(); err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("enter a namespace: %w", err)
	}
	err = f()
	if back := unix.Setns(int(out.Fd()), unix.CLONE_NEWNET); back != nil {
		return fmt.Errorf("leave a namespace: %w", back) // and the thread stays locked: nobody else may have it
	}
	runtime.UnlockOSThread()
	return err
}

// refine returns the contract c of the machine's settings with what follows from
// those of the listeners.
func (t *Target) refine(c lt.Contract) lt.Contract {
	if t.raw && c.May&lt.HalfOpen == 0 {
		// A syn too many is answered with a cookie, and for two minutes then any
		// late segment of a connection that is over is taken for one that shows
		// a cookie (tcp_synq_no_recent_overflow, net/ipv4/syncookies.c).
		c.Anomalies |= lt.Phantom
	}
	if t.fastopen > 0 {
		// A connection stands in the accept queue from its SYN on
		// (tcp_fastopen_create_child, net/ipv4/tcp_fastopen.c).
		c.May |= lt.HalfOpen
	}
	if t.deferral > 0 {
		// A connection is half-open until its first byte, though its client has
		// been answered (tcp_check_req, net/ipv4/tcp_minisocks.c), but for one
		// whose handshake is a cookie. So who says nothing fills a queue of L+1,
		// and what is dialed next is dropped; and the close tells only those
		// their end who are in the accept queue. This is the preset
		// linux-defer-accept.
		c.Guaranteed = lt.Bound{Stated: true, Div: 1}
		c.Max = lt.Bound{Stated: true, Mul: 2, Div: 1, Plus: 2}
		c.Admit, c.Order, c.Close = lt.AdmitNever, lt.AnyOrder, lt.AnyClose
		c.May |= lt.HalfOpen
	}
	return c
}
