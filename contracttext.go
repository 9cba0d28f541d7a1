package listentest

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/listentest/listentest/corpus"
)

// This file is the text form of contracts: a line "FIELD VALUE" a field, in
// the order of Contract's fields. What is missing or "not stated" is not
// stated.

var (
	admitNames    = []string{"later", "return", "unless-overlapped", "never"}
	creditNames   = []string{"return", "rest", "close"}
	countNames    = []string{"half-open", "completed", "aborted", "accepted"}
	orderNames    = []string{notStated, "fifo"}
	overflowNames = []string{"refuse", "reset", "would-block", "drop", "block", "end", "ghost"}
	closeNames    = []string{notStated, "ends", "moves"}
	anomalyNames  = []string{"phantom", "severs"}
)

const (
	notStated = "not stated"
	unlimited = math.MaxInt32
)

func (a Admit) String() string     { return admitNames[a] }
func (c Credit) String() string    { return creditNames[c] }
func (o Order) String() string     { return orderNames[o] }
func (c Close) String() string     { return closeNames[c] }
func (c Counts) String() string    { return setText(uint8(c), countNames, "none") }
func (o Overflow) String() string  { return setText(uint8(o), overflowNames, notStated) }
func (a Anomalies) String() string { return setText(uint8(a), anomalyNames, "none") }

// MarshalText makes the words stand in JSON.
func (a Admit) MarshalText() ([]byte, error)     { return []byte(a.String()), nil }
func (c Credit) MarshalText() ([]byte, error)    { return []byte(c.String()), nil }
func (o Order) MarshalText() ([]byte, error)     { return []byte(o.String()), nil }
func (o Overflow) MarshalText() ([]byte, error)  { return []byte(o.String()), nil }
func (c Close) MarshalText() ([]byte, error)     { return []byte(c.String()), nil }
func (c Counts) MarshalText() ([]byte, error)    { return []byte(c.String()), nil }
func (a Anomalies) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

func setText(set uint8, names []string, none string) string {
	var in []string
	for i, name := range names {
		if set&(1<<i) != 0 {
			in = append(in, name)
		}
	}
	if len(in) == 0 {
		return none
	}
	return strings.Join(in, "+")
}

// String returns the bound as a formula in L, the effective backlog.
func (b Bound) String() string {
	switch {
	case !b.Stated:
		return notStated
	case b.Mul == 0 && b.Plus == unlimited:
		return "unlimited"
	case b.Mul == 0:
		return fmt.Sprint(b.Plus)
	}
	s := "L"
	switch {
	case b.Div > 1:
		s = fmt.Sprintf("floor(%dL/%d)", b.Mul, b.Div)
	case b.Mul != 1:
		s = fmt.Sprintf("%dL", b.Mul)
	}
	if b.Plus != 0 {
		s += fmt.Sprintf("%+d", b.Plus)
	}
	return s
}

// String returns how L, the effective backlog, follows from listen's argument.
func (r Backlog) String() string {
	high := fmt.Sprintf("high=%d", r.High)
	if r.High == 0 {
		high = "high=none"
	}
	return fmt.Sprintf("zero=%d negative=%d low=%d %s", r.Zero, r.Negative, r.Low, high)
}

// A contractField is a line of the text form.
type contractField struct {
	name, doc string
	get       func(*Contract) any
	set       func(*Contract, *fields) error
}

// contractFields are the fields in their order.
var contractFields = []contractField{
	{"backlog", "how listen's argument b gives L, the effective backlog: for b = 0, for b < 0, at least, at most",
		func(c *Contract) any { return c.Backlog }, func(c *Contract, f *fields) (err error) { c.Backlog, err = f.backlog(); return err }},
	{"guaranteed", "a formula in L: a dial is never refused while fewer connections are held",
		func(c *Contract) any { return c.Guaranteed }, func(c *Contract, f *fields) (err error) { c.Guaranteed, err = f.bound(); return err }},
	{"max", "a formula in L: never more connections are held at rest",
		func(c *Contract) any { return c.Max }, func(c *Contract, f *fields) (err error) { c.Max, err = f.bound(); return err }},
	{"race", "how many more may be held because admissions raced",
		func(c *Contract) any { return c.Race }, func(c *Contract, f *fields) (err error) { c.Race, err = f.count("a number of connections"); return err }},
	{"admit", "when a dialed connection surely is in the accept queue: at the dial's return; so unless another dial, ack or listen overlapped it; at the next quiet rest; or never before it is accepted",
		func(c *Contract) any { return c.Admit }, func(c *Contract, f *fields) (err error) { c.Admit, err = oneOf[Admit](f, admitNames); return err }},
	{"credit", "when an accepted connection surely has given its place back: at accept's return, at the next quiet rest, or at its close",
		func(c *Contract) any { return c.Credit }, func(c *Contract, f *fields) (err error) { c.Credit, err = oneOf[Credit](f, creditNames); return err }},
	{"must", "which connections surely hold a place",
		func(c *Contract) any { return c.Must }, func(c *Contract, f *fields) (err error) {
			c.Must, err = someOf[Counts](f, countNames, "none")
			return err
		}},
	{"may", "which connections possibly hold a place",
		func(c *Contract) any { return c.May }, func(c *Contract, f *fields) (err error) {
			c.May, err = someOf[Counts](f, countNames, "none")
			return err
		}},
	{"order", "in which order connections are accepted",
		func(c *Contract) any { return c.Order }, func(c *Contract, f *fields) (err error) { c.Order, err = oneOf[Order](f, orderNames); return err }},
	{"overflow", "what a dial at a full queue may look like",
		func(c *Contract) any { return c.Overflow }, func(c *Contract, f *fields) (err error) {
			c.Overflow, err = someOf[Overflow](f, overflowNames, notStated)
			return err
		}},
	{"retry", "milliseconds within which a dropped dial is tried again; 0 is not stated",
		func(c *Contract) any { return c.Retry }, func(c *Contract, f *fields) (err error) { c.Retry, err = f.count("milliseconds"); return err }},
	{"close", "what close does to pending connections",
		func(c *Contract) any { return c.Close }, func(c *Contract, f *fields) (err error) { c.Close, err = oneOf[Close](f, closeNames); return err }},
	{"anomalies", "what is declared, and so is no news",
		func(c *Contract) any { return c.Anomalies }, func(c *Contract, f *fields) (err error) {
			c.Anomalies, err = someOf[Anomalies](f, anomalyNames, "none")
			return err
		}},
}

// String returns the text form.
func (c Contract) String() string {
	var b []byte
	for _, f := range contractFields {
		b = fmt.Appendf(b, "%-10s %v\n", f.name, f.get(&c))
	}
	return string(b)
}

// ContractFields returns the name of each field of the text form, and a
// sentence that says what it means.
func ContractFields() (docs [][2]string) {
	for _, f := range contractFields {
		docs = append(docs, [2]string{f.name, f.doc})
	}
	return docs
}

// ParseContract reads a contract file: a header as in the corpus ("format: 1"
// and other keys, which are returned), an empty line, and the text form. The
// error is a [*SyntaxError].
func ParseContract(file, text string) (Contract, []corpus.Key, error) {
	keys, body, line, err := corpus.ParseHeader(file, text)
	if err != nil {
		return Contract{}, nil, err
	}
	var c Contract
	seen := map[string]bool{}
	for raw := range strings.Lines(body) {
		f := fields{line: line, file: file, text: strings.TrimRight(raw, "\r\n")}
		f.text, _, _ = strings.Cut(f.text, "#")
		line++
		if f.atEnd() {
			continue
		}
		if err := c.parseLine(&f, seen); err != nil {
			return Contract{}, nil, err
		}
	}
	if len(seen) == 0 {
		f := fields{line: line, file: file}
		return Contract{}, nil, f.errorf("a field of a contract", "the end of the text")
	}
	return c, keys, nil
}

func (c *Contract) parseLine(f *fields, seen map[string]bool) error {
	var names []string
	f.next()
	for _, field := range contractFields {
		if names = append(names, field.name); field.name != f.word {
			continue
		}
		if seen[f.word] {
			return f.errorf("each field once", quote(f.word)+" again")
		}
		seen[f.word] = true
		return firstError(field.set(c, f), f.end())
	}
	return f.errorf("one of "+strings.Join(names, ", "), quote(f.word))
}

// value takes the next word, or the two words "not stated".
func (f *fields) value() string {
	if f.next() == "not" && f.peek() == "stated" {
		col := f.col
		f.next()
		f.word, f.col = notStated, col
	}
	return f.word
}

func oneOf[T ~uint8](f *fields, names []string) (T, error) {
	i := indexOf(names, f.value())
	if i == len(names) {
		return 0, f.errorf("one of "+strings.Join(names, ", "), quote(f.word))
	}
	return T(i), nil
}

func someOf[T ~uint8](f *fields, names []string, none string) (set T, err error) {
	if f.value() == none {
		return 0, nil
	}
	for word := range strings.SplitSeq(f.word, "+") {
		i := indexOf(names, word)
		if i == len(names) {
			return 0, f.errorf(none+", or some of "+strings.Join(names, ", ")+", joined by +", quote(f.word))
		}
		set |= 1 << i
	}
	return set, nil
}

var boundForm = regexp.MustCompile(`^(?:(\d*)L|floor\((\d+)L/(\d+)\))?([+-]?\d+)?$`)

func (f *fields) bound() (Bound, error) {
	switch f.value() {
	case notStated:
		return Bound{}, nil
	case "unlimited":
		return Bound{Stated: true, Div: 1, Plus: unlimited}, nil
	}
	b := Bound{Stated: true, Div: 1}
	m := boundForm.FindStringSubmatch(f.word)
	ok := m != nil && f.word != ""
	number := func(s string, n *int32) {
		if s == "" {
			return
		}
		v, err := strconv.ParseInt(s, 10, 32)
		*n, ok = int32(v), ok && err == nil
	}
	if ok {
		if strings.Contains(f.word, "L") {
			b.Mul = 1
		} else if m[4] != "" && m[4][0] == '+' {
			ok = false
		}
		number(m[1], &b.Mul)
		number(m[2], &b.Mul)
		number(m[3], &b.Div)
		number(m[4], &b.Plus)
		ok = ok && b.Div >= 1 && (b.Mul >= 1 || !strings.Contains(f.word, "L"))
	}
	if !ok {
		return Bound{}, f.errorf("not stated, unlimited, or a formula such as 5, L, L+1, 2L-1, floor(3L/2)+1", quote(f.word))
	}
	return b, nil
}

func (f *fields) backlog() (r Backlog, err error) {
	for _, p := range []struct {
		name string
		n    *int32
	}{{"zero", &r.Zero}, {"negative", &r.Negative}, {"low", &r.Low}, {"high", &r.High}} {
		value, ok := strings.CutPrefix(f.next(), p.name+"=")
		n, err := strconv.ParseInt(value, 10, 32)
		if none := p.name == "high" && value == "none"; !ok || err != nil && !none {
			return r, f.errorf("zero=N negative=N low=N high=N (or high=none)", quote(f.word))
		}
		*p.n = int32(n)
	}
	return r, nil
}
