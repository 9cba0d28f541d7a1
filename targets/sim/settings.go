package sim

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	lt "github.com/listentest/listentest"
	"github.com/listentest/listentest/targets/preset"
)

// Open returns the simulator of items, each a setting key=value or the name of
// a fault. They are read in their order; as=PRESET, which begins with the
// contract of a known listener, comes first. An error is a
// [*lt.MisuseError].
func Open(name string, items ...string) (*Target, error) {
	c := Default
	var faults []string
	edge := false
	for i, item := range items {
		key, value, ok := strings.Cut(item, "=")
		switch {
		case item == "ready=level", item == "ready=edge": // promises are the same
			edge = item == "ready=edge"
		case key == "as" && i > 0:
			return nil, &lt.MisuseError{Reason: fmt.Sprintf("%s: %s stands behind %s, which it would undo: it comes first", name, item, items[i-1])}
		case ok:
			if err := set(&c, key, value); err != nil {
				err.Reason = name + ": " + err.Reason
				return nil, err
			}
		case !slices.Contains(Faults(), item):
			return nil, &lt.MisuseError{Reason: fmt.Sprintf("%s: there is no fault %q", name, item), Word: item, Known: Faults()}
		default:
			faults = append(faults, item)
		}
	}
	t, err := New(name, c, faults...)
	if err != nil {
		return nil, &lt.MisuseError{Reason: fmt.Sprintf("%s: %v", name, err)}
	}
	t.rules.edge = edge
	return t, nil
}

// words are the settings whose values are words.
var words = map[string]map[string]func(*lt.Contract){
	"overflow": {
		"refuse": func(c *lt.Contract) { c.Overflow = lt.Refuse },
		"drop":   func(c *lt.Contract) { c.Overflow = lt.Drop },
		"block":  func(c *lt.Contract) { c.Overflow = lt.Block },
	},
	"aborted": {
		"kept": func(c *lt.Contract) {
			c.Must |= lt.Aborted
			c.May |= lt.Aborted
		},
		"released": func(c *lt.Contract) {
			c.Must &^= lt.Aborted
			c.May &^= lt.Aborted
		},
	},
	"credit": {
		"return": func(c *lt.Contract) {
			c.Credit = lt.CreditReturn
			c.Must &^= lt.Accepted
			c.May &^= lt.Accepted
		},
		"rest": func(c *lt.Contract) { c.Credit = lt.CreditRest },
		"close": func(c *lt.Contract) {
			c.Credit = lt.CreditClose
			c.Must |= lt.Accepted
			c.May |= lt.Accepted
		},
	},
	"admit": {
		"return": func(c *lt.Contract) { c.Admit = lt.AdmitReturn },
		"later":  func(c *lt.Contract) { c.Admit = lt.AdmitLater },
	},
	"close": {
		"ends":  func(c *lt.Contract) { c.Close = lt.CloseEnds },
		"moves": func(c *lt.Contract) { c.Close = lt.CloseMoves },
	},
	"half": {
		"separate": func(c *lt.Contract) { c.Overflow |= lt.Ghost }, // an ack that finds no room
		"shared": func(c *lt.Contract) {
			c.Must |= lt.HalfOpen
			c.May |= lt.HalfOpen
		},
	},
}

// numbers are the settings whose values are numbers: of the bound
// floor(mul*L/div)+plus, and of how L follows from the backlog.
var numbers = map[string]func(*lt.Contract, int32){
	"mul":      func(c *lt.Contract, n int32) { c.Max.Mul = n },
	"div":      func(c *lt.Contract, n int32) { c.Max.Div = max(n, 1) },
	"plus":     func(c *lt.Contract, n int32) { c.Max.Plus = n },
	"zero":     func(c *lt.Contract, n int32) { c.Backlog.Zero = n },
	"negative": func(c *lt.Contract, n int32) { c.Backlog.Negative = n },
	"low":      func(c *lt.Contract, n int32) { c.Backlog.Low = n },
	"high":     func(c *lt.Contract, n int32) { c.Backlog.High = n },
	"retry":    func(c *lt.Contract, n int32) { c.Retry = n },
}

func set(c *lt.Contract, key, value string) *lt.MisuseError {
	if key == "as" {
		p, ok := preset.Get(value)
		if !ok {
			return &lt.MisuseError{Reason: fmt.Sprintf("there is no preset %q", value), Word: value, Known: presets()}
		}
		*c = p.Contract
		return nil
	}
	if values, ok := words[key]; ok {
		set, ok := values[value]
		if !ok {
			return &lt.MisuseError{Reason: fmt.Sprintf("%s is %q", key, value), Word: value, Known: slices.Sorted(maps.Keys(values))}
		}
		set(c)
		return nil
	}
	set, ok := numbers[key]
	if !ok {
		return &lt.MisuseError{Reason: fmt.Sprintf("there is no setting %q", key), Word: key,
			Known: slices.Concat([]string{"as", "ready"}, slices.Sorted(maps.Keys(words)), slices.Sorted(maps.Keys(numbers)))}
	}
	n, err := strconv.ParseInt(value, 10, 32)
	if err != nil {
		return &lt.MisuseError{Reason: fmt.Sprintf("%s is %q, expected a number", key, value)}
	}
	if key == "retry" && n < 1 {
		return &lt.MisuseError{Reason: fmt.Sprintf("retry is %d, and a retry interval is at least 1 ms", n)}
	}
	set(c, int32(n))
	switch key {
	case "mul", "div", "plus":
		c.Max.Stated = true
		c.Guaranteed = c.Max
	}
	return nil
}

func presets() []string {
	var names []string
	for _, p := range preset.All() {
		names = append(names, p.Name)
	}
	return names
}
