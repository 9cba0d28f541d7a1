// Package third has listeners of others as targets: multiplexers, user-space
// stacks, QUIC, in-memory listeners. Each runs in a worker process, so that a
// panic or a hang of theirs is a finding, and not our end.
package third

import (
	"maps"
	"slices"
	"strings"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/targets/preset"
)

// A library is somebody's listener: a target, and what its runs need.
type library struct {
	target func() listentest.Target
	module string // whose version is the listener's
	// pooled is set where the library keeps timers or channels of one case in
	// package-level pools for the next one, which would be of another bubble.
	pooled bool
	// real is set where cases cannot run in bubbles.
	real bool
}

// libraries by the names of their targets.
var libraries = map[string]library{
	"yamux": {target: yamuxTarget, module: "github.com/hashicorp/yamux", pooled: true},
}

// Names returns the names that Open knows, in order.
func Names() []string { return slices.Sorted(maps.Keys(libraries)) }

// Module returns the module whose listener the target of a name is, and its
// version in this program; the version is empty where that is not known.
func Module(name string) (path, version string) {
	path = libraries[name].module
	return path, versions()[path]
}

// Open returns the target of a name. The error is a [*listentest.MisuseError].
func Open(name string) (*Worker, error) {
	lib, ok := libraries[name]
	if !ok {
		reason := "there is no target \"" + name + "\""
		if base, _, found := strings.Cut(name, ":"); found && libraries[base].target != nil {
			reason = "target " + base + " has no settings, and \"" + name + "\" names some"
		}
		return nil, &listentest.MisuseError{Reason: reason, Word: name, Known: Names()}
	}
	return &Worker{Target: lib.target(), name: name}, nil
}

// promise returns the contract of a preset, which must be there.
func promise(name string) listentest.Contract {
	p, ok := preset.Get(name)
	if !ok {
		panic("no preset " + name)
	}
	return p.Contract
}
