package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/sched/overlay"
)

// toolCommand is what listentest go is called with by the go command, for each
// of its tools; it is none of the go command's own.
const toolCommand = "toolexec"

// schedPackage counts points, and has none.
const schedPackage = "github.com/listentest/listentest/sched"

// runTool runs a tool of the go command, and returns its status.
func runTool(e *env, args []string) (int, error) {
	err := overlay.Compile(args, e.stdout, e.stderr)
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return exit.ExitCode(), nil
	}
	return exitOK, err
}

// pointFlags returns the flags for the go command that give the packages of the
// patterns in points, lists with commas, a point before each statement. The go
// command's own are args and flags, and it runs in environment env.
func pointFlags(ctx context.Context, tool string, points, args, flags, env []string) ([]string, error) {
	patterns := strings.FieldsFunc(strings.Join(points, ","), func(r rune) bool { return r == ',' || r == ' ' })
	if len(patterns) == 0 {
		return nil, &listentest.MisuseError{Reason: "-points needs the name of a package, or a pattern as go list has them"}
	}
	for _, arg := range slices.Concat(untilArgs(args), flags) {
		name, _, _ := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		if strings.HasPrefix(arg, "-") && (name == "gcflags" || name == "toolexec") {
			return nil, &listentest.MisuseError{Reason: "-points does its work by the go command's -gcflags and -toolexec, and -" + name + " is given as well"}
		}
	}
	var dir []string
	if len(args) > 2 && args[1] == "-C" {
		dir = args[1:3]
	} else if len(args) > 1 && strings.HasPrefix(args[1], "-C=") {
		dir = args[1:2]
	}
	list := func(what ...string) ([]string, error) {
		cmd := exec.CommandContext(ctx, tool, slices.Concat([]string{"list"}, dir, what)...)
		var stderr bytes.Buffer
		cmd.Env, cmd.Stderr = env, &stderr
		out, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("list packages: %w\n%s", err, bytes.TrimSpace(stderr.Bytes()))
		}
		return strings.Fields(string(out)), nil
	}
	never, err := list("-deps", "sync", "syscall", "internal/synctest")
	if err != nil {
		return nil, err
	}
	for _, p := range patterns {
		found, err := list("-find", "--", p)
		if err != nil {
			return nil, &listentest.MisuseError{Reason: "-points: " + err.Error()}
		}
		if len(found) == 0 || found[0] == "command-line-arguments" { // that is what files are called
			return nil, &listentest.MisuseError{Reason: fmt.Sprintf("-points: %s matches no package", p)}
		}
		for _, path := range found {
			if slices.Contains(never, path) || strings.HasPrefix(path, "internal/") || path == schedPackage {
				return nil, &listentest.MisuseError{Reason: fmt.Sprintf("-points: schedule control stands on package %s, which cannot have points at its statements", path)}
			}
		}
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	return overlay.StatementFlags(`"`+self+`" go `+toolCommand, patterns), nil
}
