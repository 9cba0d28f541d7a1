package overlay

import (
	_ "embed"
	"go/ast"
	"go/token"
	"strings"
)

// The functions of sync/atomic are instructions, and reads and writes are what
// they are: an overlay has no place for a point there. In a package that is
// named, the compiler is given other source text, with a point before each
// statement.

//go:embed statements.go
var statementsText string // this file: what makes the text is known by its own

const (
	// statementOn and statementPoint are declared by a file that comes to the package.
	statementOn    = "_listentestOn"
	statementPoint = "_listentestPoint"
	statementCall  = "if " + statementOn + " { " + statementPoint + "() }"
)

// statementFile is the file that comes to a package of a name. Its functions
// have no body, which the compiler takes from who is linked by name.
func statementFile(pkg string) string {
	return "//line listentest_points.go:1:1\npackage " + pkg + `

import _ "unsafe"

//go:linkname ` + statementOn + ` runtime.ctlOn
var ` + statementOn + ` bool

//go:linkname ` + statementPoint + ` runtime.ctlStatement
func ` + statementPoint + `()
`
}

// Statements returns the text of a Go file with a point before each statement
// of its functions, and the name of its package. Each line is where it was, and
// belongs to the file of that name. The error is that of the parser.
func Statements(file string, text []byte) (out []byte, pkg string, err error) {
	text = []byte(strings.TrimPrefix(string(text), "\ufeff")) // nothing may stand before that mark
	src, err := parse(file, text)
	if err != nil {
		return nil, "", err
	}
	p := statements{source: src}
	at := src.tree.Name.End()
	for _, d := range src.tree.Decls {
		if fn, ok := d.(*ast.FuncDecl); !ok || !src.systemStack(at, fn.Pos()) {
			ast.Inspect(d, p.visit)
		}
		at = d.End()
	}
	src.in = append(p.closing, src.in...) // what ends within a body ends before it
	return append([]byte("//line "+file+":1:1\n"), src.edited()...), src.tree.Name.Name, nil
}

// systemStack reports whether a function whose directives stand between two
// places may have no call put into it, for the stack may not grow there.
func (s *source) systemStack(from, to token.Pos) bool {
	for _, group := range s.tree.Comments {
		for _, c := range group.List {
			if from <= c.Pos() && c.Pos() < to && (strings.HasPrefix(c.Text, "//go:nosplit") || strings.HasPrefix(c.Text, "//go:systemstack")) {
				return true
			}
		}
	}
	return false
}

// statements puts points into a file.
type statements struct {
	*source
	closing []insertion
}

func (p *statements) put(at token.Pos, text string) { p.in = append(p.in, p.insertion(at, text)) }

func (p *statements) insertion(at token.Pos, text string) insertion {
	return insertion{at: p.set.Position(at).Offset, text: text}
}

// visit puts points before the statements of each list, where a loop begins
// its next round, and before the condition behind an else.
func (p *statements) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.BlockStmt:
		p.list(n.List)
	case *ast.CaseClause:
		p.list(n.Body)
	case *ast.CommClause:
		p.list(n.Body)
	case *ast.ForStmt:
		if n.Cond != nil || n.Post != nil || len(n.Body.List) == 0 {
			p.put(n.Body.Rbrace, "; "+statementCall+" ")
		}
	case *ast.RangeStmt:
		p.put(n.Body.Rbrace, "; "+statementCall+" ")
	case *ast.IfStmt:
		if other, ok := n.Else.(*ast.IfStmt); ok {
			p.put(other.Pos(), "{ "+statementCall+"; ")
			p.closing = append(p.closing, p.insertion(other.End(), " }"))
		}
	}
	return true
}

func (p *statements) list(list []ast.Stmt) {
	for _, s := range list {
		if at := pointOf(s); at != token.NoPos {
			p.put(at, statementCall+"; ")
		}
	}
}

// pointOf returns where the point before a statement goes: behind its labels,
// if break and continue do not need them where they are. There is none where
// nothing is done, or where what is in it has one.
func pointOf(s ast.Stmt) token.Pos {
	inner := s
	for {
		labeled, ok := inner.(*ast.LabeledStmt)
		if !ok {
			break
		}
		inner = labeled.Stmt
	}
	switch inner := inner.(type) {
	case *ast.CaseClause, *ast.CommClause, *ast.BlockStmt, *ast.EmptyStmt:
		return token.NoPos
	case *ast.DeclStmt:
		if d, ok := inner.Decl.(*ast.GenDecl); ok && d.Tok != token.VAR {
			return token.NoPos
		}
	case *ast.ForStmt, *ast.RangeStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.SelectStmt:
		return s.Pos()
	}
	return inner.Pos()
}
