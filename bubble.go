package listentest

import (
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Bubble returns what a [Runner] needs to have each case in a synctest bubble
// of its own; left is told the stacks of goroutines that were left behind.
func Bubble(t *testing.T, left func(stacks string)) func(run func(rest func())) []string {
	return func(run func(rest func())) []string {
		functions, stacks := bubble(t, run)
		if len(functions) > 0 {
			left(stacks)
		}
		return functions
	}
}

// SharedBubble returns what a [Runner] needs to have all its cases, one after
// the other, in the synctest bubble of the caller: for libraries that keep
// timers or channels for the next case, which may not be of another bubble. What
// is left behind ten minutes after a case, in the bubble's time, stays.
func SharedBubble() func(run func(rest func())) []string {
	id, stacks := bubbleID(), make([]byte, 1<<20)
	return func(run func(rest func())) []string {
		run(synctest.Wait)
		const enough = 10 * time.Minute
		time.Sleep(enough)
		left, _ := leftIn(id, stacks)
		return left
	}
}

// bubble runs f in a synctest bubble and returns the functions in which
// goroutines were left behind, and their stacks: a bubble with some cannot
// end, and says so by a panic.
func bubble(t *testing.T, f func(rest func())) (left []string, stacks string) {
	id := ""
	defer func() {
		if p := recover(); p != nil {
			if !strings.Contains(fmt.Sprint(p), "blocked goroutines remain") {
				panic(p)
			}
			left, stacks = leftIn(id, make([]byte, 1<<20))
		}
	}()
	synctest.Test(t, func(*testing.T) {
		id = bubbleID()
		f(synctest.Wait)
	})
	return nil, ""
}

var bubbleHeader = regexp.MustCompile(`synctest bubble \d+\]`)

// bubbleID returns what stands in the header of a goroutine of this bubble.
func bubbleID() string {
	var buf [128]byte
	return bubbleHeader.FindString(string(buf[:runtime.Stack(buf[:], false)]))
}

// leftIn returns the functions in which the goroutines of a bubble are but the
// caller, in order and without those of the runtime, and the stacks, as far as
// buf has room for all that there are.
func leftIn(id string, buf []byte) (left []string, stacks string) {
	for i, g := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		header, frames, _ := strings.Cut(g, "\n")
		if i == 0 || !strings.Contains(header, id) || strings.Contains(frames, "internal/synctest.Run(") || strings.Contains(frames, "synctest.testingSynctestTest(") {
			continue
		}
		left = append(left, frame(frames))
		stacks += g + "\n\n"
	}
	slices.Sort(left)
	return slices.Compact(left), stacks
}

// frame returns the first function of a stack that says something.
func frame(frames string) string {
	for line := range strings.Lines(frames) {
		if i := strings.LastIndexByte(line, '('); i > 0 && line[0] != '\t' {
			name := strings.TrimPrefix(line[:i], "created by ")
			switch first, _, _ := strings.Cut(name, "."); first {
			case "runtime", "sync", "time", "internal/sync", "internal/poll", "internal/runtime/sync":
				continue
			}
			return strings.ReplaceAll(name, " ", "")
		}
	}
	return "a function that is not known"
}
