package listentest

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// TestHistoryJSON: the two forms say the same.
func TestHistoryJSON(t *testing.T) {
	lines := `{"backlog":-1}
{"verb":"call","op":1,"step":"dial c0"}
{"verb":"hold","actor":"b3","point":"abort|release"}
{"verb":"return","op":1,"outcome":"ok","conn":1}
{"verb":"call","op":2,"step":"accept s0 \u0026"}
{"verb":"skip","step":"fill c1 -1"}
{"verb":"gauge","actor":"l0","n":2}
{"verb":"return","op":2,"outcome":"ok"}
{"verb":"named","op":2,"conn":1}
{"verb":"call","op":3,"step":"abort s0","conn":2}
{"verb":"return","op":3,"outcome":"ok"}
{"verb":"call","op":4,"step":"recv c0","conn":1}
{"verb":"return","op":4,"outcome":"corrupt","n":17}
{"verb":"clock","n":1000}
{"verb":"end","conn":1,"outcome":"reset"}
{"verb":"call","op":5,"step":"accept s1"}
{"verb":"return","op":5,"outcome":"ok","conn":"nobody"}
{"verb":"rest","rest":"quiet"}
{"verb":"rest","rest":"calm"}
{"verb":"left","point":"pkg.(*listener).Accept"}
`
	h, err := ParseHistoryJSON(lines)
	if err != nil {
		t.Fatal(err)
	}
	if got := h.JSONLines(); got != lines {
		t.Errorf("got\n%swant\n%s", got, lines)
	}
	loose := "\n" + strings.ReplaceAll(strings.ReplaceAll(lines, "{", " {\t "), ":", " : ") + "\r\n\n"
	if got, err := ParseHistoryJSON(loose); err != nil || !reflect.DeepEqual(got, h) {
		t.Errorf("with blanks: %v\n%v", err, got)
	}
	if got, err := ParseHistoryJSON(`{"backlog":1}` + "\n" + `{"outcome":"ok","conn":1,"n":0,"op":1,"verb":"return"}`); err == nil {
		t.Errorf("a return without a call: %v", got)
	}
	rng := rand.New(rand.NewPCG(33, 1))
	for range 5000 {
		h := randomHistory(rng, 3)
		text, err := ParseHistory(h.String())
		fromJSON, err2 := ParseHistoryJSON(text.JSONLines())
		if err != nil || err2 != nil || !reflect.DeepEqual(fromJSON, h) || fromJSON.String() != h.String() {
			t.Fatalf("got\n%v%v, want\n%v", fromJSON, err2, h)
		}
	}
}

func TestParseHistoryJSONErrors(t *testing.T) {
	const head = `{"backlog":1}` + "\n"
	const dial = head + `{"verb":"call","op":1,"step":"dial c0"}` + "\n"
	for text, want := range map[string]string{
		"":                      `line 1, column 1: expected {"backlog":B}, found the end of the text`,
		"\n\n":                  `line 3, column 1: expected {"backlog":B}, found the end of the text`,
		"backlog 1":             `line 1, column 1: expected a JSON object, found "backlog 1"`,
		"[1]":                   `line 1, column 1: expected a JSON object`,
		`{"verb":"rest"}`:       `line 1, column 15: expected the key "backlog", found the end of the object`,
		`{"backlog":1.5}`:       `line 1, column 12: expected a backlog from -2147483648 to 2147483647, found "1.5"`,
		`{"backlog":"1"}`:       `line 1, column 12: expected a number as backlog, found "1"`,
		`{"backlog":1,"n":2}`:   `line 1, column 18: expected no key but backlog, found "n"`,
		`{"backlog":1`:          `expected the end of the object, found the end of the line`,
		head + `{"verb":"call"`: `line 2, column 15: expected the end of the object, found the end of the line`,
		head + `{"verb":"call","op":1,"step":"dial c`:                `line 2, column 30: expected a value of "step"`,
		head + `{"verb":"call","op":1,"st`:                           `line 2, column 23: expected a key of a JSON object`,
		head + `{"op":1}`:                                            `line 2, column 8: expected the key "verb"`,
		head + `{"verb":"calls"}`:                                    `line 2, column 9: expected one of call, return, skip`,
		head + `{"verb":"call","op":1}`:                              `line 2, column 22: expected the key "step"`,
		head + `{"verb":"call","op":2,"step":"dial c0"}`:             `line 2, column 21: expected operation 1, as calls count from 1, found "2"`,
		head + `{"verb":"call","op":1,"step":"dial s0"}`:             `line 2, column 30: expected client c0-c63 for dial, found "s0"`,
		head + `{"verb":"call","op":1,"step":"dial"}`:                `line 2, column 30: expected client c0-c63 for dial, found the end of the line`,
		head + `{"verb":"call","op":1,"step":"dial c0 conn 1"}`:      `line 2, column 30: expected a step, without what it addresses`,
		head + `{"verb":"call","op":1,"step":"dial c0","op":1}`:      `line 2, column 45: expected each key once, found "op" again`,
		head + `{"verb":"call","op":1,"step":["dial","c0"]}`:         `line 2, column 30: expected a step, without what it addresses, found [`,
		head + `{"verb":"call","op":1,"step":"dial c0","who":"c0"}`:  `line 2, column 46: expected no key but verb, op, step, conn, found "who"`,
		head + `{"verb":"return","op":1,"outcome":"ok"}`:             `line 2, column 23: expected an operation that was called, found "1"`,
		dial + `{"verb":"return","op":1,"outcome":"fine"}`:           `line 3, column 35: expected one of ok, refused`,
		dial + `{"verb":"return","op":1,"outcome":"ok","conn":0}`:    `line 3, column 47: expected the number of an operation from 1`,
		dial + `{"verb":"return","op":1,"outcome":"ok conn 1"}`:      `line 3, column 35: expected a string of one word as "outcome", found "ok conn 1"`,
		dial + `{"verb":"return","op":1,"outcome":"ok","conn":null}`: `expected a number or "nobody" as conn, found null`,
		head + `{"verb":"rest","rest":"well"}`:                       `line 2, column 23: expected quiet or calm, found "well"`,
		head + `{"verb":"rest","rest":"quiet"} {}`:                   `expected the end of the line, found more`,
		head + `{"verb":"hold","actor":"s0","point":"a # b"}`:        `expected a string of one word as "point"`,
	} {
		_, err := ParseHistoryJSON(text)
		if syntax := (*SyntaxError)(nil); !errors.As(err, &syntax) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

// TestTruncatedHistories: whatever is cut off, the error names the last line
// or there is none, in both forms.
func TestTruncatedHistories(t *testing.T) {
	h := randomHistory(rand.New(rand.NewPCG(34, 2)), 3)
	for _, form := range []struct {
		text  string
		parse func(string) (History, error)
	}{{h.String(), ParseHistory}, {h.JSONLines(), ParseHistoryJSON}} {
		for n := range len(form.text) {
			_, err := form.parse(form.text[:n])
			if syntax := (*SyntaxError)(nil); err != nil && (!errors.As(err, &syntax) || syntax.Line != 1+strings.Count(form.text[:n], "\n")) {
				t.Fatalf("%v\n%s", err, form.text[:n])
			}
		}
	}
}
