package listentest

import "math"

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
	AdmitNever                         // only when it is accepted: ok means nothing (kcp-go, pion: no handshake)
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

// Overflow is the set of what a dial at a full queue may look like. The empty
// set is not stated.
type Overflow uint8

const (
	Refuse    Overflow = 1 << iota // it returns refused
	ResetDial                      // it returns reset
	Again                          // it returns would-block
	Drop                           // nothing comes back, and the dialer tries again; it may time out
	Block                          // it waits for room; it may time out
	EndLater                       // it returns ok, and the connection ends unaccepted
	Ghost                          // it returns ok, and nothing follows
)

// Close says what the close of a listener does to pending connections.
type Close uint8

const (
	AnyClose  Close = iota // none is stated
	CloseEnds              // each is told its end, and no accept returns it
	// CloseMoves is CloseEnds, but that each goes to another listener of the
	// address where one is open, whatever room that has.
	CloseMoves
)

// ends reports whether the close of the last listener ends what is pending.
func (c Close) ends() bool { return c == CloseEnds || c == CloseMoves }

// Anomalies is a set of things that are declared, so that they are no news.
type Anomalies uint8

const (
	Phantom Anomalies = 1 << iota // accept may return what nobody dialed
	Severs                        // the close of the listener ends what was accepted as well, as of a session
)

// held returns Must and May. If neither is stated, completed connections are
// held, and dead and half-open ones may be. An accepted connection surely holds
// the place that it had before, or none: where completed ones need not hold
// one, an accept would fill the queue.
func (c Contract) held() (must, may Counts) {
	if c.Must|c.May == 0 {
		return Completed, Completed | Aborted | HalfOpen
	}
	if must = c.Must; must&Completed == 0 {
		must &^= Accepted
	}
	return must, c.May
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
