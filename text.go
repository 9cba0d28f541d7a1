package listentest

import (
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/listentest/listentest/corpus"
)

// A SyntaxError says where a text is not what it should be.
type SyntaxError = corpus.SyntaxError

// String returns the text form of s.Norm(): a line "backlog B", a line a
// step, and a line "choices HEX" if there are any.
func (s Schedule) String() string {
	n := s.Norm()
	b := fmt.Appendf(nil, "backlog %d\n", n.Backlog)
	for _, t := range n.Steps {
		b = append(append(b, t.String()...), '\n')
	}
	if len(n.Choices) > 0 {
		b = fmt.Appendf(b, "choices %x\n", n.Choices)
	}
	return string(b)
}

// String returns the text form of t.Norm(), such as "preempt s0 at exit".
func (t Step) String() string { return string(t.append(nil)) }

func (t Step) append(b []byte) []byte {
	t = t.Norm()
	k := &kinds[t.Kind]
	b = append(b, k.name...)
	if k.roles != "" {
		b = t.Actor.append(append(b, ' '))
	}
	switch {
	case t.Kind == Preempt && t.N == 0:
		b = append(b, " at exit"...)
	case t.Kind == Preempt:
		b = appendNumber(append(b, " at"...), t.N)
	case t.N != k.none || t.Kind == Listen:
		b = appendNumber(b, t.N)
	}
	if t.Along {
		b = append(b, " &"...)
	}
	return b
}

// Parse reads the text form: what String writes, with empty lines and
// comments from # to the end of a line. The error is a [*SyntaxError].
func Parse(text string) (Schedule, error) { return parse(text, "", 1) }

// parse is Parse for a text that begins at a line of a file.
func parse(text, file string, line int) (Schedule, error) {
	var s Schedule
	headed := false
	for raw := range strings.Lines(text) {
		f := fields{line: line, file: file, text: strings.TrimRight(raw, "\r\n")}
		f.text, _, _ = strings.Cut(f.text, "#")
		line++
		if f.atEnd() {
			continue
		}
		if err := s.parseLine(&f, &headed); err != nil {
			return Schedule{}, err
		}
	}
	if !headed {
		f := fields{line: line, file: file}
		return Schedule{}, f.errorf("a line \"backlog B\"", "the end of the text")
	}
	return s.Norm(), nil
}

func (s *Schedule) parseLine(f *fields, headed *bool) error {
	word := f.next()
	switch {
	case !*headed && word == "backlog":
		b, err := f.number("a backlog", math.MinInt32, math.MaxInt32)
		s.Backlog, *headed = int32(b), true
		return firstError(err, f.end())
	case !*headed:
		return f.errorf("\"backlog B\" before the first step", quote(word))
	case s.Choices != nil:
		return f.errorf("nothing after the choices", quote(word))
	case word == "choices":
		c, err := hex.DecodeString(f.next())
		if err != nil || len(c) == 0 || len(c) > MaxChoices {
			return f.errorf(fmt.Sprintf("1 to %d choices, two hexadecimal digits each", MaxChoices), quote(f.word))
		}
		s.Choices = c
		return f.end()
	case len(s.Steps) == MaxSteps:
		return f.errorf(fmt.Sprintf("at most %d steps", MaxSteps), "one more")
	}
	t, err := f.step(word)
	s.Steps = append(s.Steps, t)
	return firstError(err, f.end())
}

// step reads a step whose kind is word.
func (f *fields) step(word string) (t Step, err error) {
	var ok bool
	if t.Kind, ok = parseKind(word); !ok {
		return t, f.errorf("a kind of step (format 1 knows "+kindNames()+")", quote(word))
	}
	k := &kinds[t.Kind]
	if k.roles != "" {
		a, ok := parseActor(f.next())
		if !ok || a.as(k.roles) != a {
			return t, f.errorf(rolesText(k.roles)+" for "+k.name, quote(f.word))
		}
		t.Actor = a
	}
	if t.Kind == Preempt {
		if f.next() != "at" {
			return t, f.errorf("\"at exit\" or \"at K\"", quote(f.word))
		}
		if f.peek() == "exit" {
			f.next()
			return t, nil
		}
	}
	if must := t.Kind == Preempt || t.Kind == Listen; must || !f.numberless() {
		low, high := int64(k.least), int64(k.most)
		if !must {
			low, high = min(low, int64(k.none)), max(high, int64(k.none))
			if t.Kind == Dial || t.Kind == Accept || t.Kind == Hangup || t.Kind == Abort {
				low = 1
			}
		}
		if high == 0 {
			return t, f.errorf("no number after "+k.name, quote(f.next()))
		}
		n, err := f.number("a number", low, high)
		if err != nil {
			return t, err
		}
		t.N = int16(n)
	}
	if f.peek() == "&" && !k.instant {
		f.next()
		t.Along = true
	}
	return t, nil
}

// numberless reports whether a step ends here, or goes on without a number: a
// history may name a connection behind it.
func (f *fields) numberless() bool {
	word := f.peek()
	return word == "" || word == "&" || word == "conn"
}

// rolesText names the actors that have one of the roles.
func rolesText(roles string) string {
	var names []string
	for i := range len(roles) {
		s := roleSpan[roleOf(roles[i])]
		names = append(names, fmt.Sprintf("%s %c0-%c%d", s.noun, s.letter, s.letter, s.size-1))
	}
	return strings.Join(names, " or ")
}

func kindNames() string {
	var names []string
	for i := range kinds {
		names = append(names, kinds[i].name)
	}
	return strings.Join(names, ", ")
}

// fields cuts a line into words and remembers where the last one stood.
type fields struct {
	file string
	line int
	text string
	word string // the word that next returned last, and
	col  int    // its column less one
	pos  int
}

func (f *fields) next() string {
	for f.pos < len(f.text) && isBlank(f.text[f.pos]) {
		f.pos++
	}
	f.col = f.pos
	for f.pos < len(f.text) && !isBlank(f.text[f.pos]) {
		f.pos++
	}
	f.word = f.text[f.col:f.pos]
	return f.word
}

func (f *fields) peek() string {
	g := *f
	return g.next()
}

func (f *fields) atEnd() bool { return f.peek() == "" }

// end returns an error unless nothing is left on the line.
func (f *fields) end() error {
	if f.next() == "" {
		return nil
	}
	return f.errorf("the end of the line", quote(f.word))
}

func (f *fields) number(what string, low, high int64) (int64, error) {
	n, err := strconv.ParseInt(f.next(), 10, 64)
	if err != nil || n < low || n > high {
		return 0, f.errorf(fmt.Sprintf("%s from %d to %d", what, low, high), quote(f.word))
	}
	return n, nil
}

func (f *fields) errorf(want, got string) error {
	return &SyntaxError{File: f.file, Line: f.line, Col: f.col + 1, Want: want, Got: got}
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// mostQuoted is how much of a wrong word an error repeats, in bytes.
const mostQuoted = 60

func quote(word string) string {
	if word == "" {
		return "the end of the line"
	}
	if len(word) > mostQuoted {
		return strconv.Quote(word[:mostQuoted]) + " and more"
	}
	return strconv.Quote(word)
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
