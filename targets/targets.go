// Package targets knows the light targets by name: those that need nothing
// but this module.
package targets

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/targets/osnet"
	"github.com/listentest/listentest/targets/sim"
)

// Light returns the names of the light targets, which a run without -target
// exercises.
func Light() []string { return []string{"sim", "tcp", "unix"} }

// Open returns the target of a name NAME[:ITEM,…], where an ITEM is key=value
// or a fault, and faults may be combined with + as well. The error is a
// [*listentest.MisuseError] for a name that has no sense anywhere; any other
// says why this machine does not have the target.
func Open(name string) (listentest.Target, error) {
	base, rest, _ := strings.Cut(name, ":")
	var faults []string
	var settings []osnet.Setting
	for item := range strings.FieldsFuncSeq(rest, func(r rune) bool { return r == ',' || r == '+' }) {
		if key, value, ok := strings.Cut(item, "="); ok {
			settings = append(settings, osnet.Setting{Key: key, Value: value})
		} else {
			faults = append(faults, item)
		}
	}
	switch base {
	case "sim":
		return openSim(name, settings, faults)
	case "tcp", "unix":
		if len(faults) > 0 {
			return nil, &listentest.MisuseError{Reason: fmt.Sprintf("%s: %q is not key=value, and only sim has faults", name, faults[0])}
		}
		return osnet.New(name, base, settings...)
	}
	return nil, &listentest.MisuseError{Reason: fmt.Sprintf("there is no target %q", base), Word: base, Known: Light()}
}

// openSim returns a simulator with a contract of its own.
func openSim(name string, settings []osnet.Setting, faults []string) (listentest.Target, error) {
	c := sim.Default
	for _, s := range settings {
		if err := setSim(&c, s.Key, s.Value); err != nil {
			err.Reason = name + ": " + err.Reason
			return nil, err
		}
	}
	for _, f := range faults {
		known := sim.Faults()
		if !slices.Contains(known, f) {
			return nil, &listentest.MisuseError{Reason: fmt.Sprintf("%s: there is no fault %q", name, f), Word: f, Known: known}
		}
	}
	t, err := sim.New(name, c, faults...)
	if err != nil {
		return nil, &listentest.MisuseError{Reason: fmt.Sprintf("%s: %v", name, err)}
	}
	return t, nil
}

// simWords are the settings of sim whose values are words.
var simWords = map[string]map[string]func(*listentest.Contract){
	"overflow": {
		"refuse": func(c *listentest.Contract) { c.Overflow = listentest.Refuse },
		"drop":   func(c *listentest.Contract) { c.Overflow = listentest.Drop },
		"block":  func(c *listentest.Contract) { c.Overflow = listentest.Block },
	},
	"aborted": {
		"kept": func(c *listentest.Contract) {
			c.Must |= listentest.Aborted
			c.May |= listentest.Aborted
		},
		"released": func(c *listentest.Contract) {
			c.Must &^= listentest.Aborted
			c.May &^= listentest.Aborted
		},
	},
	"credit": {
		"return": func(c *listentest.Contract) {
			c.Credit = listentest.CreditReturn
			c.Must &^= listentest.Accepted
			c.May &^= listentest.Accepted
		},
		"close": func(c *listentest.Contract) {
			c.Credit = listentest.CreditClose
			c.Must |= listentest.Accepted
			c.May |= listentest.Accepted
		},
	},
}

// simNumbers are the settings of sim whose values are numbers: of the bound
// floor(mul*L/div)+plus, and of how L follows from the backlog.
var simNumbers = map[string]func(*listentest.Contract, int32){
	"mul":      func(c *listentest.Contract, n int32) { c.Max.Mul = n },
	"div":      func(c *listentest.Contract, n int32) { c.Max.Div = max(n, 1) },
	"plus":     func(c *listentest.Contract, n int32) { c.Max.Plus = n },
	"zero":     func(c *listentest.Contract, n int32) { c.Backlog.Zero = n },
	"negative": func(c *listentest.Contract, n int32) { c.Backlog.Negative = n },
	"low":      func(c *listentest.Contract, n int32) { c.Backlog.Low = n },
	"high":     func(c *listentest.Contract, n int32) { c.Backlog.High = n },
	"retry":    func(c *listentest.Contract, n int32) { c.Retry = n },
}

func setSim(c *listentest.Contract, key, value string) *listentest.MisuseError {
	if words, ok := simWords[key]; ok {
		set, ok := words[value]
		if !ok {
			return &listentest.MisuseError{Reason: fmt.Sprintf("%s is %q", key, value), Word: value, Known: slices.Sorted(maps.Keys(words))}
		}
		set(c)
		return nil
	}
	set, ok := simNumbers[key]
	if !ok {
		return &listentest.MisuseError{Reason: fmt.Sprintf("there is no setting %q", key), Word: key,
			Known: slices.Concat(slices.Sorted(maps.Keys(simWords)), slices.Sorted(maps.Keys(simNumbers)))}
	}
	n, err := strconv.ParseInt(value, 10, 32)
	if err != nil {
		return &listentest.MisuseError{Reason: fmt.Sprintf("%s is %q, expected a number", key, value)}
	}
	set(c, int32(n))
	c.Guaranteed = c.Max
	return nil
}
