package third

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/listentest/listentest"
)

// death reads from what a process printed how it ended: by a panic of whoever
// ran, or, if it was asked for its stacks, in whoever still ran. Where nobody
// did, all waited for locks whose holders waited as well: that is no event, as
// a bubble cannot tell it from work. An error is an end that is not known.
func death(printed string, asked bool) (listentest.Event, error) {
	stacks := stacks(printed)
	if asked {
		for _, s := range stacks[min(1, len(stacks)):] { // the first is who tells
			if s.state == "running" || s.state == "runnable" {
				if f := s.function(); f != "" {
					return listentest.Event{Verb: listentest.Died, Outcome: listentest.Timeout, Point: f}, nil
				}
			}
		}
		return listentest.Event{}, nil
	}
	if strings.HasPrefix(printed, "panic: ") || strings.Contains(printed, "\npanic: ") || strings.Contains(printed, "fatal error: ") {
		if len(stacks) > 0 { // the first is who it was
			if f := stacks[0].function(); f != "" {
				return listentest.Event{Verb: listentest.Died, Outcome: listentest.Panicked, Point: f}, nil
			}
		}
	}
	return listentest.Event{}, fmt.Errorf("a worker ended, and nobody knows why: %.2000s", printed)
}

// ours is what the names of our own functions have in them.
var ours = "github.com/listentest/"

// A stack is a goroutine in what a program prints at its end.
type stack struct{ state, frames string }

var goroutine = regexp.MustCompile(`(?m)^goroutine \d+ [^\[\n]*\[([^,\]\n]+)[^\n]*\]:\n`)

func stacks(printed string) (all []stack) {
	at := goroutine.FindAllStringSubmatchIndex(printed, -1)
	for i, m := range at {
		end := len(printed)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		all = append(all, stack{printed[m[2]:m[3]], printed[m[1]:end]})
	}
	return all
}

// function returns the first function of a stack that is not of the standard
// library. It is empty if there is none, or that is one of ours.
func (s stack) function() string {
	for line := range strings.Lines(s.frames) {
		i := strings.LastIndexByte(line, '(')
		if i <= 0 || line[0] == '\t' || strings.HasPrefix(line, "created by ") {
			continue
		}
		name := strings.ReplaceAll(line[:i], " ", "")
		switch first, _, deep := strings.Cut(name, "/"); {
		case strings.Contains(name, ours):
			return ""
		case deep && strings.Contains(first, "."):
			return name
		}
	}
	return ""
}
