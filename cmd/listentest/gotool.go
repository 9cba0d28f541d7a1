package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/sched/overlay"
)

// goCommand runs the go command so that what it builds has schedule control:
// with the overlay of the toolchain that go itself is, and the tag by which
// package sched knows it. Its status is that of the go command.
func goCommand(ctx context.Context, e *env, args []string) (int, error) {
	switch {
	case len(args) == 0:
		return 0, &listentest.MisuseError{Reason: "go needs a command of the go tool, as in: listentest go test ./..."}
	case args[0] == "-h" || args[0] == "-help" || args[0] == "--help":
		fmt.Fprintln(e.stdout, "usage: listentest go COMMAND [ARGUMENTS]\nruns go COMMAND (test, run, build, …); what it builds has schedule control, see package sched")
		return exitOK, nil
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
	env := append(os.Environ(), "GOFLAGS="+strings.Join(append(flags, "-overlay="+list), " "))
	if root != toolchain.GOROOT {
		tool = filepath.Join(root, "bin", "go")
		env = append(env, "GOROOT="+root, "GOTOOLCHAIN=local")
	}
	cmd := exec.CommandContext(ctx, tool, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.Env = os.Stdin, e.stdout, e.stderr, env
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
	for i, arg := range args {
		if arg == "-args" || arg == "--args" {
			break // what follows is the program's
		}
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
