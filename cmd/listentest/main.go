// Command listentest finds out whether listeners keep their promises.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/agnivade/levenshtein"
	"github.com/listentest/listentest"
	"github.com/listentest/listentest/targets/third"
)

// Exit statuses.
const (
	exitOK          = 0
	exitViolation   = 1
	exitTrouble     = 2
	exitMisuse      = 64
	exitInterrupted = 130
)

const usage = `listentest finds out whether listeners keep their promises.

usage: listentest COMMAND [FLAGS] [ARGUMENTS]

  run       run generated cases against targets, and shrink what breaks
  replay    run schedules from files: as their headers say, or on -target
  check     judge histories that were recorded elsewhere, by a contract
  shrink    find the simplest schedule that breaks the same promise
  corpus    list, show or add to the regression corpus
  nightly   run a night's jobs from a settings file, and go on where one stopped
  targets   list targets and presets, or print the contract of one
  contract  measure what targets of this machine do, beside what is stated
  faults    list the defects that the simulator can have, or one whole
  explore   make every interleaving of a small scope on the simulator
  go        run the go command; what it builds has schedule control
  explain   say what a promise or a field of a contract means
  version   print the version

listentest COMMAND -h lists the flags of a command.
Exit status: 0 nothing is violated, 1 a violation, 2 trouble, 64 misuse,
130 interrupted with nothing found.
`

// An env is what a command works with.
type env struct {
	stdout, stderr io.Writer
}

// commands by name. A command returns its exit status; an error is misuse or
// trouble.
var commands = map[string]func(context.Context, *env, []string) (int, error){
	"run": runCommand, "replay": replayCommand, "check": checkCommand, "shrink": shrinkCommand,
	"corpus": corpusCommand, "nightly": nightlyCommand, "targets": targetsCommand, "explain": explainCommand, "faults": faultsCommand, "explore": exploreCommand, "contract": contractCommand, "go": goCommand, "version": versionCommand,
}

func main() {
	third.Main()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() { // the first signal ends the work in order, the next one at once
		<-ctx.Done()
		stop()
	}()
	os.Exit(command(ctx, &env{os.Stdout, os.Stderr}, os.Args[1:]))
}

// command runs one command and says what went wrong.
func command(ctx context.Context, e *env, args []string) int {
	if len(args) == 0 {
		fmt.Fprint(e.stderr, usage)
		return exitMisuse
	}
	name := args[0]
	if name == "help" || name == "-h" || name == "-help" || name == "--help" {
		fmt.Fprint(e.stdout, usage)
		return exitOK
	}
	run, ok := commands[name]
	if !ok {
		return e.failed(&listentest.MisuseError{Reason: fmt.Sprintf("there is no command %q", name), Word: name, Known: keys(commands)})
	}
	status, err := run(ctx, e, args[1:])
	if err != nil {
		return e.failed(err)
	}
	return status
}

// failed prints an error with a hint, and returns the exit status for it.
func (e *env) failed(err error) int {
	if errors.Is(err, errHelp) {
		return exitOK
	}
	fmt.Fprintf(e.stderr, "listentest: %v\n", err)
	misuse, syntax := (*listentest.MisuseError)(nil), (*listentest.SyntaxError)(nil)
	switch {
	case errors.As(err, &misuse):
		if hint := nearest(misuse.Word, misuse.Known); hint != "" {
			fmt.Fprintf(e.stderr, "hint: %s\n", hint)
		}
		return exitMisuse
	case errors.As(err, &syntax):
		return exitMisuse
	}
	return exitTrouble
}

// nearest says which of known word may have been meant: one that begins with
// it, else one that is spelled alike.
func nearest(word string, known []string) string {
	best, least := "", len(word)/2+2
	for _, k := range known {
		d := levenshtein.ComputeDistance(word, k)
		if word != "" && strings.HasPrefix(k, word) {
			d = 0
		}
		if d < least {
			best, least = k, d
		}
	}
	const many = 30 // more are no help to read
	switch {
	case best != "" && len(known) > many:
		return fmt.Sprintf("did you mean %s? There are %d", best, len(known))
	case best != "":
		return fmt.Sprintf("did you mean %s? There are %s", best, join(known))
	case len(known) > 0:
		return "there are " + join(known)
	}
	return ""
}
