//go:build listentest_sched

package sched

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"time"
)

// The watchdog's state is behind the functions of sync/atomic, and not its
// types, where there would be a point.
var (
	watching int32 // a goroutine watches
	patience int64 // see Plan
)

// watch has somebody end the process when a goroutine under control runs for
// so long without passing a point: nobody else of the bubble would ever run.
func watch(long time.Duration) {
	if long <= 0 {
		long = 10 * time.Second
	}
	atomic.StoreInt64(&patience, int64(long))
	if atomic.CompareAndSwapInt32(&watching, 0, 1) {
		outside(guard)
	}
}

// guard looks ten times in that time whether the same goroutine is stopped by
// the clock, again, with no point passed since; a process that sleeps as a
// whole is no reason to bark. It ends when nothing is under control.
func guard() {
	type look struct{ run, points, spins uint64 }
	var last look
	for stuck := 0; ; {
		long := time.Duration(atomic.LoadInt64(&patience))
		time.Sleep(long / 10)
		var now look
		now.run, now.points, now.spins = watched()
		switch {
		case now.run == 0:
			atomic.StoreInt32(&watching, 0)
			if run, _, _ := watched(); run == 0 || !atomic.CompareAndSwapInt32(&watching, 0, 1) {
				return
			}
		case now.spins == 0 || now != last:
			stuck = 0
		default:
			if stuck++; stuck == 10 {
				fmt.Fprintf(os.Stderr, "sched: goroutine %d has run for %v without passing a point, so that nobody else of its bubble can run:\n\n%s\n", now.spins, long, stack(now.spins))
				os.Exit(2)
			}
		}
		last = now
	}
}

// stack returns the stack of a goroutine.
func stack(id uint64) []byte {
	all := make([]byte, 1<<20)
	all = all[:runtime.Stack(all, true)]
	head := fmt.Appendf(nil, "goroutine %d ", id)
	for one := range bytes.SplitSeq(all, []byte("\n\n")) {
		if bytes.HasPrefix(one, head) {
			return one
		}
	}
	return all
}
