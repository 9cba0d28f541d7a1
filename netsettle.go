package listentest

import (
	"context"
	"time"

	"github.com/listentest/listentest/sched"
)

// Settle waits, in a bubble until nothing can move but by time, elsewhere
// until what is expected to return has, or the context is done.
func (s *netSession) Settle(ctx context.Context) (Rest, error) {
	rest := Calm
	if s.o.Rest != nil {
		quiet := time.After(max(s.Lag, 1)) // passes only when everybody waits
		select {
		case <-ctx.Done():
			if ctx.Err() == context.Canceled { // what a step waited for is there; the rest may still move
				return Calm, nil
			}
			<-quiet // a deadline is of real time
		case <-quiet:
		}
		s.o.Rest()
		rest = Quiet
	} else {
		for s.ends(); s.expecting(); s.ends() {
			select {
			case <-s.changed:
				continue
			case <-ctx.Done():
			}
			break
		}
	}
	s.control.holds(s.report)
	s.ends()
	s.gauge()
	s.mu.Lock()
	defer s.mu.Unlock()
	return rest, s.trouble
}

// expecting reports whether something should still return: everything that is
// open but an accept that has nothing to take.
func (s *netSession) expecting() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	accepting, pending := false, false
	for _, w := range s.waits {
		if w.op.Kind != Accept {
			return true
		}
		accepting = true
	}
	for _, c := range s.conns { // one whose accepted end is not known may be waited for in vain
		pending = pending || c.client && !c.gone && c.peer == 0
	}
	return s.naming > 0 || pending && (accepting || s.shut) || s.shut && accepting
}

// gauge reports the listener's own count, if there is one.
func (s *netSession) gauge() {
	if s.Pending == nil || s.isShut() {
		return
	}
	l, n := s.current(), int32(-1)
	ask := func() {
		sched.Apart(true)
		n = int32(s.Pending(l))
	}
	if s.control.bubble == nil {
		ask()
	} else { // who is held may have the lock that it needs: then it says nothing
		sched.Go(ask)
		s.o.Rest()
	}
	if n >= 0 && (n != s.queue || s.control.anybody()) { // where somebody is held it says more than the history
		s.queue = n
		s.report(Event{Verb: Gauge, Step: Step{Actor: Listener(0)}, N: n})
	}
}
