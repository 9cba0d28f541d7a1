package listentest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// This file is the second form of histories: JSON, an object a line, for
// programs that write one. An object says what a line of the text form says,
// and is read by turning it into that line, so that the rules are the same.

// A jsonKey is a key of an event's object, in the order of the text form.
type jsonKey struct {
	name     string
	before   string // the words before the value in the text form
	optional bool
}

var (
	jsonConn = jsonKey{"conn", "conn ", false}
	jsonMade = jsonKey{"conn", "conn ", true}
	jsonHead = []jsonKey{{"backlog", "backlog ", false}}
)

var jsonKeys = [...][]jsonKey{
	Call:    {{name: "op"}, {name: "step"}, jsonMade},
	Return:  {{name: "op"}, {name: "outcome"}, jsonMade, {"n", "n ", true}},
	Skipped: {{name: "step"}},
	Hold:    {{name: "actor"}, {name: "point"}},
	Named:   {{name: "op"}, jsonConn},
	End:     {jsonConn, {name: "outcome"}},
	Gauge:   {{name: "actor"}, {name: "n"}},
	Clock:   {{name: "n"}},
	Rested:  {{name: "rest"}},
	Left:    {{name: "point"}},
	Died:    {{name: "outcome"}, {name: "point"}},
}

// JSONLines returns h as JSON lines: {"backlog":B}, then an object an event,
// with the verb and what the text form says of it:
//
//	{"verb":"call","op":OP,"step":"STEP","conn":ID}
//	{"verb":"return","op":OP,"outcome":"OUTCOME","conn":ID,"n":N}
//	{"verb":"skip","step":"STEP"}
//	{"verb":"hold","actor":"ACTOR","point":"POINT"}
//	{"verb":"named","op":OP,"conn":ID}
//	{"verb":"end","conn":ID,"outcome":"OUTCOME"}
//	{"verb":"gauge","actor":"ACTOR","n":N}
//	{"verb":"clock","n":N}
//	{"verb":"rest","rest":"quiet"}
//	{"verb":"left","point":"FUNCTION"}
//	{"verb":"died","outcome":"panic","point":"FUNCTION"}
//
// A call and a return may be without conn, a return without n, and the conn
// that nobody dialed is "nobody".
func (h History) JSONLines() string {
	b := fmt.Appendf(nil, "{\"backlog\":%d}\n", h.Backlog)
	for i := range h.Events {
		e := &h.Events[i]
		b = fmt.Appendf(b, "{\"verb\":%q", verbNames[e.Verb])
		for _, k := range jsonKeys[e.Verb] {
			if value := e.jsonValue(k.name); !k.optional || value != "0" {
				b = fmt.Appendf(b, ",%q:%s", k.name, value)
			}
		}
		b = append(b, "}\n"...)
	}
	return string(b)
}

// jsonValue returns the value of a key.
func (e *Event) jsonValue(key string) string {
	text := ""
	switch key {
	case "op":
		return strconv.Itoa(int(e.Op))
	case "n":
		return strconv.Itoa(int(e.N))
	case "conn":
		if e.Conn != Nobody {
			return strconv.Itoa(int(e.Conn))
		}
		text = "nobody"
	case "step":
		text = e.Step.String()
	case "outcome":
		text = e.Outcome.String()
	case "actor":
		text = e.Step.Actor.String()
	case "point":
		text = e.Point
	case "rest":
		text = Rest(e.N).String()
	}
	b, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string always has a JSON form
	}
	return string(b)
}

// ParseHistoryJSON reads what [History.JSONLines] writes, in which empty lines
// do no harm. The rules are those of [ParseHistory]; what is no key of an
// object is an error. The error is a [*SyntaxError].
func ParseHistoryJSON(text string) (History, error) {
	p := historyParser{}
	line, headed := 0, false
	for raw := range strings.Lines(text) {
		line++
		o := jsonObject{line: line, text: strings.TrimRight(raw, "\r\n")}
		if strings.TrimSpace(o.text) == "" {
			continue
		}
		read := p.event
		if !headed {
			read = p.head
		}
		if err := o.read(headed, read); err != nil {
			return History{}, err
		}
		headed = true
	}
	if !headed {
		o := jsonObject{line: line + 1}
		return History{}, o.errorf(0, "{\"backlog\":B}", "the end of the text")
	}
	return p.h, nil
}

// A jsonObject is a line.
type jsonObject struct {
	line   int
	text   string
	values []jsonValue
	end    int // column less one of the closing brace
}

type jsonValue struct {
	key, text string
	col       int // of the value, less one
	at        int // where it stands in the line of the text form
}

func (o *jsonObject) errorf(col int, want, got string) error {
	return &SyntaxError{Line: o.line, Col: col + 1, Want: want, Got: got}
}

// read gives the object to a reader of the text form.
func (o *jsonObject) read(headed bool, read func(*fields) error) error {
	if err := o.scan(); err != nil {
		return err
	}
	keys, words := jsonHead, ""
	if headed {
		verb := o.value("verb")
		if verb == nil {
			return o.errorf(o.end, "the key \"verb\"", "the end of the object")
		}
		v := indexOf(verbNames[:], verb.text)
		if v == len(verbNames) {
			return o.errorf(verb.col, "one of "+strings.Join(verbNames[:], ", "), quote(verb.text))
		}
		keys, words = jsonKeys[v], verb.text+" "
	}
	for _, k := range keys {
		value := o.value(k.name)
		if value == nil && !k.optional {
			return o.errorf(o.end, fmt.Sprintf("the key %q", k.name), "the end of the object")
		}
		if value != nil {
			value.at = len(words) + len(k.before)
			words += k.before + value.text + " "
		}
	}
	for _, v := range o.values {
		if !slices.ContainsFunc(keys, func(k jsonKey) bool { return k.name == v.key }) && (v.key != "verb" || !headed) {
			return o.errorf(v.col, "no key but "+keyNames(keys, headed), quote(v.key))
		}
	}
	f := fields{line: o.line, text: strings.TrimRight(words, " ")}
	err := firstError(read(&f), f.end())
	if syntax := (*SyntaxError)(nil); errors.As(err, &syntax) {
		syntax.Col = o.column(syntax.Col-1) + 1
	}
	return err
}

func keyNames(keys []jsonKey, headed bool) string {
	var names []string
	if headed {
		names = append(names, "verb")
	}
	for _, k := range keys {
		names = append(names, k.name)
	}
	return strings.Join(names, ", ")
}

func (o *jsonObject) value(key string) *jsonValue {
	if i := slices.IndexFunc(o.values, func(v jsonValue) bool { return v.key == key }); i >= 0 {
		return &o.values[i]
	}
	return nil
}

// column returns where in the object that is said which stands at a place of
// the text form.
func (o *jsonObject) column(at int) int {
	col, nearest := o.end, -1
	for _, v := range o.values {
		if v.at <= at && v.at > nearest && at <= v.at+len(v.text) {
			col, nearest = v.col, v.at
		}
	}
	return col
}

// scan reads the keys and values. A value is a string or a number.
func (o *jsonObject) scan() error {
	dec := json.NewDecoder(strings.NewReader(o.text))
	dec.UseNumber()
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return o.errorf(0, "a JSON object", o.found(dec))
	}
	for dec.More() {
		t, err := dec.Token()
		key, ok := t.(string)
		if err != nil || !ok {
			return o.errorf(o.place(dec), "a key of a JSON object", o.found(dec))
		}
		col := o.place(dec)
		col += len(o.text[col:]) - len(strings.TrimLeft(o.text[col:], " \t:"))
		if t, err = dec.Token(); err != nil {
			return o.errorf(col, fmt.Sprintf("a value of %q", key), o.found(dec))
		}
		if o.value(key) != nil {
			return o.errorf(col, "each key once", quote(key)+" again")
		}
		value, ok := jsonWord(key, t)
		if !ok {
			return o.errorf(col, jsonWants(key), o.text[col:o.place(dec)])
		}
		o.values = append(o.values, jsonValue{key: key, text: value, col: col, at: -1})
	}
	o.end = int(dec.InputOffset())
	if _, err := dec.Token(); err != nil {
		return o.errorf(o.place(dec), "the end of the object", o.found(dec))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return o.errorf(o.end+1, "the end of the line", "more")
	}
	return nil
}

// jsonWord returns the words of the text form that a value stands for; ok is
// false if it stands for none.
func jsonWord(key string, value json.Token) (text string, ok bool) {
	if n, ok := value.(json.Number); ok {
		return n.String(), jsonNumeric(key)
	}
	text, ok = value.(string)
	switch {
	case !ok || text == "" || strings.ContainsAny(text, "\n\r#"):
		return "", false
	case key == "step":
		return text, !slices.Contains(strings.Fields(text), "conn") // that is a key of its own
	case jsonNumeric(key):
		return text, key == "conn" && text == "nobody"
	}
	return text, !strings.ContainsAny(text, " \t")
}

func jsonNumeric(key string) bool {
	return slices.Contains([]string{"backlog", "op", "conn", "n"}, key)
}

// jsonWants says what the value of a key is.
func jsonWants(key string) string {
	switch {
	case key == "conn":
		return "a number or \"nobody\" as conn"
	case key == "step":
		return "a step, without what it addresses"
	case jsonNumeric(key):
		return "a number as " + key
	}
	return fmt.Sprintf("a string of one word as %q", key)
}

// place returns where the decoder stands.
func (o *jsonObject) place(dec *json.Decoder) int { return min(int(dec.InputOffset()), len(o.text)) }

// found says what stands in the place of what was expected.
func (o *jsonObject) found(dec *json.Decoder) string {
	const most = 24
	rest := []rune(strings.TrimSpace(o.text[o.place(dec):]))
	if len(rest) > most {
		rest = append(rest[:most:most], '…')
	}
	return quote(string(rest))
}
