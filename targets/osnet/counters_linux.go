package osnet

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// counters are those of the kernel (include/uapi/linux/snmp.h) that say what
// became of connections on their way into an accept queue.
var counters = []string{
	"ListenOverflows", "ListenDrops", "TCPReqQFullDrop", "TCPReqQFullDoCookies", "SyncookiesSent", "SyncookiesRecv", "SyncookiesFailed",
	"TCPDeferAcceptDrop", "TCPFastOpenPassive", "TCPFastOpenListenOverflow", "TCPMigrateReqSuccess", "TCPMigrateReqFailure",
}

// Counters returns what the kernel has counted so far in t's namespace, by its
// own names for it: connections turned away, cookies, connections deferred or
// moved. It returns nil where t has no namespace that is ours alone, for there
// the connections of others count as well.
func (t *Target) Counters() (map[string]uint64, error) {
	if t.ns == nil && !isolated {
		return nil, nil
	}
	var text []byte
	err := t.inside(func() (err error) {
		text, err = os.ReadFile("/proc/thread-self/net/netstat")
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the kernel's counters: %w", err)
	}
	return parseCounters(string(text))
}

// Sockets returns how many sockets of TCP and UNIX there are in t's namespace,
// without those in TIME_WAIT, which are over and nobody's any more. It returns
// -1 where the namespace is not ours alone.
func (t *Target) Sockets() (n int, err error) {
	if t.ns == nil && !isolated {
		return -1, nil
	}
	err = t.inside(func() error {
		for _, file := range []string{"tcp", "tcp6", "unix"} {
			text, err := os.ReadFile("/proc/thread-self/net/" + file)
			if err != nil && !errors.Is(err, os.ErrNotExist) { // there is no IPv6 everywhere
				return err
			}
			n += countSockets(string(text))
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("count the sockets: %w", err)
	}
	return n, nil
}

// countSockets counts the lines of a table of sockets below its head, but for
// those in state 06 (TCP_TIME_WAIT, include/net/tcp_states.h); no socket of
// UNIX has that in its fourth column, which is flags of eight digits.
func countSockets(table string) (n int) {
	for i, line := range strings.Split(strings.TrimSpace(table), "\n") {
		if words := strings.Fields(line); i > 0 && len(words) > 3 && words[3] != "06" {
			n++
		}
	}
	return n
}

// parseCounters reads /proc/net/netstat: a line of names, and one of numbers,
// for each group of counters.
func parseCounters(text string) (map[string]uint64, error) {
	all := map[string]uint64{}
	lines := strings.Split(text, "\n")
	for i := 0; i+1 < len(lines); i += 2 {
		names, values := strings.Fields(lines[i]), strings.Fields(lines[i+1])
		if len(names) != len(values) {
			return nil, fmt.Errorf("read the kernel's counters: line %d has %d names, and %d follow", i+1, len(names), len(values))
		}
		for j, name := range names {
			if !slices.Contains(counters, name) {
				continue
			}
			n, err := strconv.ParseUint(values[j], 10, 64)
			if err != nil {
				return nil, fmt.Errorf("read the kernel's counters: %s: %w", name, err)
			}
			all[name] = n
		}
	}
	return all, nil
}
