package sim

import (
	"fmt"

	lt "github.com/listentest/listentest"
)

// rules are how a simulator behaves, so that it keeps a contract. What the
// contract leaves open is one way of it.
type rules struct {
	arrive arrival
	early  lt.Overflow // what a dial meets that finds no room; 0: it is not looked at
	late   lt.Overflow // what a connection meets that is to be admitted and finds no room; 0: its place was kept for it
	half   half
	// Who holds a place, beside those in the queue.
	dead     bool // one that was aborted, until it is accepted
	accepted bool // one that was accepted, until its acceptor closes it
	slow     bool // one that was accepted, until b0 has given the place back
	replay   bool // a replayed ack makes a phantom
	moves    bool // a close gives what is pending to another listener that is open
	edge     bool // who waits in accept is told that the queue is no longer empty, not of each connection
	retry    int32
}

// arrival is how a dialed connection comes into the accept queue.
type arrival uint8

const (
	atOnce      arrival = iota // with its place, in one step as under a lock
	byHandshake                // in two steps of its client
	byTask                     // b0 admits it, after its client has been told that it is connected
)

// half is what half-open connections are to the listener.
type half uint8

const (
	noHalf       half = iota // there are none
	separateHalf             // they hold no place; their ack looks for one
	sharedHalf               // they hold one
)

// rulesOf returns the rules by which c is kept.
func rulesOf(c lt.Contract) rules {
	r := rules{
		early:    one(c.Overflow, lt.Refuse, lt.ResetDial, lt.Again, lt.Block, lt.Drop),
		dead:     c.Must&lt.Aborted != 0,
		accepted: c.Credit == lt.CreditClose && c.May&lt.Accepted != 0,
		slow:     c.Credit == lt.CreditRest,
		replay:   c.Anomalies&lt.Phantom != 0,
		moves:    c.Close == lt.CloseMoves,
		retry:    c.Retry,
	}
	if r.retry <= 0 {
		r.retry = 1000
	}
	if c.Overflow == 0 {
		r.early = lt.Refuse
	}
	late := one(c.Overflow, lt.EndLater, lt.Ghost)
	switch c.Admit {
	case lt.AdmitReturn:
		r.arrive = atOnce
	case lt.AdmitUnlessOverlapped:
		r.arrive, r.late = byHandshake, late
	default:
		r.arrive, r.late = byTask, late
	}
	switch {
	case c.Must&lt.HalfOpen != 0:
		r.half = sharedHalf
	case late != 0:
		r.half = separateHalf
		r.late = late
	case c.May&lt.HalfOpen != 0:
		r.half = sharedHalf
	}
	return r
}

// one returns the first of looks that is in set, or 0.
func one(set lt.Overflow, looks ...lt.Overflow) lt.Overflow {
	for _, l := range looks {
		if set&l != 0 {
			return l
		}
	}
	return 0
}

// capacity returns how many places there are by c for listen's argument b: as
// many as may be, else as many as must be.
func capacity(c *lt.Contract, b int32) int32 {
	l := c.Backlog.Effective(b)
	switch {
	case c.Max.Stated:
		return c.Max.Of(l)
	case c.Guaranteed.Stated:
		return c.Guaranteed.Of(l)
	}
	return max(l, 1)
}

// simulable returns an error for a contract that contradicts itself.
func simulable(c lt.Contract) error {
	switch {
	case c.Must&^c.May != 0:
		return fmt.Errorf("who must count is no part of who may")
	case c.Must&lt.Accepted != 0 && c.Credit != lt.CreditClose:
		return fmt.Errorf("accepted connections count, and credit does not come back at close")
	case c.Guaranteed.Stated && c.Max.Stated && c.Guaranteed.Of(1) > c.Max.Of(1):
		return fmt.Errorf("more is guaranteed than may be held")
	}
	return nil
}
