package overlay

import "fmt"

// An edit changes one function of the standard library, or one type.
type edit struct {
	file string // below GOROOT/src
	name string // of the function, Type.method for a method, or "type T"
	// or is where it is done in toolchains that have that elsewhere, as "FILE
	// NAME", where it does not apply to the first.
	or string
	// What is done: text goes in before the first statement of the function,
	// or after its last one, or behind the statement that has the text after
	// in it; or into a struct type; or old is replaced by new, wherever it
	// stands in it. In first, OBJECT is the receiver, or the channel that the
	// function takes.
	first, last, after, text, field, old, new string
}

// edits are all that is changed. Each must apply, or nothing is built.
func edits() []edit {
	all := []edit{
		{file: "runtime/runtime2.go", name: "type g", field: "ctl ctlG"},
		{file: "runtime/synctest.go", name: "type synctestBubble", field: "controlled bool"},
		{file: "runtime/synctest.go", name: "synctestBubble.changegstatus", old: "gp.waitreason.isIdleInSynctest()", new: "ctlIdle(gp)"},
		// Who runs.
		{file: "runtime/proc.go", name: "schedule", first: "if ctlOn { ctlFlush() }"},
		{file: "runtime/proc.go", name: "schedule", after: "findRunnable()", text: "if ctlOn { if mp.spinning { resetspinning() }; if gp, inheritTime = ctlPick(gp, inheritTime); gp == nil { goto top } }"},
		{file: "runtime/proc.go", name: "newproc1", after: "newg.bubble = callergp.bubble", text: "if ctlOn && newg.bubble == ctl.bubble { ctlEnter(newg, callergp); ctl.born = true }"},
		{file: "runtime/proc.go", name: "newproc1", after: "newg.startpc = fn.fn", text: "newg.ctl = ctlG{}"},
		{file: "runtime/proc.go", name: "newproc", last: "ctlGo()"},
		{file: "runtime/proc.go", name: "gopreempt_m", first: "ctlPreempted(gp)"},
		{file: "runtime/proc.go", name: "preemptPark", first: "ctlPreempted(gp)"},
		{file: "runtime/proc.go", name: "goschedguarded_m", first: "ctlPreempted(gp)"},
		{file: "runtime/proc.go", name: "exitsyscallNoP", or: "runtime/proc.go exitsyscall0", first: "ctlPreempted(gp)"},
		{file: "runtime/proc.go", name: "park_m", first: "if ctlOn { ctlParks(gp) }"},
		{file: "runtime/proc.go", name: "gosched_m", first: "ctlYields(gp)"},
		{file: "runtime/proc.go", name: "execute", first: "if ctlOn { ctlRuns(gp) }"},
		{file: "runtime/coro.go", name: "coroswitch_m", after: "setMNoWB(&gnext.m, mp)", text: "if ctlOn { ctlRuns(gnext) }"},
		{file: "runtime/mgc.go", name: "GC", old: "Gosched()", new: "ctlGosched()"},
		{file: "runtime/mgc.go", name: "gcStart", old: "\tGosched()", new: "\tctlGosched()"},
		{file: "runtime/mgcmark.go", name: "gcAssistAlloc", old: "Gosched()", new: "ctlGosched()"},
		{file: "runtime/sema.go", name: "semacquire", old: "waitReasonSemacquire", new: "ctlSemaReason()"},
		// What is random.
		{file: "runtime/select.go", name: "selectgo", old: "cheaprandn(", new: "ctlSelectRand("},
		{file: "runtime/time.go", name: "timer.maybeAdd", old: "cheaprand()", new: "ctlTimerRand()"},
		{file: "runtime/rand.go", name: "rand", first: "if x, ok := ctlUserRand(); ok { return x }"},
		{file: "runtime/alg.go", name: "alginit", or: "internal/runtime/maps/runtime_alg.go AlgInit", old: "bootstrapRand()", new: hashKey},
		{file: "runtime/alg.go", name: "initAlgAES", or: "internal/runtime/maps/runtime_alg.go initAlgAES", old: "bootstrapRand()", new: hashKey},
		{file: "crypto/internal/sysrand/rand.go", name: "Read", first: "if ctlSysRand(b) { return }"},
		{file: "internal/sync/mutex.go", name: "Mutex.lockSlow", old: "runtime_nanotime()", new: "ctlMutexTime()"},
		{file: "sync/pool.go", name: "Pool.Put", first: "if ctlNoPool() { return }"},
		{file: "sync/pool.go", name: "Pool.Get", first: "if ctlNoPool() { if p.New == nil { return nil }; return p.New() }"},
		{file: "crypto/tls/cache.go", name: "weakCertCache.newCert", first: "if ctlNoCache() { return x509.ParseCertificate(der) }"},
		{file: "crypto/internal/fips140cache/cache.go", name: "Cache.Get", first: "if ctlNoCache() { return new() }"},
	}
	points := func(file, kind string, names ...string) {
		for _, name := range names {
			all = append(all, edit{file: file, name: name, first: point(kind)})
		}
	}
	points("runtime/chan.go", "send", "chansend1", "selectnbsend", "reflect_chansend")
	points("runtime/chan.go", "recv", "chanrecv1", "chanrecv2", "selectnbrecv", "reflect_chanrecv")
	points("runtime/chan.go", "close", "closechan")
	all = append(all, edit{file: "runtime/select.go", name: "selectgo", first: "if ctlOn { ctlSelect(cas0, nsends+nrecvs) }"})
	points("sync/mutex.go", "Mutex.Lock", "Mutex.Lock", "Mutex.TryLock")
	points("sync/mutex.go", "Mutex.Unlock", "Mutex.Unlock")
	points("sync/rwmutex.go", "RWMutex.Lock", "RWMutex.Lock", "RWMutex.TryLock")
	points("sync/rwmutex.go", "RWMutex.Unlock", "RWMutex.Unlock")
	points("sync/rwmutex.go", "RWMutex.RLock", "RWMutex.RLock", "RWMutex.TryRLock")
	points("sync/rwmutex.go", "RWMutex.RUnlock", "RWMutex.RUnlock")
	points("sync/cond.go", "Cond.Wait", "Cond.Wait")
	points("sync/cond.go", "Cond.Signal", "Cond.Signal", "Cond.Broadcast")
	points("sync/waitgroup.go", "WaitGroup.Add", "WaitGroup.Add")
	points("sync/waitgroup.go", "WaitGroup.Wait", "WaitGroup.Wait")
	points("sync/once.go", "Once.Do", "Once.Do")
	for _, t := range []string{"Bool", "Pointer", "Int32", "Int64", "Uint32", "Uint64", "Uintptr"} {
		points("sync/atomic/type.go", "atomic load", t+".Load")
		points("sync/atomic/type.go", "atomic store", t+".Store")
		points("sync/atomic/type.go", "atomic change", t+".Swap", t+".CompareAndSwap")
		switch t {
		case "Int32", "Int64", "Uint32", "Uint64", "Uintptr":
			points("sync/atomic/type.go", "atomic change", t+".Add", t+".And", t+".Or")
		}
	}
	points("sync/atomic/value.go", "atomic load", "Value.Load")
	points("sync/atomic/value.go", "atomic store", "Value.Store")
	points("sync/atomic/value.go", "atomic change", "Value.Swap", "Value.CompareAndSwap")
	return all
}

// hashKey stands for what hashes of maps depend on, which is to be the same in
// every process; i counts the words of the key.
const hashKey = "uint64(i+1)*0x9e3779b97f4a7c15"

// Kinds names the kinds of points, by their number.
var Kinds = []string{"", "go", "send", "recv", "close", "select", "Mutex.Lock", "Mutex.Unlock",
	"RWMutex.Lock", "RWMutex.Unlock", "RWMutex.RLock", "RWMutex.RUnlock", "Cond.Wait", "Cond.Signal",
	"WaitGroup.Add", "WaitGroup.Wait", "Once.Do", "atomic load", "atomic store", "atomic change", "statement"}

// point is the call that makes a point of a kind, before what the function
// does with its object.
func point(kind string) string {
	for i, k := range Kinds {
		if k == kind {
			return fmt.Sprintf("if ctlOn { ctlPoint(%d, ctlObject(OBJECT)) }", i)
		}
	}
	panic("no kind of point is called " + kind)
}

// added are the files that come to packages of the standard library, by the
// patch that they are made of.
var added = map[string]string{
	"runtime/zlistentest_control.go":              "patch/control.go.txt",
	"runtime/zlistentest_pick.go":                 "patch/pick.go.txt",
	"runtime/zlistentest_point.go":                "patch/point.go.txt",
	"runtime/zlistentest_pos.go":                  "patch/pos.go.txt",
	"runtime/zlistentest_seeded.go":               "patch/seeded.go.txt",
	"sync/zlistentest.go":                         "patch/sync.go.txt",
	"sync/atomic/zlistentest.go":                  "patch/atomic.go.txt",
	"internal/sync/zlistentest.go":                "patch/internalsync.go.txt",
	"crypto/internal/sysrand/zlistentest.go":      "patch/sysrand.go.txt",
	"crypto/tls/zlistentest.go":                   "patch/tls.go.txt",
	"crypto/internal/fips140cache/zlistentest.go": "patch/fips140cache.go.txt",
}
