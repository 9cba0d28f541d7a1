package listentest

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// String returns the text form of h: a line "backlog B", then a line an
// event:
//
//	call OP STEP [conn ID]
//	return OP OUTCOME [conn ID|nobody] [n N]
//	skip STEP
//	hold ACTOR POINT
//	named OP conn ID
//	end conn ID OUTCOME
//	gauge ACTOR N
//	clock N
//	rest quiet|calm
//	left FUNCTION
//	died panic|timeout FUNCTION
func (h History) String() string {
	b := fmt.Appendf(nil, "backlog %d\n", h.Backlog)
	for _, e := range h.Events {
		b = append(e.append(b), '\n')
	}
	return string(b)
}

// String returns e's line of the text form.
func (e Event) String() string { return string(e.append(nil)) }

// AppendText appends e's line of the text form, and has no error to return.
func (e Event) AppendText(b []byte) ([]byte, error) { return e.append(b), nil }

// append is without package fmt: it runs on the stack of each operation, which
// would have to grow for that.
func (e *Event) append(b []byte) []byte {
	b = append(b, verbNames[e.Verb]...)
	switch e.Verb {
	case Call:
		b = e.Step.append(append(appendNumber(b, e.Op), ' '))
	case Return:
		b = appendWord(appendNumber(b, e.Op), e.Outcome.String())
	case Skipped:
		b = e.Step.append(append(b, ' '))
	case Hold:
		b = appendWord(e.Step.Actor.append(append(b, ' ')), e.Point)
	case Named:
		b = appendNumber(b, e.Op)
	case Gauge:
		b = appendNumber(e.Step.Actor.append(append(b, ' ')), e.N)
	case Clock:
		b = appendNumber(b, e.N)
	case Rested:
		b = appendWord(b, Rest(e.N).String())
	case Left:
		b = appendWord(b, e.Point)
	case Died:
		b = appendWord(appendWord(b, e.Outcome.String()), e.Point)
	}
	switch {
	case e.Conn == Nobody:
		b = append(b, " conn nobody"...)
	case e.Conn != 0:
		b = appendNumber(append(b, " conn"...), e.Conn)
	}
	if e.Verb == End {
		b = appendWord(b, e.Outcome.String())
	}
	if e.Verb == Return && e.N != 0 {
		b = appendNumber(append(b, " n"...), e.N)
	}
	return b
}

// appendWord appends a blank and a word.
func appendWord(b []byte, word string) []byte { return append(append(b, ' '), word...) }

// appendNumber appends a blank and a number.
func appendNumber[N int16 | int32](b []byte, n N) []byte {
	return strconv.AppendInt(append(b, ' '), int64(n), 10)
}

// ParseHistory reads the text form. Operations must be called in the order
// 1, 2, 3 …, and return once, after their call. The error is a
// [*SyntaxError].
func ParseHistory(text string) (History, error) {
	p := historyParser{}
	line, headed := 0, false
	for raw := range strings.Lines(text) {
		line++
		f := fields{line: line, text: strings.TrimRight(raw, "\r\n")}
		f.text, _, _ = strings.Cut(f.text, "#")
		if f.atEnd() {
			continue
		}
		var err error
		if headed {
			err = p.event(&f)
		} else {
			headed = true
			err = p.head(&f)
		}
		if err := firstError(err, f.end()); err != nil {
			return History{}, err
		}
	}
	if !headed {
		f := fields{line: line + 1}
		return History{}, f.errorf("\"backlog B\"", "the end of the text")
	}
	return p.h, nil
}

type historyParser struct {
	h        History
	returned []bool // by Op.ID - 1
}

func (p *historyParser) head(f *fields) error {
	if f.next() != "backlog" {
		return f.errorf("\"backlog B\"", quote(f.word))
	}
	b, err := f.number("a backlog", math.MinInt32, math.MaxInt32)
	p.h.Backlog = int32(b)
	return err
}

func (p *historyParser) event(f *fields) (err error) {
	e := Event{Verb: Verb(indexOf(verbNames[:], f.next()))}
	switch e.Verb {
	case Call:
		err = p.call(f, &e)
	case Return:
		err = p.ret(f, &e)
	case Skipped:
		e.Step, err = f.step(f.next())
		e.Step = e.Step.Norm()
	case Hold:
		if e.Step.Actor, err = f.actor(); err == nil {
			e.Point, err = f.name("the name of a point")
		}
	case Left:
		e.Point, err = f.name("the name of a function")
	case Died:
		if e.Outcome, err = f.outcome(); err == nil {
			e.Point, err = f.name("the name of a function")
		}
	case Named:
		if e.Op, err = p.op(f); err == nil {
			e.Conn, err = p.conn(f)
		}
	case End:
		if e.Conn, err = p.conn(f); err == nil {
			e.Outcome, err = f.outcome()
		}
	case Gauge:
		if e.Step.Actor, err = f.actor(); err == nil {
			e.N, err = f.count("a queue length")
		}
	case Clock:
		e.N, err = f.count("milliseconds")
	case Rested:
		r := indexOf(restNames[:], f.next())
		if e.N = int32(r); r == len(restNames) {
			err = f.errorf("quiet or calm", quote(f.word))
		}
	default:
		return f.errorf("one of "+strings.Join(verbNames[:], ", "), quote(f.word))
	}
	p.h.Events = append(p.h.Events, e)
	return err
}

func (p *historyParser) call(f *fields, e *Event) error {
	op, err := f.number("the number of an operation", 1, math.MaxInt32)
	if err != nil {
		return err
	}
	if want := int64(len(p.returned) + 1); op != want {
		return f.errorf(fmt.Sprintf("operation %d, as calls count from 1", want), quote(f.word))
	}
	e.Op = int32(op)
	if e.Step, err = f.step(f.next()); err != nil {
		return err
	}
	e.Step = e.Step.Norm()
	if f.peek() == "conn" {
		if e.Conn, err = p.conn(f); err != nil {
			return err
		}
	}
	p.returned = append(p.returned, false)
	return nil
}

func (p *historyParser) ret(f *fields, e *Event) (err error) {
	if e.Op, err = p.op(f); err != nil {
		return err
	}
	if p.returned[e.Op-1] {
		return f.errorf("an operation that is still open", quote(f.word))
	}
	p.returned[e.Op-1] = true
	if e.Outcome, err = f.outcome(); err != nil {
		return err
	}
	if f.peek() == "conn" {
		if e.Conn, err = p.conn(f); err != nil {
			return err
		}
	}
	if f.peek() == "n" {
		f.next()
		e.N, err = f.count("a count")
	}
	return err
}

func (p *historyParser) op(f *fields) (int32, error) {
	op, err := f.number("the number of an operation", 1, math.MaxInt32)
	if err == nil && op > int64(len(p.returned)) {
		return 0, f.errorf("an operation that was called", quote(f.word))
	}
	return int32(op), err
}

func (p *historyParser) conn(f *fields) (int32, error) {
	if f.next() != "conn" {
		return 0, f.errorf("\"conn ID\"", quote(f.word))
	}
	if f.peek() == "nobody" {
		f.next()
		return Nobody, nil
	}
	return p.op(f)
}

func (f *fields) actor() (Actor, error) {
	a, ok := parseActor(f.next())
	if !ok {
		return 0, f.errorf("an actor such as c0, s0, l0 or b0", quote(f.word))
	}
	return a, nil
}

func (f *fields) name(what string) (string, error) {
	if f.next() == "" {
		return "", f.errorf(what, quote(""))
	}
	return f.word, nil
}

func (f *fields) outcome() (Outcome, error) {
	o := indexOf(outcomeNames[:], f.next())
	if o == len(outcomeNames) {
		return 0, f.errorf("one of "+strings.Join(outcomeNames[:], ", "), quote(f.word))
	}
	return Outcome(o), nil
}

func (f *fields) count(what string) (int32, error) {
	n, err := f.number(what, 0, math.MaxInt32)
	return int32(n), err
}

// indexOf returns the index of word in words, or len(words).
func indexOf(words []string, word string) int {
	for i, w := range words {
		if w == word {
			return i
		}
	}
	return len(words)
}
