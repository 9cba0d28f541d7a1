package sim

import lt "github.com/listentest/listentest"

// faults is a set of injected defects.
type faults uint16

const (
	deferredCredit faults = 1 << iota
	offByOneLow
	offByOneHigh
	creditLeakOnAbort
	lostWakeup
	duplicateAccept
	lifoOrder
	closeLeavesPending
)

// A Fault is a defect that can be injected by its name.
type Fault struct {
	Name    string
	Promise lt.Promise // which it breaks
	Doc     string
}

// catalogue lists the faults in the order of their bits.
var catalogue = [...]Fault{
	{"deferred-credit", lt.MinPending, "the unit of an accepted connection comes back only at the acceptor's next point after accept returned (KB 295079)"},
	{"off-by-one-low", lt.MinPending, "the queue holds one connection less than guaranteed (Linux 2.6.21-rc, >= for >)"},
	{"off-by-one-high", lt.MaxPending, "the queue holds one connection more than it may"},
	{"credit-leak-on-abort", lt.MinPending, "the unit of a connection that was aborted before accept never comes back (Linux vsock, vmci)"},
	{"lost-wakeup", lt.Progress, "an acceptor that found the queue empty parks without a second look"},
	{"duplicate-accept", lt.Conserve, "the head of the queue is read and removed in two steps, so that two acceptors can read the same"},
	{"lifo-order", lt.OrderPromise, "the newest connection is accepted first"},
	{"close-leaves-pending", lt.ShutPromise, "close drops the queue without telling the clients in it"},
}

// Catalogue returns what can be injected.
func Catalogue() []Fault { return catalogue[:] }

// Faults returns the names of the faults.
func Faults() []string {
	var names []string
	for _, f := range catalogue {
		names = append(names, f.Name)
	}
	return names
}

func faultOf(name string) (faults, bool) {
	for i, f := range catalogue {
		if f.Name == name {
			return 1 << i, true
		}
	}
	return 0, false
}
