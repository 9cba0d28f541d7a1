package listentest

// Verb is what an [Event] tells.
type Verb uint8

const (
	Call    Verb = iota // an operation begins: Op, Step, and Conn where it addresses one
	Return              // it ends: Op, Outcome, Conn for what a dial or accept made, N for a count
	Skipped             // Step meant nothing here and was not run
	Hold                // Step.Actor was stopped at Point
	Named               // the accept Op had returned the connection Conn, as was learned now
	End                 // Conn ended by Outcome with no operation of ours
	Gauge               // Step.Actor's accept queue holds N, by the listener's own count
	Clock               // the target's clock shows N milliseconds since it was opened
	Rested              // the target came to rest; N is a Rest
	Left                // after the session was closed a goroutine was left behind, in the function Point
	Died                // the program in which the listener ran ended by Outcome, in the function Point
)

var verbNames = [...]string{"call", "return", "skip", "hold", "named", "end", "gauge", "clock", "rest", "left", "died"}

// Outcome is how an operation or a connection ended. Append only. An
// operation that is open has no Return.
type Outcome uint8

const (
	OK Outcome = iota
	Refused
	Reset
	WouldBlock
	Timeout
	Closed
	Cancelled
	EOF
	Failed
	Corrupt
	Panicked
	Unsupported
)

var outcomeNames = [...]string{"ok", "refused", "reset", "would-block", "timeout", "closed",
	"cancelled", "eof", "failed", "corrupt", "panic", "unsupported"}

// String returns the word that stands for o in texts.
func (o Outcome) String() string {
	if int(o) >= len(outcomeNames) {
		o = Failed
	}
	return outcomeNames[o]
}

// refusal reports whether a dial that returned o was not admitted.
func (o Outcome) refusal() bool {
	return o == Refused || o == Reset || o == WouldBlock || o == Timeout
}

// Rest says what a target knows when nothing moves any more.
type Rest uint8

const (
	Calm  Rest = iota // it only waited
	Quiet             // nothing can move without a further operation
)

var restNames = [...]string{"calm", "quiet"}

func (r Rest) String() string { return restNames[r] }

// An Op is an operation of a [Session].
type Op struct {
	// ID counts the operations of a run from 1 in the order of their calls.
	// A connection is named by the ID of the operation that dialed it.
	ID int32
	// Conn is the connection that a send, recv, half-close, hangup, abort or
	// ack addresses: the ID of the operation that obtained it, which is the
	// dial or syn at a client and the accept at an acceptor. An ack addresses
	// the client's newest half-open connection; with none half-open it repeats
	// the last ack, and Conn is that one's. 0 for every other kind.
	Conn int32
	Step
}

// Nobody is the [Event.Conn] of an accept that returned a connection which,
// as the session knows, no operation dialed.
const Nobody int32 = -1

// An Event is one thing that was seen. Which fields mean something depends
// on Verb; the others are zero.
type Event struct {
	Verb    Verb
	Outcome Outcome
	Step    Step
	Op      int32
	Conn    int32 // an Op.ID; 0 is no or an unknown connection; or Nobody
	N       int32
	Point   string
}

// A History is what was seen in one run, in one order. An operation that was
// open at the end has a Call and no Return.
type History struct {
	Backlog int32
	Events  []Event
}
