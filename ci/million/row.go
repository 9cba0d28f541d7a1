package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/ci/campaign"
)

// A row is what came of the cases of one target, or of all.
type row struct {
	name                                   string
	planned, cases, steps                  int
	elapsed                                time.Duration
	violations, suspects, unknown, verdict int // verdicts are of all stated promises
	left                                   census
	findings                               []campaign.Finding
	doubts                                 campaign.Doubts
	missing                                error // why the target cannot run here
}

// newRow runs so many cases on the target that open opens. An error is
// trouble.
func newRow(ctx context.Context, open func() (listentest.Target, error), cases int, seed uint64) (r row, err error) {
	if _, err := takeCensus(); err != nil { // whatever the first one opens stays open
		return r, err
	}
	before, err := takeCensus()
	if err != nil {
		return r, err
	}
	r.planned = cases
	target, err := open()
	if err != nil {
		r.missing = err
		return r, nil
	}
	if err = r.run(ctx, target, cases, seed); err != nil {
		return r, err
	}
	if c, ok := target.(io.Closer); ok {
		if err := c.Close(); err != nil {
			return r, err
		}
	}
	own, err := left(func() (census, error) {
		now, err := takeCensus()
		return now.less(before), err
	})
	own[sockets] = r.left[sockets]
	r.left = own
	return r, err
}

// run runs the cases, and counts the sockets that they leave.
func (r *row) run(ctx context.Context, target listentest.Target, cases int, seed uint64) error {
	before, err := socketsOf(target)
	if err != nil || cases == 0 {
		return err
	}
	c, err := campaign.Run(ctx, campaign.Plan{Target: target, Cases: cases, Seed: seed})
	if err != nil {
		return err
	}
	r.cases, r.steps, r.elapsed, r.findings, r.doubts = c.Cases, c.Steps, c.Elapsed, c.Findings, c.Doubts
	for _, p := range listentest.Promises() {
		r.violations += c.Count(p, listentest.Violated)
		r.suspects += c.Count(p, listentest.Suspect)
		r.unknown += c.Count(p, listentest.Unknown)
		for _, s := range []listentest.Status{listentest.Held, listentest.Unknown, listentest.Suspect, listentest.Violated} {
			r.verdict += c.Count(p, s)
		}
	}
	r.left, err = left(func() (census, error) {
		now, err := socketsOf(target)
		return census{sockets: now - before}, err
	})
	return err
}

// patience is how long what is left may take to go.
var patience = 5 * time.Second

// left returns what is left, once that is nothing, or when patience is over.
func left(count func() (census, error)) (n census, err error) {
	for until := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if n, err = count(); err != nil || n == (census{}) || time.Now().After(until) {
			return n, err
		}
	}
}

func (r *row) add(o row) {
	r.planned += o.planned
	r.cases += o.cases
	r.steps += o.steps
	r.elapsed += o.elapsed
	r.violations += o.violations
	r.suspects += o.suspects
	r.unknown += o.unknown
	r.verdict += o.verdict
	r.doubts.Cases += o.doubts.Cases
	for i, n := range o.left {
		r.left[i] += n
	}
}

// ok reports whether all is as it should be.
func (r *row) ok() bool {
	return r.missing == nil && r.violations == 0 && r.doubts.Cases == 0 && r.left == (census{})
}

// String returns the row of the table.
func (r *row) String() string {
	if r.missing != nil {
		return fmt.Sprintf("| %s | cannot run here: %v |", r.name, r.missing)
	}
	s := fmt.Sprintf("| %s | %d | %d | %.0f | %d | %d | %.0f %% | %d |", r.name, r.cases, r.steps, float64(r.cases)/max(r.elapsed.Seconds(), 1e-9),
		r.violations, r.suspects, 100*float64(r.unknown)/float64(max(r.verdict, 1)), r.doubts.Cases)
	for _, n := range r.left {
		s += fmt.Sprintf(" %d |", n)
	}
	return s
}

// notes says what is to be said of what is not as it should be.
func (r *row) notes() (all []string) {
	if r.doubts.Cases > 0 {
		all = append(all, fmt.Sprintf("%s, case %d: %s", r.name, r.doubts.Case, r.doubts.Text))
	}
	for _, f := range r.findings {
		all = append(all, fmt.Sprintf("%s, case %d: %v: %s\n\n    %s", r.name, f.Case, f.Promise, f.Violation.Text,
			strings.ReplaceAll(strings.TrimSpace(f.Schedule.String()), "\n", "\n    ")))
	}
	return all
}

// socketsOf counts the sockets in the namespace of a target that has some, if
// it is nobody else's.
func socketsOf(t listentest.Target) (int, error) {
	c, ok := t.(interface{ Sockets() (int, error) })
	if !ok {
		return 0, nil
	}
	n, err := c.Sockets()
	if err == nil && n < 0 {
		err = errors.New("the network namespace is not ours alone, so sockets cannot be counted")
	}
	return n, err
}
