// Package preset holds the contracts of known listeners, as files that a
// vendor can start from. A preset is a text file NAME.contract: a header of
// "key: value" lines, an empty line, and a contract in its text form.
//
// The keys are, in this order
//
//	format      1
//	row         the number of the implementation; where its settings make
//	            several contracts of it, several presets have the same
//	title       the implementation, in words
//	evidence    how it is known: measured, source (read in), documentation
//	unverified  fields of the contract that nobody has verified, which are
//	            therefore at the least that they can say; may be missing
//	source      where it is known from
//	note        what the fields cannot say; any number of them
//
// What is not verified is not stated, so that no preset calls a correct
// implementation wrong. What depends on the machine, such as somaxconn, has
// its documented default, and a note says so.
package preset

import (
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/listentest/listentest"
)

//go:embed *.contract
var files embed.FS

// A Preset is the contract of a known listener.
type Preset struct {
	Name       string
	Row        int // the number of the implementation, from 1
	Title      string
	Evidence   []string // of measured, source, documentation
	Unverified string   // names of fields, separated by commas
	Source     string
	Notes      []string
	Contract   listentest.Contract
	Text       string // the file
}

// All returns the presets, sorted by row and name.
func All() []Preset { return slices.Clone(load()) }

// Get returns the preset of a name; ok is false if there is none.
func Get(name string) (p Preset, ok bool) {
	i := slices.IndexFunc(load(), func(p Preset) bool { return p.Name == name })
	if i < 0 {
		return Preset{}, false
	}
	return load()[i], true
}

// load reads the embedded files. They are part of the program, so that a
// wrong one is a defect of it.
var load = sync.OnceValue(func() []Preset {
	names, err := fs.Glob(files, "*.contract")
	if err != nil {
		panic(err)
	}
	var all []Preset
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			panic(err)
		}
		p, err := parse(name, string(text))
		if err != nil {
			panic(err)
		}
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b Preset) int {
		return cmp.Or(cmp.Compare(a.Row, b.Row), strings.Compare(a.Name, b.Name))
	})
	return all
})

// parse reads a file.
func parse(file, text string) (Preset, error) {
	p := Preset{Name: strings.TrimSuffix(file, ".contract"), Text: text}
	contract, keys, err := listentest.ParseContract(file, text)
	if err != nil {
		return Preset{}, err
	}
	p.Contract = contract
	for _, k := range keys {
		switch k.Name {
		case "format":
		case "row":
			if p.Row, err = strconv.Atoi(k.Value); err != nil {
				return Preset{}, fmt.Errorf("%s: row is %q, expected a number", file, k.Value)
			}
		case "title":
			p.Title = k.Value
		case "evidence":
			p.Evidence = strings.Split(k.Value, ", ")
		case "unverified":
			p.Unverified = k.Value
		case "source":
			p.Source = k.Value
		case "note":
			p.Notes = append(p.Notes, k.Value)
		default:
			return Preset{}, fmt.Errorf("%s: there is no key %q", file, k.Name)
		}
	}
	return p, nil
}
