// Package osnet drives the operating system's own listeners through raw
// system calls, with the real backlog argument: TCP over IPv4 and IPv6,
// multipath TCP, UNIX stream and seqpacket sockets, on Linux.
//
// Everything is a non-blocking call on the runner's own thread, and what is
// open is tried again at every Settle, so that a sequential schedule costs
// its system calls and nothing else. Only what a schedule marks with & runs
// on a thread of its own, and so does an accept that is to be held at its
// exit: the thread that made the call then stays behind it.
//
// A target may have settings. reuseport=N lets N listeners share the address,
// and steer=K has every dial go to number K of them, from 0 on in the order in
// which they began to listen; the last takes the number of one that is closed.
// raw=1 has half-open connections (syn and ack), of segments that are made by
// hand. defer=SECONDS and fastopen=LENGTH are TCP_DEFER_ACCEPT and TCP_FASTOPEN
// of the listeners, and with the latter dials open fast. syncookies, abort,
// migrate and somaxconn are the kernel's own. All but reuseport, steer, defer and
// addr give the target a network namespace of its own.
//
// A listener may be somebody else's, too: Serve runs a command whose accepts are
// seen and held, and Observe dials a listener that is there.
package osnet

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
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
	steer    int        // number of the listener to which all dials go; -1 if a hash says
	raw      bool       // it has syn and ack
	deferral int        // TCP_DEFER_ACCEPT of its listeners, in seconds; 0 is none
	fastopen int        // TCP_FASTOPEN of its listeners, the length of the queue; 0 is none
	sysctls  map[string]int
	wires    wires
	diag     diag
	ns       *os.File // the network namespace in which those are in force; nil is the process's
	foreign  *foreign // whose listener it is, if not ours
	contract listentest.Contract
}

// New returns the target of a family. It reads from the machine what the
// contract depends on, and fails with a [*listentest.MisuseError] for a setting that
// there is none of or an address that is not loopback, or with another error
// where this machine has no such family.
func New(name, familyName string, settings ...Setting) (*Target, error) {
	t := &Target{name: name, group: 1, steer: -1, sysctls: map[string]int{}}
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
	if t.steer >= t.group {
		return nil, &listentest.MisuseError{Reason: fmt.Sprintf("%s: steer=%d needs reuseport=%d or more", name, t.steer, max(t.steer+1, 2))}
	}
	err := t.isolate()
	if err == nil {
		err = t.inside(func() (err error) {
			c, err := t.family.contract()
			t.contract = t.refine(c)
			return err
		})
	}
	if err == nil {
		err = t.probe()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", name, err), t.Close())
	}
	return t, nil
}

func (t *Target) set(s Setting) (err error) {
	keys := t.keys()
	sysctl, ok := sysctls[s.Key]
	switch {
	case !slices.Contains(keys, s.Key):
		return &listentest.MisuseError{Reason: fmt.Sprintf("%s: there is no setting %q", t.name, s.Key), Word: s.Key, Known: keys}
	case ok:
		t.sysctls[s.Key], err = t.setNumber(s, sysctl.least, sysctl.most)
		return err
	case s.Key == "reuseport": // how many listeners share the address
		t.group, err = t.setNumber(s, 2, 8)
		return err
	case s.Key == "steer":
		t.steer, err = t.setNumber(s, 0, 7)
		return err
	case s.Key == "raw": // whether there are half-open connections
		n, err := t.setNumber(s, 0, 1)
		t.raw = n == 1
		return err
	case s.Key == "defer":
		t.deferral, err = t.setNumber(s, 1, 60)
		return err
	case s.Key == "fastopen":
		t.fastopen, err = t.setNumber(s, 1, 4096)
		return err
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

// Level is gate: an acceptor is held at accept's exit. Where none is seen it is
// none.
func (t *Target) Level() listentest.Level {
	if t.foreign != nil && !t.foreign.accepts() {
		return listentest.LevelNone
	}
	return listentest.LevelGate
}
