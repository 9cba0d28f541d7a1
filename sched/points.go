package sched

import "strings"

// pointKinds names the kinds of points, by their number; the overlay has the
// same (a test compares them).
var pointKinds = []string{"", "go", "send", "recv", "close", "select", "Mutex.Lock", "Mutex.Unlock",
	"RWMutex.Lock", "RWMutex.Unlock", "RWMutex.RLock", "RWMutex.RUnlock", "Cond.Wait", "Cond.Signal",
	"WaitGroup.Add", "WaitGroup.Wait", "Once.Do", "atomic load", "atomic store", "atomic change", "statement"}

func pointKind(n uint8) string {
	if int(n) < len(pointKinds) {
		return pointKinds[n]
	}
	return "?"
}

// ours reports whether a function is part of what makes a point, and not the
// one that came to it.
func ours(function string) bool {
	for _, p := range []string{"runtime.", "sync.", "sync/atomic.", "internal/sync."} {
		if strings.HasPrefix(function, p) {
			return true
		}
	}
	return false
}
