//go:build !listentest_sched

package sched

import (
	"time"
	"unsafe"
)

// Controlled reports whether the program was built with schedule control.
func Controlled() bool { return false }

func begin(uint8, uint64, []uint64, []byte, []byte) int                  { return 0 }
func end() (hash, points uint64, decisions int, spilled bool)            { return 0, 0, 0, false }
func arm(unsafe.Pointer, uint32, uint32) bool                            { return false }
func resume(unsafe.Pointer, uint32) bool                                 { return false }
func self() (unsafe.Pointer, uint32)                                     { return nil, 0 }
func state(unsafe.Pointer, uint32, []uintptr) (uint32, bool, uint8, int) { return 0, false, 0, 0 }
func own(bool)                                                           {}
func apart(bool) (was bool)                                              { return false }
func task(uint32, uint32, bool) (unsafe.Pointer, uint32)                 { return nil, 0 }
func watch(time.Duration)                                                {}
