package third

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/listentest/listentest"
)

// What a worker and who started it say to each other: schedules in their text
// form, each ended by a line "run PACE GRACE"; and for each a line "done", when
// the lines of its history behind "backlog" are in the file that the two share,
// or "trouble TEXT".
const (
	workerVariable = "LISTENTEST_WORKER"
	runWord        = "run"
	doneWord       = "done"
	troubleWord    = "trouble"
)

// Main makes this process a worker, and ends it, if it was started as one. A
// program that opens a target of this package calls it before anything else.
func Main() {
	name, ok := os.LookupEnv(workerVariable)
	if !ok {
		return
	}
	lib, wire, err := find(name)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", workerVariable, err)
		os.Exit(2)
	}
	signal.Ignore(os.Interrupt, syscall.SIGTERM) // they are for who started it, and so is its end
	go tell()
	const answers, seen = 3, 4 // the descriptors behind the standard ones
	os.Args = os.Args[:1]
	os.Stdout = os.Stderr // what the library and the testing package print is no answer
	bubble := !lib.own && !lib.inRealTime()
	work := func(t *testing.T) {
		if err := serve(lib.target(wire), bubble, os.Stdin, os.NewFile(answers, "answers"), os.NewFile(seen, "seen")); err != nil {
			t.Fatal(err)
		}
	}
	if bubble {
		inside := work
		work = func(t *testing.T) { synctest.Test(t, inside) }
	}
	always := func(string, string) (bool, error) { return true, nil }
	testing.Main(always, []testing.InternalTest{{Name: name, F: work}}, nil, nil)
}

// tell waits to be asked what goes on, prints all stacks and ends the process.
// The runtime does that by itself, but for whoever runs on another thread, and
// it is whoever runs that matters.
func tell() {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGQUIT)
	<-asked
	b := make([]byte, 1<<20)
	_, _ = os.Stderr.Write(b[:runtime.Stack(b, true)]) // there is nobody else to tell
	os.Exit(2)
}

// serve runs schedules until there are no more, and writes to seen what it sees
// when it sees it, for nobody knows what it survives.
func serve(target listentest.Target, bubble bool, in io.Reader, out, seen io.Writer) error {
	r := &listentest.Runner{Target: target}
	var failed error
	var line []byte
	r.Watch = func(e listentest.Event) {
		line, _ = e.AppendText(line[:0]) // it has no error
		if _, err := seen.Write(append(line, '\n')); err != nil {
			failed = err
		}
	}
	if bubble {
		r.Bubble = listentest.SharedBubble()
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for failed == nil {
		s, err := next(r, lines)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			_, err = r.Run(context.Background(), s)
		}
		answer := doneWord
		if err != nil {
			answer = troubleWord + " " + strings.ReplaceAll(err.Error(), "\n", "; ")
		}
		if _, err := io.WriteString(out, answer+"\n"); err != nil {
			failed = err
		}
	}
	return failed
}

// next reads a schedule, and how r is to wait in it.
func next(r *listentest.Runner, lines *bufio.Scanner) (listentest.Schedule, error) {
	var text strings.Builder
	for lines.Scan() {
		waits, ok := strings.CutPrefix(lines.Text(), runWord+" ")
		if !ok {
			text.WriteString(lines.Text() + "\n")
			continue
		}
		pace, grace, _ := strings.Cut(waits, " ")
		var errs [2]error
		r.Pace, errs[0] = time.ParseDuration(pace)
		r.Grace, errs[1] = time.ParseDuration(grace)
		s, err := listentest.Parse(text.String())
		return s, errors.Join(err, errs[0], errs[1])
	}
	if err := lines.Err(); err != nil {
		return listentest.Schedule{}, err
	}
	return listentest.Schedule{}, io.EOF
}
