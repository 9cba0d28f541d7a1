package overlay

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// statementsFlag marks a call of the compiler for a package that is to have a
// point before each statement. The go command gives it to those that -gcflags
// names, and goes by it where it looks for what it has compiled before: so its
// value says how the text is made.
const statementsFlag = "-listentest-points="

// StatementFlags returns the flags of the go command with which it has the
// compiler called by [Compile], the command tool, and the packages of the
// patterns given points. They stand in GOFLAGS, each as one word.
func StatementFlags(tool string, patterns []string) []string {
	sum := sha256.Sum256([]byte(statementsText + statementFile("")))
	flags := []string{"'-toolexec=" + tool + "'"}
	for _, p := range patterns {
		flags = append(flags, fmt.Sprintf("-gcflags=%s=%s%x", p, statementsFlag, sum[:8]))
	}
	return flags
}

// Compile runs a tool of the go command as -toolexec has it: with its path and
// its arguments. If that is the compiler, with a package that is to have points
// at its statements, it is given other files, in the folder of what it writes.
// Test files and what the go command has made itself are left as they are. What
// the compiler does not take it is given once more without points, so that it
// says of the text that somebody wrote what is wrong. The error is that of
// [os/exec.Cmd.Run] where the tool fails, which has said why.
func Compile(args []string, stdout, stderr io.Writer) error {
	if len(args) == 0 {
		return errors.New("run a tool of the go command: there is none")
	}
	flags, marked, err := unmark(args[1:])
	if err != nil {
		return fmt.Errorf("read the compiler's arguments: %w", err)
	}
	plain := tool(args[0], flags, stdout, stderr)
	if !marked {
		return plain.Run()
	}
	flags, err = withStatements(slices.Clone(flags))
	if err != nil {
		return fmt.Errorf("put points before statements: %w", err)
	}
	var said bytes.Buffer
	if failed := tool(args[0], flags, &said, &said).Run(); failed == nil {
		_, err = said.WriteTo(stdout)
		return err
	}
	if err := plain.Run(); err != nil {
		return err
	}
	return fmt.Errorf("put points before statements: the compiler takes the package without them, and with them says\n%s", &said)
}

func tool(path string, args []string, stdout, stderr io.Writer) *exec.Cmd {
	cmd := exec.Command(path, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, stdout, stderr
	return cmd
}

// unmark returns the compiler's arguments without the mark, and whether that
// was there. Many arguments come in a file, one a line, escaped.
func unmark(args []string) (rest []string, marked bool, err error) {
	if len(args) == 1 && strings.HasPrefix(args[0], "@") {
		text, err := os.ReadFile(args[0][1:])
		if err != nil {
			return nil, false, err
		}
		if !strings.Contains(string(text), statementsFlag) {
			return args, false, nil
		}
		args = nil
		for line := range strings.Lines(string(text)) {
			args = append(args, strings.NewReplacer(`\n`, "\n", `\\`, `\`).Replace(strings.TrimSuffix(line, "\n")))
		}
	}
	for _, arg := range args {
		if strings.HasPrefix(arg, statementsFlag) {
			marked = true
			continue
		}
		rest = append(rest, arg)
	}
	return rest, marked, nil
}

// withStatements writes the files with points, and returns the arguments that
// name them in the place of those that were there.
func withStatements(args []string) ([]string, error) {
	files := len(args)
	for files > 0 && strings.HasSuffix(args[files-1], ".go") {
		files--
	}
	dir := ""
	for i, arg := range args[:files] {
		if arg == "-o" && i+1 < files {
			dir = filepath.Join(filepath.Dir(args[i+1]), "points") // beneath what -trimpath takes off
		}
	}
	if dir == "" {
		return nil, errors.New("the compiler is not told what to write")
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	pkg := ""
	for i, file := range args[files:] {
		base := filepath.Base(file)
		if strings.HasSuffix(base, "_test.go") || strings.HasPrefix(base, "_") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if file, err = filepath.Abs(file); err != nil {
			return nil, err
		}
		out, name, err := Statements(file, text)
		if err != nil {
			continue // the compiler says what is wrong with it
		}
		pkg = name
		args[files+i] = filepath.Join(dir, fmt.Sprintf("%d-%s", i, base))
		if err := os.WriteFile(args[files+i], out, 0o666); err != nil {
			return nil, err
		}
	}
	if pkg == "" {
		return args, nil
	}
	more := filepath.Join(dir, "points.go")
	return append(args, more), os.WriteFile(more, []byte(statementFile(pkg)), 0o666)
}
