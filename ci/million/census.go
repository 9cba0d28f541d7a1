package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// A census counts what this process has.
type census [5]int

// What is counted.
const (
	descriptors = iota
	goroutines
	namespaces // network namespaces, those of its threads and of its descriptors
	processes  // its children, also those that are over and not waited for
	sockets    // of a target's namespace; takeCensus leaves them out
)

// less returns what c has more than o.
func (c census) less(o census) census {
	for i := range c {
		c[i] = max(c[i]-o[i], 0)
	}
	return c
}

// takeCensus counts.
func takeCensus() (c census, err error) {
	c[goroutines] = runtime.NumGoroutine()
	if c[descriptors], err = countDescriptors(); err != nil {
		return c, err
	}
	if c[namespaces], err = countNamespaces(); err != nil {
		return c, err
	}
	c[processes], err = countChildren()
	return c, err
}

// countDescriptors leaves out those by which Go looks how many processors it
// may use, for they come and go.
func countDescriptors() (n int, err error) {
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0, fmt.Errorf("count the descriptors: %w", err)
	}
	for _, f := range open {
		to, err := os.Readlink("/proc/self/fd/" + f.Name())
		if err == nil && !strings.HasPrefix(to, "/sys/fs/cgroup/") { // that of the list itself is gone
			n++
		}
	}
	return n, nil
}

func countNamespaces() (int, error) {
	found := map[string]bool{}
	for _, pattern := range []string{"/proc/self/task/*/ns/net", "/proc/self/fd/*"} {
		links, err := filepath.Glob(pattern)
		if err != nil {
			return 0, fmt.Errorf("count the namespaces: %w", err)
		}
		for _, link := range links {
			to, err := os.Readlink(link)
			switch {
			case errors.Is(err, fs.ErrNotExist): // the thread or descriptor is gone
			case err != nil:
				return 0, fmt.Errorf("count the namespaces: %w", err)
			case strings.HasPrefix(to, "net:["):
				found[to] = true
			}
		}
	}
	return len(found), nil
}

func countChildren() (n int, err error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, fmt.Errorf("count the processes: %w", err)
	}
	self := strconv.Itoa(os.Getpid())
	for _, stat := range stats {
		text, err := os.ReadFile(stat)
		if err != nil {
			continue // it is gone, or hidden and then not ours
		}
		_, rest, _ := strings.Cut(string(text[strings.LastIndexByte(string(text), ')')+1:]), " ") // behind the name, which may be anything
		if words := strings.Fields(rest); len(words) > 1 && words[1] == self {
			n++
		}
	}
	return n, nil
}
