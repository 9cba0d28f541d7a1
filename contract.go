package listentest

import (
	"fmt"
	"math"
	"strings"
)

// A Contract says what a target promises, as data: what differs between
// targets stands here and nowhere else. The zero value promises nothing, and
// what is not stated is reported as not stated, never as held. Contracts are
// comparable with ==.
type Contract struct {
	Backlog    Backlog
	Guaranteed Bound // a dial is never refused while fewer connections are held
	Max        Bound // never more connections are held, at rest
	Race       int32 // how many more concurrent admissions may add to Max
	Admit      Admit
	Credit     Credit
	Must, May  Counts // what is held: surely, and possibly; see held
	Order      Order
	Overflow   Overflow
	Retry      int32 // milliseconds within which a dropped dial is tried again; for Overflow Drop
	Close      Close
	Anomalies  Anomalies
}

// Backlog says how a target reads listen's argument b: as Zero for 0, as
// Negative below 0, else between Low and High. High 0 is no upper limit.
type Backlog struct{ Zero, Negative, Low, High int32 }

// Effective returns the value L that b is read as.
func (r Backlog) Effective(b int32) int32 {
	switch {
	case b == 0:
		b = r.Zero
	case b < 0:
		b = r.Negative
	}
	b = max(b, r.Low)
	if r.High > 0 {
		b = min(b, r.High)
	}
	return b
}

// A Bound is floor(Mul*L/Div) + Plus for the effective backlog L, if Stated.
type Bound struct {
	Stated         bool
	Mul, Div, Plus int32
}

// Of returns the bound for the effective backlog l.
func (b Bound) Of(l int32) int32 {
	n := int64(b.Mul)*int64(l)/int64(max(b.Div, 1)) + int64(b.Plus)
	return int32(max(math.MinInt32, min(n, math.MaxInt32)))
}

// Exactly returns the stated bound L + plus.
func Exactly(plus int32) Bound { return Bound{Stated: true, Mul: 1, Div: 1, Plus: plus} }

// Admit says when a dialed connection is surely in the accept queue. The zero
// value is the least that can be meant.
type Admit uint8

const (
	AdmitLater            Admit = iota // at the next quiet rest without its end (FreeBSD, yamux, quic-go; or not stated)
	AdmitReturn                        // when its dial returned ok
	AdmitUnlessOverlapped              // so, if no other dial, ack or listen overlapped it (Linux and gVisor ghosts)
)

// Credit says when an accepted connection has surely given its place back.
type Credit uint8

const (
	CreditReturn Credit = iota // when accept returned it
	CreditRest                 // at the next quiet rest
	CreditClose                // when the accepted connection was closed
)

// Counts is a set of connections that hold a place.
type Counts uint8

const (
	HalfOpen Counts = 1 << iota
	Completed
	Aborted // by its client, before accept
	Accepted
)

// Order says in which order connections are accepted.
type Order uint8

const (
	AnyOrder Order = iota // none is stated
	FIFO                  // as they were admitted
)

// Overflow says what a dial at a full queue meets.
type Overflow uint8

const (
	AnyOverflow Overflow = iota // none is stated
	Refuse
	Drop  // nothing, and the dialer tries again
	Block // the dial waits for room
)

// Close says what the close of a listener does to pending connections.
type Close uint8

const (
	AnyClose  Close = iota // none is stated
	CloseEnds              // each is told its end, and no accept returns it
)

// Anomalies is a set of things that are declared, so that they are no news.
type Anomalies uint8

const (
	Phantom Anomalies = 1 << iota // accept may return what nobody dialed
)

var (
	admitNames    = [...]string{"later", "return", "unless-overlapped"}
	creditNames   = [...]string{"return", "rest", "close"}
	countNames    = [...]string{"half-open", "completed", "aborted", "accepted"}
	orderNames    = [...]string{"not stated", "fifo"}
	overflowNames = [...]string{"not stated", "refuse", "drop", "block"}
	closeNames    = [...]string{"not stated", "ends"}
	anomalyNames  = [...]string{"phantom"}
)

func (a Admit) String() string    { return admitNames[a] }
func (c Credit) String() string   { return creditNames[c] }
func (o Order) String() string    { return orderNames[o] }
func (o Overflow) String() string { return overflowNames[o] }
func (c Close) String() string    { return closeNames[c] }

// MarshalText makes the words stand in JSON.
func (a Admit) MarshalText() ([]byte, error)     { return []byte(a.String()), nil }
func (c Credit) MarshalText() ([]byte, error)    { return []byte(c.String()), nil }
func (o Order) MarshalText() ([]byte, error)     { return []byte(o.String()), nil }
func (o Overflow) MarshalText() ([]byte, error)  { return []byte(o.String()), nil }
func (c Close) MarshalText() ([]byte, error)     { return []byte(c.String()), nil }
func (c Counts) MarshalText() ([]byte, error)    { return []byte(c.String()), nil }
func (a Anomalies) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

func (c Counts) String() string    { return setText(uint8(c), countNames[:]) }
func (a Anomalies) String() string { return setText(uint8(a), anomalyNames[:]) }

func setText(set uint8, names []string) string {
	var in []string
	for i, name := range names {
		if set&(1<<i) != 0 {
			in = append(in, name)
		}
	}
	if len(in) == 0 {
		return "none"
	}
	return strings.Join(in, "+")
}

// String returns the bound as a formula in L, the effective backlog.
func (b Bound) String() string {
	if !b.Stated {
		return "not stated"
	}
	s := "0"
	switch {
	case b.Mul != 0 && b.Mul == max(b.Div, 1):
		s = "L"
	case b.Mul != 0 && b.Div <= 1:
		s = fmt.Sprintf("%dL", b.Mul)
	case b.Mul != 0:
		s = fmt.Sprintf("floor(%dL/%d)", b.Mul, b.Div)
	}
	switch {
	case s == "0":
		return fmt.Sprint(b.Plus)
	case b.Plus != 0:
		return fmt.Sprintf("%s%+d", s, b.Plus)
	}
	return s
}

// String returns how L follows from listen's argument b.
func (r Backlog) String() string {
	s := fmt.Sprintf("L = b; b = 0 is read as %d, b < 0 as %d", r.Zero, r.Negative)
	if r.Low != 0 {
		s += fmt.Sprintf("; at least %d", r.Low)
	}
	if r.High != 0 {
		s += fmt.Sprintf("; at most %d", r.High)
	}
	return s
}

// String returns c for people: a line a field, what is not stated included.
func (c Contract) String() string {
	rows := [...][2]any{
		{"backlog", c.Backlog}, {"guaranteed", c.Guaranteed}, {"max", c.Max}, {"race", c.Race},
		{"admit", c.Admit}, {"credit", c.Credit}, {"must", c.Must}, {"may", c.May}, {"order", c.Order},
		{"overflow", c.Overflow}, {"retry", fmt.Sprintf("%d ms", c.Retry)}, {"close", c.Close}, {"anomalies", c.Anomalies},
	}
	var b []byte
	for _, r := range rows {
		b = fmt.Appendf(b, "%-11s %v\n", r[0], r[1])
	}
	return string(b)
}

// held returns Must and May. If neither is stated, completed connections are
// held, and dead and half-open ones may be.
func (c Contract) held() (must, may Counts) {
	if c.Must|c.May == 0 {
		return Completed, Completed | Aborted | HalfOpen
	}
	return c.Must, c.May
}

// guaranteedFor returns the guarantee for listen's argument b; 0 if none is
// stated.
func (c Contract) guaranteedFor(b int32) int32 {
	if !c.Guaranteed.Stated {
		return 0
	}
	return c.Guaranteed.Of(c.Backlog.Effective(b))
}

// maxFor returns the most that may be held for listen's argument b, with
// what may race in; without a stated Max there is no limit.
func (c Contract) maxFor(b int32) int32 {
	if !c.Max.Stated {
		return math.MaxInt32
	}
	return int32(min(int64(c.Max.Of(c.Backlog.Effective(b)))+int64(c.Race), math.MaxInt32))
}
