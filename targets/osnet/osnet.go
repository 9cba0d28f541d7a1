// Package osnet drives the operating system's own listeners through raw
// system calls, with the real backlog argument: TCP over IPv4 and UNIX stream
// sockets, on Linux.
//
// Everything is a non-blocking call on the runner's own thread, and what is
// open is tried again at every Settle, so that a sequential schedule costs
// its system calls and nothing else. Only what a schedule marks with & runs
// on a thread of its own, and so does an accept that is to be held at its
// exit: the thread that made the call then stays behind it.
package osnet

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/listentest/listentest"
)

// Families returns the names that New knows.
func Families() []string {
	var names []string
	for _, f := range families {
		names = append(names, f.name)
	}
	return names
}

// A Setting is a key and a value of a target's name, as addr=127.0.0.2.
type Setting struct{ Key, Value string }

// A Target is a family of sockets with settings.
type Target struct {
	name     string
	family   *family
	addr     netip.Addr // where TCP listens, loopback; the zero Addr is one of its own for each session
	group    int        // listeners that can share the address, 1 to 8
	contract listentest.Contract
}

// New returns the target of a family. It reads from the machine what the
// contract depends on, and fails with a [*listentest.MisuseError] for a setting that
// there is none of or an address that is not loopback, or with another error
// where this machine has no such family.
func New(name, familyName string, settings ...Setting) (*Target, error) {
	t := &Target{name: name, group: 1}
	for i := range families {
		if families[i].name == familyName {
			t.family = &families[i]
		}
	}
	if t.family == nil {
		return nil, fmt.Errorf("open %s: this system has no family %q, it has %s", name, familyName, strings.Join(Families(), ", "))
	}
	for _, s := range settings {
		if err := t.set(s); err != nil {
			return nil, err
		}
	}
	var err error
	if t.contract, err = t.family.contract(); err != nil {
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	return t, nil
}

func (t *Target) set(s Setting) error {
	switch {
	case s.Key == "reuseport" && t.family.addressed:
		n, err := strconv.Atoi(s.Value)
		if t.group = n; err != nil || n < 2 || n > 8 {
			return &listentest.MisuseError{Reason: fmt.Sprintf("%s: reuseport is %q, expected how many listeners share the address, 2 to 8", t.name, s.Value)}
		}
		return nil
	case s.Key != "addr" || !t.family.addressed || t.family.name == "tcp6":
		e := &listentest.MisuseError{Reason: fmt.Sprintf("%s: there is no setting %q", t.name, s.Key), Word: s.Key}
		if t.family.addressed {
			e.Known = []string{"addr", "reuseport"} // addr: IPv6 has one only
		}
		return e
	}
	addr, err := netip.ParseAddr(s.Value)
	if err != nil || !addr.Is4() {
		return &listentest.MisuseError{Reason: fmt.Sprintf("%s: addr is %q, expected an IPv4 address such as 127.0.0.2", t.name, s.Value)}
	}
	if !addr.IsLoopback() {
		return &listentest.MisuseError{Reason: fmt.Sprintf("%s: %v is not a loopback address, and only those are tested", t.name, addr)}
	}
	t.addr = addr
	return nil
}

// Name returns the name that the target was made with.
func (t *Target) Name() string { return t.name }

// Contract returns what this machine's kernel promises, by its settings.
func (t *Target) Contract() listentest.Contract { return t.contract }

// Level is gate: an acceptor is held at accept's exit.
func (t *Target) Level() listentest.Level { return listentest.LevelGate }
