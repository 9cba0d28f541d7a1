// Package netstack drives the TCP of gVisor's network stack
// (gvisor.dev/gvisor/pkg/tcpip) through its endpoints, with the backlog that is
// given to Listen, in memory and in virtual time.
//
// Every session has a stack of its own, with one interface, a wire that brings
// back what is sent over it. Settle delivers one packet after the other, each
// when all that the one before has set off is over, and fires the timers that a
// tick has reached. So a run depends on its schedule alone, an overlap is packets
// that are under way at the same time, and a rest is quiet: it is known that
// nothing can move.
//
// With parallel=1 packets arrive the moment they are sent, what is marked with &
// has a goroutine of its own, and the stack's own goroutines race as they do in
// use. Rests are quiet as well, but a run may differ from the next.
//
// An acceptor can be held at the exit of its accept. Connections are known by
// their ports.
package netstack

import (
	"fmt"
	"slices"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/targets/preset"
)

// A Setting is a key and a value of a target's name, as parallel=1.
type Setting struct{ Key, Value string }

// keys are the settings that there are.
var keys = []string{"parallel"}

// A Target is gVisor's TCP with settings.
type Target struct {
	name     string
	parallel bool // packets arrive the moment they are sent
	contract listentest.Contract
}

// New returns the target, with the contract of the preset
// gvisor-netstack-settled. It fails with a [*listentest.MisuseError] for a
// setting that there is none of.
func New(name string, settings ...Setting) (*Target, error) {
	c, err := promise("gvisor-netstack-settled")
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	t := &Target{name: name, contract: c}
	for _, s := range settings {
		switch {
		case !slices.Contains(keys, s.Key):
			return nil, &listentest.MisuseError{Reason: fmt.Sprintf("%s: there is no setting %q", name, s.Key), Word: s.Key, Known: keys}
		case s.Value != "0" && s.Value != "1":
			return nil, &listentest.MisuseError{Reason: fmt.Sprintf("%s: %s is %q, expected 0 or 1", name, s.Key, s.Value)}
		}
		t.parallel = s.Value == "1"
	}
	if !t.parallel {
		t.contract.Race = 0 // no packet comes between the look at the queue and the place in it (tcp/connect.go, synRcvdState; tcp/accept.go, isFull)
	}
	return t, nil
}

// promise returns the contract of a preset.
func promise(name string) (listentest.Contract, error) {
	p, ok := preset.Get(name)
	if !ok {
		return listentest.Contract{}, fmt.Errorf("there is no preset %q", name)
	}
	return p.Contract, nil
}

// Name returns the name that the target was made with.
func (t *Target) Name() string { return t.name }

// Contract returns what gVisor promises.
func (t *Target) Contract() listentest.Contract { return t.contract }

// Level is gate: an acceptor is held at accept's exit.
func (t *Target) Level() listentest.Level { return listentest.LevelGate }
