package listentest

// A Promise is one thing that a listener's contract says and Check judges.
// The order of the numbers is the order of precedence: where several break
// on one event, the first is printed and keys deduplication.
type Promise uint8

const (
	Conserve Promise = iota
	Isolation
	ShutPromise
	MinPending
	MaxPending
	OrderPromise
	EarlyData
	CreditPromise
	Progress
	RefusalMode
	numPromises
)

// Promises returns all promises in their order of precedence.
func Promises() []Promise {
	all := make([]Promise, numPromises)
	for i := range all {
		all[i] = Promise(i)
	}
	return all
}

var promises = [numPromises]struct{ name, doc string }{
	Conserve:      {"conserve", "every admitted connection is accepted exactly once or told its end, and nothing else is accepted"},
	Isolation:     {"isolation", "one bad connection neither poisons the listener nor stalls the others, and nothing makes it panic"},
	ShutPromise:   {"shut", "close ends every pending connection and everyone who waits, but no accepted connection, and nothing is admitted after it"},
	MinPending:    {"min-pending", "a connection is never refused while fewer than the guaranteed number are pending"},
	MaxPending:    {"max-pending", "no connection is admitted while the most that may be pending are"},
	OrderPromise:  {"order", "connections are accepted in the order in which they were admitted"},
	EarlyData:     {"early-data", "what one side sends before or after accept reaches the other whole, and in order"},
	CreditPromise: {"credit", "from rest, as many connections are admitted one after the other as there are places"},
	Progress:      {"progress", "no accept waits while a connection is pending, and no dial while there is room"},
	RefusalMode:   {"refusal-mode", "a dial at a full queue looks as the contract says"},
}

// String returns the promise's name, as it stands in corpus files.
func (p Promise) String() string { return promises[p].name }

// Doc returns one sentence that says what is promised.
func (p Promise) Doc() string { return promises[p].doc }

// ParsePromise returns the promise of a name; ok is false for an unknown one.
func ParsePromise(name string) (p Promise, ok bool) {
	for i := range promises {
		if promises[i].name == name {
			return Promise(i), true
		}
	}
	return 0, false
}

// Status is what Check can say of a promise after one history.
type Status uint8

const (
	NotStated Status = iota // the contract says nothing
	Unknown                 // nothing here decided it
	Held
	Suspect  // broken, if waiting longer would not have mended it
	Violated // broken
	numStatuses
)

var statusNames = [numStatuses]string{"not stated", "unknown", "held", "suspect", "violated"}

func (s Status) String() string { return statusNames[s] }

// Statuses returns all statuses, the best news first.
func Statuses() []Status { return []Status{Held, Violated, Suspect, Unknown, NotStated} }

// A Violation is one broken promise in one history. Its texts are canonical:
// two runs of the same schedule that break the same promise alike give the
// same text.
type Violation struct {
	Promise Promise
	// Suspect: it rests on elapsed time, and a slower rest might show that
	// nothing is wrong.
	Suspect bool
	Text    string  // one sentence
	Op      int32   // the operation that shows it; 0 if none does
	From    int     // the events between which the promise was broken:
	To      int     // indices into History.Events, From <= To
	Holders []int32 // connections that may have held a place at To
	// Or are other promises, of which each alone, if it were not kept, would
	// explain the same: which of them is broken is not known.
	Or []Promise
}

// An Observation is something that is worth knowing and breaks no promise.
type Observation struct {
	Op    int32 // the operation that shows it; 0 if none does
	Doubt bool  // the listener's own count of its queue is not what can be held
	Text  string
}

// A Verdict is all that Check says of one history.
type Verdict struct {
	Of           [numPromises]Status
	Violations   []Violation // the first of each promise, in order of precedence
	Observations []Observation
	// Exact: the history was searched as well, so that no order of what
	// happened inside its operations was missed.
	Exact bool
}

// First returns the violation that counts, or nil. A certain one counts
// before a suspect one.
func (v Verdict) First() *Violation {
	var first *Violation
	for i := range v.Violations {
		if w := &v.Violations[i]; first == nil || first.Suspect && !w.Suspect {
			first = w
		}
	}
	return first
}

// Of returns v's violation of p, or nil.
func (v Verdict) violation(p Promise) *Violation {
	for i := range v.Violations {
		if v.Violations[i].Promise == p {
			return &v.Violations[i]
		}
	}
	return nil
}
