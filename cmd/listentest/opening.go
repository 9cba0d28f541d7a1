package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/targets"
	"github.com/listentest/listentest/targets/osnet"
	"github.com/listentest/listentest/targets/third"
)

// An opening is a target, or why there is none.
type opening struct {
	name   string
	target listentest.Target
	err    error
}

// open opens targets by name. The error is misuse; a target that this machine
// does not have is an opening with an error.
func open(names []string) ([]opening, error) {
	var all []opening
	for _, name := range names {
		t, err := openOne(name)
		if misuse := (*listentest.MisuseError)(nil); errors.As(err, &misuse) {
			return nil, err
		}
		all = append(all, opening{name, t, err})
	}
	return all, nil
}

// openOne opens a target by name: one of this module's, or somebody else's
// listener, in worker processes.
func openOne(name string) (listentest.Target, error) {
	base, _, _ := strings.Cut(name, ":")
	if slices.Contains(third.Names(), base) {
		return third.Open(name)
	}
	t, err := targets.Open(name)
	if misuse := (*listentest.MisuseError)(nil); errors.As(err, &misuse) && misuse.Word == base {
		misuse.Known = targetNames()
	}
	return t, err
}

// targetNames returns the names of all targets.
func targetNames() []string { return slices.Concat(targets.Names(), third.Names()) }

// isolate runs the program in a network namespace of its own, where that is
// permitted, if one of the names is a target that needs a network. It returns
// how the program runs, or "" if that does not matter. Somebody else's listener
// is there only in the namespace that we are in.
func isolate(names []string) string {
	if slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(name, "listener:") }) {
		return "the one that the listener is in"
	}
	for _, name := range names {
		if base, _, _ := strings.Cut(name, ":"); base != "sim" && !slices.Contains(third.Names(), base) {
			return osnet.Isolate()
		}
	}
	return ""
}

// one opens the one target that was asked for by name.
func one(name string) (listentest.Target, error) {
	all, err := open([]string{name})
	if err != nil {
		return nil, err
	}
	if all[0].err != nil {
		return nil, fmt.Errorf("target %s cannot run here: %w", name, all[0].err)
	}
	return all[0].target, nil
}

// letGo closes a target that holds something, such as a network namespace, at
// its end.
func letGo(t listentest.Target) error {
	if c, ok := t.(io.Closer); ok {
		return c.Close()
	}
	return nil
}
