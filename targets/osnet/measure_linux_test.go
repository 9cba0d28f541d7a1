package osnet

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/listentest/listentest"
)

// A meter measures a contract by what the kernel does, and never looks at the
// one that is stated, but for fields that no sequential run can show. So it
// notices a statement that is weaker than it could be as well, which
// listentest.Measure takes for no difference.
type meter struct {
	t      *testing.T
	target *Target
}

// run returns the history and the outcomes of a schedule, unjudged.
func (m meter) run(text string) (listentest.History, []string) {
	m.t.Helper()
	s, err := listentest.Parse(text)
	if err != nil {
		m.t.Fatal(err)
	}
	h, err := listentest.Run(context.Background(), m.target, s)
	if err != nil {
		m.t.Fatal(err)
	}
	return h, listentest.Outcomes(h)
}

// capacity returns how many dials are admitted at backlog b with nobody
// accepting, and what the next one looks like.
func (m meter) capacity(b, dials int) (int32, string) {
	_, out := m.run(fmt.Sprintf("backlog %d\ndial c0 %d", b, dials))
	i := slices.IndexFunc(out, func(o string) bool { return o != "ok" })
	if i < 0 {
		m.t.Fatalf("backlog %d: all of %d dials are admitted", b, dials)
	}
	return int32(i), out[i]
}

// contract measures. Backlogs up to 128 say how L follows from b and what is
// held at L; greater ones and -1 are compared where so many descriptors may be
// open.
func (m meter) contract() listentest.Contract {
	c := m.target.Contract() // for race, admit, retry, anomalies, and who may count but is not seen here
	one, look := m.capacity(1, 20)
	two, _ := m.capacity(2, 20)
	zero, _ := m.capacity(0, 20)
	plus := one - 1*(two-one)
	c.Guaranteed = listentest.Bound{Stated: true, Mul: two - one, Div: 1, Plus: plus}
	c.Max = c.Guaranteed
	for _, b := range []int{3, 8, 128} {
		if n, _ := m.capacity(b, b+20); n != c.Guaranteed.Of(int32(b)) {
			m.t.Errorf("backlog %d admits %d, and 1 and 2 admit %d and %d", b, n, one, two)
		}
	}
	c.Backlog = listentest.Backlog{Zero: zero - plus}
	if most := m.target.Contract().Backlog.High; descriptorsFor(2 * int(most)) {
		huge, _ := m.capacity(32000, int(most)+200)
		negative, _ := m.capacity(-1, int(most)+200)
		c.Backlog.High, c.Backlog.Negative = huge-plus, negative-plus
	} else {
		m.t.Logf("not measured: backlogs beyond %d, for so many descriptors may not be open", most)
		c.Backlog.High, c.Backlog.Negative = most, most
	}
	c.Overflow = c.Overflow&listentest.Ghost | map[string]listentest.Overflow{
		"refused": listentest.Refuse, "reset": listentest.ResetDial, "would-block": listentest.Again, "open": listentest.Drop}[look]
	c.Must, c.Credit = m.counts(one)
	c.May = c.Must | c.May&listentest.HalfOpen
	c.Order, c.Close = m.order(), m.close()
	return c
}

func descriptorsFor(n int) bool {
	var limit syscall.Rlimit
	return syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil && limit.Cur > uint64(2*n+100)
}

// counts finds out who holds a place, and when accept gives one back, at a
// queue that is full with so many.
func (m meter) counts(full int32) (c listentest.Counts, credit listentest.Credit) {
	last := func(steps string) string {
		h, out := m.run(fmt.Sprintf("backlog 1\ndial c0 %d\n%s", full, steps))
		if strings.Contains(h.String(), "\nskip ") {
			m.t.Fatalf("a step is skipped:\n%v", h)
		}
		return out[len(out)-1]
	}
	if last("dial c1") != "ok" {
		c |= listentest.Completed
	}
	if last(fmt.Sprintf("abort c0 %d\nsettle\ndial c1", full)) != "ok" {
		c |= listentest.Aborted
	}
	if last("accept s0\ndial c1") != "ok" {
		c |= listentest.Accepted
		credit = listentest.CreditClose
		if last("accept s0\nsettle\ndial c1") == "ok" {
			credit = listentest.CreditRest
		}
	}
	return c, credit
}

// order finds out in which order connections are accepted.
func (m meter) order() listentest.Order {
	h, _ := m.run("backlog 8\ndial c2\ndial c0\ndial c1 2\naccept s0 2\naccept s1 2")
	var conns []string
	for line := range strings.Lines(h.String()) {
		if f := strings.Fields(line); len(f) == 5 && f[0] == "return" && f[1] > "4" {
			conns = append(conns, f[4])
		}
	}
	if strings.Join(conns, " ") == "1 2 3 4" {
		return listentest.FIFO
	}
	return listentest.AnyOrder
}

// close finds out whether close ends what is pending.
func (m meter) close() listentest.Close {
	h, _ := m.run("backlog 3\ndial c0\ndial c1\nshut l0")
	if strings.Count(h.String(), "\nend conn ") == 2 {
		return listentest.CloseEnds
	}
	return listentest.AnyClose
}

// differences returns the fields in which two contracts differ.
func differences(a, b listentest.Contract) (fields []string) {
	x, y := strings.Split(a.String(), "\n"), strings.Split(b.String(), "\n")
	for i := range x {
		if x[i] != y[i] {
			fields = append(fields, strings.Fields(x[i])[0])
		}
	}
	return fields
}

// TestMeasuredContract: what is measured is what is stated, and one field that
// were stated wrong would be noticed.
func TestMeasuredContract(t *testing.T) {
	each(t, func(t *testing.T, target *Target) {
		stated := target.Contract()
		measured := meter{t, target}.contract()
		if fields := differences(measured, stated); len(fields) > 0 {
			t.Fatalf("%v differ: measured\n%vstated\n%v", fields, measured, stated)
		}
		t.Logf("measured, and so stated (race, admit, retry, anomalies, ghosts and half-open aside):\n%v", measured)
		for field, plant := range map[string]func(*listentest.Contract){
			"backlog":    func(c *listentest.Contract) { c.Backlog.Zero++ },
			"guaranteed": func(c *listentest.Contract) { c.Guaranteed.Plus-- },
			"max":        func(c *listentest.Contract) { c.Max.Plus++ },
			"must":       func(c *listentest.Contract) { c.Must &^= listentest.Aborted },
			"may":        func(c *listentest.Contract) { c.May |= listentest.Accepted },
			"credit":     func(c *listentest.Contract) { c.Credit = listentest.CreditClose },
			"order":      func(c *listentest.Contract) { c.Order = listentest.AnyOrder },
			"overflow":   func(c *listentest.Contract) { c.Overflow ^= listentest.Drop },
			"close":      func(c *listentest.Contract) { c.Close = listentest.AnyClose },
		} {
			wrong := stated
			plant(&wrong)
			if got := differences(measured, wrong); !slices.Equal(got, []string{field}) {
				t.Errorf("a wrong %s is noticed in %v", field, got)
			}
		}
	})
}

// TestPlantedContract: a contract that promises what the kernel does not keep
// raises an alarm under the judge itself.
func TestPlantedContract(t *testing.T) {
	each(t, func(t *testing.T, target *Target) {
		m := meter{t, target}
		for _, c := range []struct {
			steps  string
			plant  func(*listentest.Contract)
			breaks listentest.Promise
			quiet  bool // it takes a quiet rest to know, and tcp has calm ones
		}{
			{"backlog 1\ndial c0 9", func(c *listentest.Contract) { c.Guaranteed.Plus++ }, listentest.MinPending, false},
			{"backlog 1\ndial c0 9", func(c *listentest.Contract) { c.Max.Plus, c.Race = 0, 0 }, listentest.MaxPending, false},
			{"backlog 1\ndial c0 2\nabort c0 2\nsettle\ndial c1", func(c *listentest.Contract) {
				c.Must, c.May = listentest.Completed, listentest.Completed
			}, listentest.MinPending, true},
			{"backlog 1\ndial c0 2\naccept s0\ndial c1", func(c *listentest.Contract) {
				c.Credit, c.Must, c.May, c.Race = listentest.CreditClose, c.Must|listentest.Accepted, c.May|listentest.Accepted, 0
			}, listentest.MaxPending, false},
			{"backlog 0\ndial c0 9", func(c *listentest.Contract) { c.Overflow = listentest.Refuse }, listentest.RefusalMode, false},
		} {
			if c.quiet && !target.family.quiet {
				continue
			}
			h, _ := m.run(c.steps)
			wrong := target.Contract()
			c.plant(&wrong)
			first := listentest.Check(h, wrong).First()
			if first == nil || first.Promise != c.breaks {
				t.Errorf("%q: got %+v, want %v under\n%v", c.steps, first, c.breaks, wrong)
			}
			if first := listentest.Check(h, target.Contract()).First(); first != nil {
				t.Errorf("%q: %v: %s", c.steps, first.Promise, first.Text)
			}
		}
	})
}
