//go:build listentest_sched

package sched

import (
	"runtime"
	"unsafe"
)

// One processor is what control takes; and the first collection in a process
// starts goroutines and waits for them. Neither is to happen in a bubble.
func init() {
	runtime.GOMAXPROCS(1)
	runtime.GC()
}

// Controlled reports whether the program was built with schedule control.
func Controlled() bool { return true }

//go:linkname begin runtime.ctlBegin
func begin(policy uint8, seed uint64, changes []uint64, replay, log []byte) int

//go:linkname end runtime.ctlEnd
func end() (hash, points uint64, decisions int, spilled bool)

//go:linkname arm runtime.ctlArm
func arm(g unsafe.Pointer, id, k uint32) bool

//go:linkname resume runtime.ctlResume
func resume(g unsafe.Pointer, id uint32) bool

//go:linkname self runtime.ctlSelf
func self() (g unsafe.Pointer, id uint32)

//go:linkname state runtime.ctlState
func state(g unsafe.Pointer, id uint32, pcs []uintptr) (points uint32, held bool, kind uint8, n int)

//go:linkname own runtime.ctlOwn
func own(own bool)

//go:linkname apart runtime.ctlApart
func apart(apart bool) (was bool)

//go:linkname task runtime.ctlTask
func task(n, k uint32, arm bool) (g unsafe.Pointer, id uint32)

//go:linkname outside runtime.ctlOutside
func outside(f func())

//go:linkname watched runtime.ctlWatch
func watched() (run, points, spins uint64)
