package listentest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A Measurement is a term of a contract as it is stated, and as it was seen.
type Measurement struct {
	What   string `json:"what"` // as "capacity at backlog 8"
	Stated string `json:"stated"`
	Seen   string `json:"seen,omitempty"`
	Differ bool   `json:"differ"` // what was seen is not what is stated
	// Missing says why it was not measured, and then there is no Seen.
	Missing string `json:"missing,omitempty"`
}

// measuredBacklogs are those whose capacity is measured: the least, some in
// between, one above the default of somaxconn, and none.
var measuredBacklogs = []int32{0, 1, 2, 3, 8, 128, 5000, -1}

// Measure runs schedules one step after the other, and says of each term of the
// contract of r's target that such a run can show what it showed, or why it
// showed nothing. What only overlaps can show (race, ghosts) and half-open
// connections are left out. An error says that ctx was done.
func Measure(ctx context.Context, r *Runner) ([]Measurement, error) {
	m := meter{ctx: ctx, runner: r, c: r.Target.Contract()}
	m.c.Must, m.c.May = m.c.held()
	for _, b := range measuredBacklogs {
		m.capacity(b)
	}
	m.overflow()
	m.aborted()
	m.accepted()
	m.grown()
	m.order()
	m.closed()
	m.reopened()
	return m.rows, context.Cause(ctx)
}

// A meter measures by what a target does, and never looks at what it states
// but to say whether that is the same.
type meter struct {
	ctx    context.Context
	runner *Runner
	c      Contract
	full   int   // how many fit at backlog 1,
	shows  error // and why the next dial does not show whether there is room
	rows   []Measurement
}

// run runs a schedule and returns what became of its operations.
func (m *meter) run(format string, args ...any) (h History, outcomes []string, err error) {
	s, err := Parse(fmt.Sprintf(format, args...))
	if err != nil {
		return h, nil, err
	}
	if h, err = m.runner.Run(m.ctx, s); err != nil {
		return h, nil, err
	}
	outcomes = Outcomes(h)
	if slices.Contains(outcomes, Unsupported.String()) {
		return h, outcomes, errors.New("the target does not have such a step")
	}
	return h, outcomes, nil
}

// row enters what was seen, or why it was not.
func (m *meter) row(what, stated, seen string, differ bool, err error) {
	r := Measurement{What: what, Stated: stated}
	if err != nil {
		r.Missing = err.Error()
	} else {
		r.Seen, r.Differ = seen, differ
	}
	m.rows = append(m.rows, r)
}

// tries is how many dials are more than fit at backlog b, by what is stated.
func (m *meter) tries(b int32) int {
	const some = 40
	l := m.c.Backlog.Effective(b)
	switch {
	case m.c.Max.Stated:
		return int(min(m.c.Max.Of(l), MaxOps)) + 2
	case m.c.Guaranteed.Stated:
		return int(min(m.c.Guaranteed.Of(l), MaxOps)) + some
	}
	return some
}

// fits returns how many of the dials at backlog b are accepted once nobody
// dials any more.
func (m *meter) fits(b int32) (n int, dials []string, err error) {
	tries := m.tries(b)
	if 2*tries+2 > MaxOps {
		return 0, nil, fmt.Errorf("%d dials and accepts are more than a run makes", 2*tries)
	}
	_, out, err := m.run("backlog %d\ndial c0 %d\nsettle\ncancel c0\naccept s0 %d\n", b, tries, tries)
	if err != nil {
		return 0, nil, err
	}
	i := slices.IndexFunc(out, func(o string) bool { return o != OK.String() })
	dials, rest := out[:max(i, 0)+1], out[max(i, 0)+1:]
	if i < 0 || i >= tries { // all of the dials returned ok
		dials, rest = out[:tries], out[tries:]
	}
	for _, o := range rest {
		n += int(count(o == OK.String()))
	}
	if dials[len(dials)-1] == Cancelled.String() {
		n-- // the cancel
		dials[len(dials)-1] = "open"
	}
	return n, dials, nil
}

func (m *meter) capacity(b int32) {
	n, _, err := m.fits(b)
	low, high := int(m.c.guaranteedFor(b)), int(m.c.Max.Of(m.c.Backlog.Effective(b)))
	stated, differ := notStated, false
	switch {
	case m.c.Guaranteed.Stated && m.c.Max.Stated && low == high:
		stated, differ = fmt.Sprint(low), n != low
	case m.c.Guaranteed.Stated && m.c.Max.Stated:
		stated, differ = fmt.Sprintf("%d to %d", low, high), n < low || n > high
	case m.c.Guaranteed.Stated:
		stated, differ = fmt.Sprintf("at least %d", low), n < low
	case m.c.Max.Stated:
		stated, differ = fmt.Sprintf("at most %d", high), n > high
	}
	m.row(fmt.Sprintf("capacity at backlog %d", b), stated, fmt.Sprint(n), differ, err)
}

// overflow says how the first dial that finds no room looks, and whether it
// shows that.
func (m *meter) overflow() {
	n, dials, err := m.fits(1)
	seen, look := "", Overflow(0)
	switch last := len(dials) - 1; {
	case err != nil:
		m.shows = err
	case n == 0:
		err = errors.New("no connection fits at backlog 1")
		m.shows = err
	case dials[last] == OK.String() && n == len(dials):
		err = fmt.Errorf("%d dials found room", n)
		m.shows = err
	case dials[last] == OK.String():
		seen, look = "ok, and it is not accepted", EndLater|Ghost
		m.shows = errors.New("a dial that finds no room returns ok")
	default:
		seen = dials[last]
		look = map[string]Overflow{"refused": Refuse, "reset": ResetDial, "would-block": Again, "open": Drop | Block, "timeout": Drop | Block}[seen]
	}
	m.full = n
	m.row("a dial that finds no room", m.c.Overflow.String(), seen, m.c.Overflow != 0 && m.c.Overflow&look == 0, err)
}

// last runs steps behind a full queue, and returns the outcome of the last, a
// dial.
func (m *meter) last(steps string) (string, error) {
	if m.shows != nil {
		return "", m.shows
	}
	_, out, err := m.run("backlog 1\ndial c0 %d\n%s", m.full, steps)
	if err != nil {
		return "", err
	}
	return out[len(out)-1], nil
}

func (m *meter) aborted() {
	last, err := m.last(fmt.Sprintf("abort c0 %d\nsettle\ndial c1\n", m.full))
	m.kept("the place of one that is reset before accept", m.c.Must&Aborted != 0, m.c.May&Aborted != 0, last, err)
}

func (m *meter) accepted() {
	last, err := m.last("accept s0\nsettle\ndial c1\n")
	m.kept("the place of one that is accepted", m.c.Must&Accepted != 0, m.c.May&Accepted != 0 || m.c.Credit == CreditClose, last, err)
	if last != OK.String() || err != nil {
		return
	}
	stated := "comes back later"
	if m.c.Credit == CreditReturn {
		stated = "comes back"
	}
	last, err = m.last("accept s0\ndial c1\n")
	m.row("the place of one that is accepted, at once", stated, comesBack(last), last != OK.String() && m.c.Credit == CreditReturn, err)
}

// kept enters whether somebody keeps a place, which he must or may, as the next
// dial shows.
func (m *meter) kept(what string, must, may bool, next string, err error) {
	stated := "kept or comes back"
	free := next == OK.String()
	differ := false
	switch {
	case must:
		stated, differ = "kept", free
	case !may:
		stated, differ = "comes back", !free
	}
	m.row(what, stated, comesBack(next), differ, err)
}

// comesBack says what the outcome of the next dial means.
func comesBack(next string) string {
	if next == OK.String() {
		return "comes back"
	}
	return "kept"
}

// grown measures a listen with a greater backlog at a full queue.
func (m *meter) grown() {
	last, err := m.last("listen l0 8\ndial c1\n")
	room := int(m.c.guaranteedFor(8)) > m.full
	stated := notStated
	if room {
		stated = OK.String()
	}
	m.row("a dial behind a listen with backlog 8", stated, last, room && last != OK.String(), err)
}

func (m *meter) order() {
	h, out, err := m.run("backlog 8\ndial c1\ndial c0\naccept s0\naccept s1\n")
	if err == nil && slices.ContainsFunc(out, func(o string) bool { return o != OK.String() }) {
		err = fmt.Errorf("one of %s", strings.Join(out, " "))
	}
	var conns []int32
	for _, e := range h.Events {
		if (e.Verb == Return || e.Verb == Named) && e.Op > 2 && e.Conn != 0 {
			conns = append(conns, e.Conn)
		}
	}
	seen := "as they came"
	if !slices.IsSorted(conns) {
		seen = fmt.Sprint("in the order ", conns)
	}
	m.row("accepted", m.c.Order.String(), seen, m.c.Order == FIFO && !slices.IsSorted(conns), err)
}

// closed measures what close does to two that are pending.
func (m *meter) closed() {
	h, _, err := m.run("backlog 3\ndial c0\ndial c1\nshut l0\nsettle\n")
	pending, ended := 0, 0
	for _, e := range h.Events {
		pending += int(count(e.Verb == Return && e.Op <= 2 && e.Outcome == OK))
		ended += int(count(e.Verb == End))
	}
	if err == nil && pending == 0 {
		err = errors.New("no connection is pending")
	}
	m.row("pending, and told their end by close", m.c.Close.String(), fmt.Sprintf("%d of %d", ended, pending), m.c.Close != AnyClose && ended < pending, err)
}

// reopened measures a listen behind a close.
func (m *meter) reopened() {
	last, err := m.last("shut l0\nlisten l0 1\ndial c1\n")
	m.row("a dial behind close and listen", notStated, last, false, err)
}
