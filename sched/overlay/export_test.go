package overlay

import (
	"bytes"
	"fmt"
	"slices"
)

// A Mutant is a mistake in the overlay: edits that are not made, by FILE NAME
// of what they change, or a text of a patch that is another one.
type Mutant struct {
	Drop     []string
	Patch    string // its name, without folder and endings
	Old, New string // Old stands in the patch once
}

// Write makes the overlay with the mistake in it.
func (m Mutant) Write(goroot, cache string) (string, error) {
	all := edits()
	for _, drop := range m.Drop {
		before := len(all)
		if all = slices.DeleteFunc(all, func(e edit) bool { return e.file+" "+e.name == drop }); len(all) == before {
			return "", fmt.Errorf("there is no edit of %s", drop)
		}
	}
	files, err := made(goroot, all)
	if err != nil {
		return "", err
	}
	for name, patch := range added {
		if patch != "patch/"+m.Patch+".go.txt" {
			continue
		}
		if n := bytes.Count(files[name], []byte(m.Old)); n != 1 {
			return "", fmt.Errorf("%q stands in %s %d times", m.Old, patch, n)
		}
		files[name] = bytes.Replace(files[name], []byte(m.Old), []byte(m.New), 1)
		return write(goroot, cache, files)
	}
	if m.Patch != "" {
		return "", fmt.Errorf("there is no patch %s", m.Patch)
	}
	return write(goroot, cache, files)
}
