// Package overlay makes the files with which the go command builds a program
// whose goroutines can be scheduled at will (go build -overlay): the runtime
// and the synchronisation packages of the installed toolchain, changed by a
// list of small edits that name functions. Nothing else is touched, neither
// the program nor what it depends on.
package overlay

import (
	"crypto/sha256"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Tag is the build tag with which package sched is built along.
const Tag = "listentest_sched"

//go:embed patch
var patches embed.FS

// An ApplyError says which edit does not apply to a toolchain. Then nothing is
// written.
type ApplyError struct {
	File, Name string // below GOROOT/src; the function or type
	Reason     string
}

func (e *ApplyError) Error() string {
	return fmt.Sprintf("schedule control does not know this toolchain: %s of %s: %s", e.Name, e.File, e.Reason)
}

// Write makes the overlay for the toolchain in goroot in a folder below cache,
// named by what is in it, and returns the path of its JSON file. What is there
// already is taken as it is. The error is an [*ApplyError] where an edit does
// not apply.
func Write(goroot, cache string) (string, error) {
	files, err := Files(goroot)
	if err != nil {
		return "", err
	}
	return write(goroot, cache, files)
}

// write makes the overlay of so many files.
func write(goroot, cache string, files map[string][]byte) (string, error) {
	names := make([]string, 0, len(files))
	sum := sha256.New()
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	fmt.Fprintln(sum, goroot)
	for _, name := range names {
		fmt.Fprintf(sum, "%s %d\n%s", name, len(files[name]), files[name])
	}
	dir := filepath.Join(cache, fmt.Sprintf("overlay-%x", sum.Sum(nil)[:8]))
	list := filepath.Join(dir, "overlay.json")
	if _, err := os.Stat(list); err == nil {
		return list, nil
	}
	if err := os.MkdirAll(cache, 0o777); err != nil {
		return "", fmt.Errorf("write an overlay: %w", err)
	}
	tmp, err := os.MkdirTemp(cache, "new-")
	if err != nil {
		return "", fmt.Errorf("write an overlay: %w", err)
	}
	defer os.RemoveAll(tmp)
	replace := map[string]string{}
	for _, name := range names {
		flat := strings.ReplaceAll(name, "/", "-")
		replace[filepath.Join(goroot, "src", filepath.FromSlash(name))] = filepath.Join(dir, flat)
		if err := os.WriteFile(filepath.Join(tmp, flat), files[name], 0o666); err != nil {
			return "", fmt.Errorf("write an overlay: %w", err)
		}
	}
	text, err := json.MarshalIndent(map[string]any{"Replace": replace}, "", "\t")
	if err == nil {
		err = os.WriteFile(filepath.Join(tmp, "overlay.json"), text, 0o666)
	}
	if err == nil {
		err = os.Rename(tmp, dir)
	}
	if _, there := os.Stat(list); err != nil && there != nil { // else another process was first
		return "", fmt.Errorf("write an overlay: %w", err)
	}
	return list, nil
}

// Files returns the files of the overlay for the toolchain in goroot, by their
// names below GOROOT/src.
func Files(goroot string) (map[string][]byte, error) {
	return made(goroot, edits())
}

// made returns the files of an overlay that makes some edits.
func made(goroot string, edits []edit) (map[string][]byte, error) {
	files := map[string][]byte{}
	for name, patch := range added {
		text, err := patches.ReadFile(patch)
		if err != nil {
			return nil, err
		}
		files[name] = text
	}
	read := map[string]*source{}
	for _, e := range edits {
		if err := e.apply(goroot, read); err != nil {
			return nil, err
		}
	}
	for name, s := range read {
		if s.tree != nil {
			files[name] = s.edited()
		}
	}
	return files, nil
}

// A source is a file of the toolchain with what goes into it.
type source struct {
	text []byte
	tree *ast.File // nil if there is no such file
	set  *token.FileSet
	in   []insertion
}

// An insertion is text that goes in at an offset, in the place of so much.
type insertion struct {
	at, drop int
	text     string
}

// apply makes an edit in the first place to which it applies. The sources that
// were read before are in read.
func (e edit) apply(goroot string, read map[string]*source) error {
	first := &ApplyError{File: e.file, Name: e.name}
	for {
		s, there := read[e.file]
		if !there {
			text, err := os.ReadFile(filepath.Join(goroot, "src", filepath.FromSlash(e.file)))
			if err == nil {
				s, err = parse(e.file, text)
			} else if errors.Is(err, fs.ErrNotExist) {
				s, err = &source{}, nil
			}
			if err != nil {
				return fmt.Errorf("read the toolchain: %w", err)
			}
			read[e.file] = s
		}
		in, reason := s.locate(e)
		if reason == "" {
			s.in = append(s.in, in...)
			return nil
		}
		if first.Reason == "" {
			first.Reason = reason
		}
		if e.or == "" {
			return first
		}
		e.file, e.name, _ = strings.Cut(e.or, " ")
		e.or = ""
	}
}

func parse(name string, text []byte) (*source, error) {
	s := &source{text: text, set: token.NewFileSet()}
	var err error
	s.tree, err = parser.ParseFile(s.set, name, text, parser.ParseComments|parser.SkipObjectResolution)
	return s, err
}

// edited returns the file with all insertions.
func (s *source) edited() []byte {
	slices.SortStableFunc(s.in, func(a, b insertion) int { return a.at - b.at })
	var out []byte
	done := 0
	for _, in := range s.in {
		out = append(out, s.text[done:in.at]...)
		out = append(out, in.text...)
		done = in.at + in.drop
	}
	return append(out, s.text[done:]...)
}

// locate finds where an edit goes in, or says why it does not.
func (s *source) locate(e edit) ([]insertion, string) {
	if s.tree == nil {
		return nil, "there is no such file"
	}
	f, src := s.tree, s.text
	offset := func(p token.Pos) int { return s.set.Position(p).Offset }
	if e.field != "" {
		t := structType(f, strings.TrimPrefix(e.name, "type "))
		if t == nil {
			return nil, "there is no such struct"
		}
		return []insertion{{at: offset(t.Fields.Closing), text: "\n" + e.field + "\n"}}, ""
	}
	fn := function(f, e.name)
	if fn == nil || fn.Body == nil {
		return nil, "there is no such function"
	}
	from, to := offset(fn.Body.Lbrace)+1, offset(fn.Body.Rbrace)
	switch {
	case e.first != "":
		text := e.first
		if strings.Contains(text, "OBJECT") {
			name := object(fn)
			if name == "" {
				return nil, "it has neither a receiver nor a channel"
			}
			text = strings.ReplaceAll(text, "OBJECT", name)
		}
		return []insertion{{at: from, text: " " + text + ";"}}, ""
	case e.last != "":
		return []insertion{{at: to, text: "\n" + e.last + "\n"}}, ""
	case e.after != "":
		at := strings.Index(string(src[from:to]), e.after)
		if at < 0 || strings.Count(string(src[from:to]), e.after) > 1 {
			return nil, fmt.Sprintf("%q does not stand in it once", e.after)
		}
		end := strings.IndexByte(string(src[from+at:to]), '\n')
		return []insertion{{at: from + at + end, text: "\n" + e.text}}, ""
	}
	var all []insertion
	for at := from; ; {
		i := strings.Index(string(src[at:to]), e.old)
		if i < 0 {
			break
		}
		all = append(all, insertion{at: at + i, drop: len(e.old), text: e.new})
		at += i + len(e.old)
	}
	if len(all) == 0 {
		return nil, fmt.Sprintf("%q does not stand in it", e.old)
	}
	return all, ""
}

// function finds a function, or a method as Type.name.
func function(f *ast.File, name string) *ast.FuncDecl {
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		full := fn.Name.Name
		if fn.Recv != nil {
			full = typeName(fn.Recv.List[0].Type) + "." + full
		}
		if full == name {
			return fn
		}
	}
	return nil
}

// object returns the name of a function's receiver, or of its parameter that is
// a channel of the runtime; "" if there is none.
func object(fn *ast.FuncDecl) string {
	fields := fn.Recv
	if fields == nil {
		fields = fn.Type.Params
	}
	for _, f := range fields.List {
		if len(f.Names) == 1 && (fn.Recv != nil || typeName(f.Type) == "hchan") {
			return f.Names[0].Name
		}
	}
	return ""
}

// typeName returns the name of a receiver's type, without star and parameters.
func typeName(x ast.Expr) string {
	switch t := x.(type) {
	case *ast.StarExpr:
		return typeName(t.X)
	case *ast.IndexExpr:
		return typeName(t.X)
	case *ast.IndexListExpr:
		return typeName(t.X)
	case *ast.Ident:
		return t.Name
	}
	return ""
}

func structType(f *ast.File, name string) *ast.StructType {
	var found *ast.StructType
	ast.Inspect(f, func(n ast.Node) bool {
		if t, ok := n.(*ast.TypeSpec); ok && t.Name.Name == name {
			found, _ = t.Type.(*ast.StructType)
		}
		return found == nil
	})
	return found
}
