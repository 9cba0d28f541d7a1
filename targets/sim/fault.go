package sim

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
	Promise string // the promise that it breaks
	Doc     string
}

// catalogue lists the faults in the order of their bits.
var catalogue = [...]Fault{
	{"deferred-credit", "min-pending", "the unit of an accepted connection comes back only at the acceptor's next point after accept returned (KB 295079)"},
	{"off-by-one-low", "min-pending", "the queue holds one connection less than guaranteed (Linux 2.6.21-rc, >= for >)"},
	{"off-by-one-high", "max-pending", "the queue holds one connection more than it may"},
	{"credit-leak-on-abort", "min-pending", "the unit of a connection that was aborted before accept never comes back (Linux vsock, vmci)"},
	{"lost-wakeup", "progress", "an acceptor that found the queue empty parks without a second look"},
	{"duplicate-accept", "conserve", "the head of the queue is read and removed in two steps, so that two acceptors can read the same"},
	{"lifo-order", "order", "the newest connection is accepted first"},
	{"close-leaves-pending", "shut", "close drops the queue without telling the clients in it"},
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
