package overlay_test

import (
	"runtime"
	"syscall"
)

func init() { programs["long system calls"] = longSystemCalls }

// longSystemCalls lose their processor meanwhile, and are waited for.
func longSystemCalls(see func(...any)) {
	together(3, func(i int) {
		long := syscall.NsecToTimespec(5e6)
		for syscall.Nanosleep(&long, nil) == syscall.EINTR { // the runtime sends signals when it likes
		}
		see(i)
		runtime.Gosched()
		see(i)
	})
}
