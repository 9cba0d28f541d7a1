// Package targets knows the light targets by name: those that need nothing
// but this module.
package targets

import (
	"fmt"
	"strings"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/targets/osnet"
	"github.com/listentest/listentest/targets/sim"
)

// Light returns the names of the light targets, which a run without -target
// exercises.
func Light() []string { return []string{"sim", "tcp", "unix"} }

// Names returns the names that Open knows.
func Names() []string {
	return []string{"sim", "tcp", "tcp6", "mptcp", "unix", "seqpacket", "listener", "serve"}
}

// Open returns the target of a name NAME[:ITEM,…], where an ITEM is key=value
// or a fault, and faults may be combined with + as well; after listener: comes
// the address of somebody else's listener, and after serve: the command of a
// server. The error is a
// [*listentest.MisuseError] for a name that has no sense anywhere; any other
// says why this machine does not have the target.
func Open(name string) (listentest.Target, error) {
	base, rest, _ := strings.Cut(name, ":")
	items := strings.FieldsFunc(rest, func(r rune) bool { return r == ',' || r == '+' })
	switch base {
	case "sim":
		return sim.Open(name, items...)
	case "tcp", "tcp6", "mptcp", "unix", "seqpacket":
		settings := make([]osnet.Setting, len(items))
		for i, item := range items {
			key, value, ok := strings.Cut(item, "=")
			if !ok {
				return nil, &listentest.MisuseError{Reason: fmt.Sprintf("%s: %q is not key=value, and only sim has faults", name, item)}
			}
			settings[i] = osnet.Setting{Key: key, Value: value}
		}
		return osnet.New(name, base, settings...)
	case "listener":
		return osnet.Observe(name, rest)
	case "serve":
		return osnet.Serve(name, strings.Fields(rest)...)
	}
	return nil, &listentest.MisuseError{Reason: fmt.Sprintf("there is no target %q", base), Word: base, Known: Names()}
}
