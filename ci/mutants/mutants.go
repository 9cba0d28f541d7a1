package main

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

//go:embed oracle.mutants
var oracle string

// A mutant is one mistake in one file of the oracle.
type mutant struct {
	name, file, why string
	old, new        string // the text, and what stands there instead
	// equivalent says why no history can tell the mutant from the oracle; it
	// is kept so that nobody tries it again, and not run.
	equivalent string
}

// parse reads blocks of lines: "mutant: name", "file: ", "why: " and perhaps
// "equivalent: ", then the old text in lines that begin with "- " and the new
// in lines that begin with "+ ". No new line is no text. "#" begins a comment.
func parse(text string) ([]mutant, error) {
	var all []mutant
	names := map[string]bool{}
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimRight(line, " \t\r")
		if line == "" || line[0] == '#' {
			continue
		}
		key, value, ok := strings.Cut(line, " ")
		if key == "mutant:" {
			if names[value] {
				return nil, fmt.Errorf("line %d: there are two mutants %s", i+1, value)
			}
			names[value] = true
			all = append(all, mutant{name: value})
			continue
		}
		if len(all) == 0 || !ok {
			return nil, fmt.Errorf("line %d: what is %q?", i+1, line)
		}
		switch m := &all[len(all)-1]; key {
		case "file:":
			m.file = value
		case "why:":
			m.why = value
		case "equivalent:":
			m.equivalent = value
		case "-":
			m.old = joined(m.old, value)
		case "+":
			m.new = joined(m.new, value)
		default:
			return nil, fmt.Errorf("line %d: what is %q?", i+1, line)
		}
	}
	for _, m := range all {
		if m.file == "" || m.why == "" || m.old == "" || m.old == m.new {
			return nil, fmt.Errorf("mutant %s lacks its file, why or old text, or changes nothing", m.name)
		}
	}
	return all, nil
}

// joined returns text with one more line.
func joined(text, line string) string {
	if text == "" {
		return line
	}
	return text + "\n" + line
}

// apply returns m's file in dir with m in it.
func (m *mutant) apply(dir string) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(dir, m.file))
	if err != nil {
		return nil, err
	}
	if n := strings.Count(string(text), m.old); n != 1 {
		return nil, fmt.Errorf("the old text stands in %s %d times, not once:\n%s", m.file, n, m.old)
	}
	return []byte(strings.Replace(string(text), m.old, m.new, 1)), nil
}
