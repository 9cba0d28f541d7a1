// Package corpus holds the regression corpus: schedules that showed a defect,
// or that pin down what an implementation does. An entry is a text file
// PROMISE/NAME.sched: a header of "key: value" lines, an empty line, and a
// schedule. The package reads the header; what the schedule means is the
// business of package listentest.
//
// The keys are
//
//	format          1
//	invariant       the promise that it is about, or "outcome"
//	fails           targets on which that promise breaks, separated by blanks
//	sometimes       releases on which it breaks by chance, which no replay can ask for
//	expect TARGET   one outcome word an operation, in the order of their calls,
//	                "open" for one that never returns
//	source          where the defect is described
//	why             what goes wrong, in a sentence
//	issue           the issue that it was filed as
//	test            the test that found it under schedule control
//	point ACTOR     under schedule control, the number and the name of the point
//	                at which the next "preempt ACTOR at K" has held its actor
//
// and others, which are kept. An entry has a fails or an expect.
package corpus

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

//go:embed */*.sched
var files embed.FS

// Format is the version of the format, which every entry names.
const Format = "1"

// A SyntaxError says where a text is not what it should be.
type SyntaxError struct {
	File      string // "" where the text has no name
	Line, Col int    // from 1; Col counts bytes
	Want, Got string
}

func (e *SyntaxError) Error() string {
	at := fmt.Sprintf("line %d, column %d", e.Line, e.Col)
	if e.File != "" {
		at = fmt.Sprintf("%s:%d:%d", e.File, e.Line, e.Col)
	}
	return fmt.Sprintf("%s: expected %s, found %s", at, e.Want, e.Got)
}

// An Entry is a file of the corpus.
type Entry struct {
	Name string // as min-pending/deferred-credit, or a file's path
	Keys []Key
	Body string // the schedule
	Line int    // where Body begins
}

// A Key is a line of the header.
type Key struct{ Name, Value string }

// An Expect is what a target answers to the operations of an entry.
type Expect struct {
	Target   string
	Outcomes []string
}

// All returns the entries of the embedded corpus in the order of their names.
func All() ([]Entry, error) {
	names, err := fs.Glob(files, "*/*.sched")
	if err != nil {
		return nil, fmt.Errorf("list the corpus: %w", err)
	}
	var all []Entry
	for _, name := range names {
		b, err := files.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read the corpus: %w", err)
		}
		e, err := Parse(path.Join("corpus", name), string(b))
		if err != nil {
			return nil, err
		}
		e.Name = strings.TrimSuffix(name, ".sched")
		all = append(all, e)
	}
	return all, nil
}

// Parse reads the text of a file. The error is a [*SyntaxError].
func Parse(file, text string) (Entry, error) {
	e := Entry{Name: file}
	var err error
	e.Keys, e.Body, e.Line, err = ParseHeader(file, text)
	fail := func(want, got string) (Entry, error) {
		return Entry{}, &SyntaxError{File: file, Line: 1, Col: 1, Want: want, Got: got}
	}
	switch {
	case err != nil:
		return Entry{}, err
	case e.Value("invariant") == "":
		return fail("a key invariant in the header", "none")
	case len(e.Fails()) == 0 && len(e.Expects()) == 0:
		return fail("a key fails or \"expect TARGET\" in the header", "neither")
	}
	return e, nil
}

// ParseHeader reads the header of a file, up to the empty line behind it, and
// returns what follows and the line where that begins. The first key is
// format. The error is a [*SyntaxError].
func ParseHeader(file, text string) (keys []Key, body string, line int, err error) {
	line = 1
	fail := func(want, got string) ([]Key, string, int, error) {
		return nil, "", 0, &SyntaxError{File: file, Line: line, Col: 1, Want: want, Got: got}
	}
	for {
		head, after, more := strings.Cut(text, "\n")
		if !more {
			return fail("a header, an empty line, and what follows", "the end of the text")
		}
		head, text = strings.TrimSpace(head), after
		if head == "" && len(keys) > 0 {
			return keys, after, line + 1, nil
		}
		name, value, ok := strings.Cut(head, ":")
		if i := strings.Index(head, ": "); strings.HasPrefix(head, "expect ") && i >= 0 {
			name, value = head[:i], head[i+1:] // a target's name may have a colon itself
		}
		if !ok && head != "" {
			return fail("a header line \"key: value\", or an empty line after the header", fmt.Sprintf("%q", head))
		}
		keys = append(keys, Key{strings.TrimSpace(name), strings.TrimSpace(value)})
		if len(keys) == 1 && (keys[0] != Key{"format", Format}) {
			return fail("\"format: "+Format+"\" as the first line", fmt.Sprintf("%q", head))
		}
		line++
	}
}

// Value returns the first value of a key, or "".
func (e Entry) Value(name string) string {
	for _, k := range e.Keys {
		if k.Name == name {
			return k.Value
		}
	}
	return ""
}

// Fails returns the targets on which the entry's promise breaks; one that is a
// release of somebody's listener has its version behind an @, see [Release].
func (e Entry) Fails() []string { return strings.Fields(e.Value("fails")) }

// Shows returns the targets on which the entry's promise breaks, always or
// sometimes.
func (e Entry) Shows() []string {
	return append(e.Fails(), strings.Fields(e.Value("sometimes"))...)
}

// Release cuts a target of a header into its name and the version of the
// listener, as yamux@v0.1.2; the version is empty where none is said.
func Release(word string) (target, version string) {
	target, version, _ = strings.Cut(word, "@")
	return target, version
}

// Expects returns what targets answer.
func (e Entry) Expects() []Expect {
	var all []Expect
	for _, k := range e.Keys {
		if target, ok := strings.CutPrefix(k.Name, "expect "); ok {
			all = append(all, Expect{strings.TrimSpace(target), strings.Fields(k.Value)})
		}
	}
	return all
}

// String returns the text of e's file.
func (e Entry) String() string {
	var b strings.Builder
	for _, k := range e.Keys {
		fmt.Fprintf(&b, "%s: %s\n", k.Name, k.Value)
	}
	b.WriteString("\n" + e.Body)
	return b.String()
}

// Write writes e's file, whole or not at all, and makes its folder.
func (e Entry) Write(file string) error { return WriteFile(file, []byte(e.String())) }

// WriteFile writes a file, whole or not at all, and makes its folder.
func WriteFile(file string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(file), ".tmp-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // gone already if all went well
	_, err = tmp.Write(text)
	if err == nil {
		err = tmp.Sync()
	}
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Chmod(tmp.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(tmp.Name(), file)
	}
	return err
}
