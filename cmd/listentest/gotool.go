package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/sched/overlay"
)

// goCommand runs the go command so that what it builds has schedule control:
// with the overlay of the toolchain that go itself is, and the tag by which
// package sched knows it. Its status is that of the go command.
func goCommand(ctx context.Context, e *env, args []string) (int, error) {
	if len(args) > 0 && args[0] == toolCommand {
		return runTool(e, args[1:])
	}
	f := newFlags("go", "[-points PATTERN,…] COMMAND [ARGUMENTS]\nruns go COMMAND (test, run, build, …); what it builds has schedule control, see package sched")
	var points words
	f.Var(&points, "points", "`patterns` of packages, as go list has them, in which each statement is a point")
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		f.help(e)
		return exitOK, nil
	case err != nil:
		return 0, f.misuse(err, args)
	}
	if args = f.Args(); len(args) == 0 {
		return 0, &listentest.MisuseError{Reason: "go needs a command of the go tool, as in: listentest go test ./..."}
	}
	var toolchain struct{ GOROOT, GOFLAGS string }
	out, err := exec.CommandContext(ctx, "go", "env", "-json", "GOROOT", "GOFLAGS").Output()
	if err == nil {
		err = json.Unmarshal(out, &toolchain)
	}
	if err != nil {
		return 0, fmt.Errorf("ask the go command for its toolchain: %w", err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return 0, fmt.Errorf("find a place for the overlay: %w", err)
	}
	cache = filepath.Join(cache, "listentest")
	root, err := overlay.Root(toolchain.GOROOT, cache)
	if err != nil {
		return 0, err
	}
	list, err := overlay.Write(root, cache)
	if err != nil {
		return 0, err
	}
	args, flags := tagged(args, strings.Fields(toolchain.GOFLAGS))
	tool := "go"
	env := os.Environ()
	if root != toolchain.GOROOT {
		tool = filepath.Join(root, "bin", "go")
		env = append(env, "GOROOT="+root, "GOTOOLCHAIN=local")
	}
	flags = append(flags, "-overlay="+list)
	goFlags := func() []string { return append(env, "GOFLAGS="+strings.Join(flags, " ")) }
	if f.given("points") {
		more, err := pointFlags(ctx, tool, points, args, flags, goFlags())
		if err != nil {
			return 0, err
		}
		flags = append(flags, more...)
	}
	cmd := exec.CommandContext(ctx, tool, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.Env = os.Stdin, e.stdout, e.stderr, goFlags()
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	err = cmd.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && ctx.Err() == nil {
		return exit.ExitCode(), nil
	}
	if ctx.Err() != nil {
		return exitInterrupted, nil
	}
	return exitOK, err
}

// tagged adds the tag of schedule control to the tags that are asked for: on
// the command line, where they stand, or else in GOFLAGS.
func tagged(args, flags []string) (newArgs, newFlags []string) {
	for i, arg := range untilArgs(args) {
		name, value, joined := strings.Cut(arg, "=")
		if name != "-tags" && name != "--tags" {
			continue
		}
		args = append([]string(nil), args...)
		switch {
		case joined:
			args[i] = name + "=" + value + "," + overlay.Tag
		case i+1 < len(args):
			args[i+1] += "," + overlay.Tag
		}
		return args, flags
	}
	tags := overlay.Tag
	for _, f := range flags {
		if value, ok := strings.CutPrefix(f, "-tags="); ok {
			tags += "," + value
			continue
		}
		newFlags = append(newFlags, f)
	}
	return args, append(newFlags, "-tags="+tags)
}

// untilArgs returns the arguments that are the go command's own, and not the
// program's.
func untilArgs(args []string) []string {
	if i := slices.IndexFunc(args, func(arg string) bool { return arg == "-args" || arg == "--args" }); i >= 0 {
		return args[:i]
	}
	return args
}
