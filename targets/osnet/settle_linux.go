package osnet

import (
	"context"
	"slices"
	"time"

	lt "github.com/listentest/listentest"
	"golang.org/x/sys/unix"
)

// Settle tries what is open until nothing is expected to move, or until the
// deadline. What is expected decides how long it waits, never the verdict: an
// answer that came without waiting is as calm as one that came after it. Only
// a family whose calls are over when they return knows that it is quiet.
func (s *session) Settle(ctx context.Context) (lt.Rest, error) {
	s.flight.Wait()
	end, _ := ctx.Deadline()
	fully := time.Until(end) > s.pace // it is a rest, and not the wait for a step
	wait := 10 * time.Microsecond
	for {
		s.try()
		s.ended()
		expecting := s.expecting()
		s.mu.Lock()
		err := s.trouble
		s.mu.Unlock()
		if err != nil {
			return lt.Calm, err
		}
		if !expecting || ctx.Err() != nil {
			break
		}
		time.Sleep(wait) // the kernel tells no event for "nothing will happen"
		wait = min(2*wait, time.Millisecond)
	}
	if fully && s.t.foreign != nil {
		s.giveUp()
	}
	if s.family.quiet && s.t.foreign == nil {
		return lt.Quiet, nil
	}
	return lt.Calm, nil
}

// try tries the open dials and then the open accepts once more. Only the
// runner's goroutine does this, and only with what its first try left open.
func (s *session) try() {
	s.process.meet(s)
	s.mu.Lock()
	s.hear(nil)
	idle := len(s.accepts) == 0 && !s.anyDialing()
	var dials []client
	var accepts []lt.Op
	if !idle {
		dials = slices.DeleteFunc(slices.Clone(s.live()), func(c client) bool { return c.phase != dialing || c.half != nil })
		accepts = slices.Clone(s.accepts)
	}
	s.mu.Unlock()
	for _, c := range dials {
		s.dialed(c.op, connecting(c.fd))
	}
	empty := [8]bool{}
	for _, op := range accepts {
		if n := op.Actor.Num() / 8; empty[n] || !s.acceptOn(op) {
			empty[n] = true // the others would find nothing either
			continue
		}
		s.mu.Lock()
		s.accepts = slices.DeleteFunc(s.accepts, func(o lt.Op) bool { return o.ID == op.ID })
		s.mu.Unlock()
	}
}

// live returns the clients from the first on that is not done with: whom no
// accept returned, and who may still be admitted, or told their end. A session
// may have had many others, and they are looked at at every step.
func (s *session) live() []client {
	for s.past < len(s.clients) && (s.clients[s.past].taken || s.clients[s.past].phase == over) {
		s.past++
	}
	return s.clients[s.past:]
}

func (s *session) anyDialing() bool {
	return slices.ContainsFunc(s.live(), func(c client) bool { return c.phase == dialing })
}

// ended looks for clients whose connection ended before an accept, and
// reports the length of the accept queue where it changed.
func (s *session) ended() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.polls = s.polls[:0]
	live := s.live()
	for i := range live {
		if c := &live[i]; c.pending() {
			s.polls = append(s.polls, unix.PollFd{Fd: int32(c.fd), Events: unix.POLLRDHUP})
		}
	}
	if len(s.polls) > 0 {
		if n, err := poll(s.polls, 0); n > 0 && err == nil {
			s.reportEnded(live)
		}
	}
	s.gauge()
}

// gauge reports the length of the accept queue where that has changed, or who
// should be in it, which is when the two are worth comparing.
func (s *session) gauge() {
	live, due := s.live(), int32(0)
	for i := range live {
		if c := &live[i]; c.phase == connected && !c.taken {
			due++
		}
	}
	nobody := len(live) == 0 && s.queue == 0 && s.wire == nil && s.t.contract.Anomalies&lt.Phantom == 0 // who could come
	if due == s.due && (s.family.quiet || nobody) {
		return // it is as it was
	}
	q, ok := s.queued()
	if !ok || q == s.queue && due == s.due {
		return
	}
	s.queue, s.due = q, due
	s.report(lt.Event{Verb: lt.Gauge, Step: lt.Step{Actor: lt.Listener(0)}, N: q})
}

func (c *client) pending() bool { return c.phase == connected && !c.taken && !c.quit }

// reportEnded reports those of s.polls that have news; they stand in the
// order of the pending clients.
func (s *session) reportEnded(live []client) {
	next := 0
	for i := range live {
		c := &live[i]
		if !c.pending() {
			continue
		}
		p := s.polls[next]
		next++
		if p.Revents == 0 {
			continue
		}
		outcome := lt.EOF
		if errno, err := unix.GetsockoptInt(c.fd, unix.SOL_SOCKET, unix.SO_ERROR); err != nil || errno != 0 {
			outcome = lt.Reset
		}
		c.phase = over
		if s.observed() && (outcome == lt.EOF || c.sent > 0) {
			continue // it was accepted, and served or not; with bytes unread the kernel resets
		}
		s.report(lt.Event{Verb: lt.End, Conn: c.op, Outcome: outcome})
	}
}

// queued returns the length of the accept queue by the listener's own count:
// tcpi_unacked, which Linux fills with sk_ack_backlog for a listener, or what
// sock_diag says; ok is false if there is none.
func (s *session) queued() (n int32, ok bool) {
	switch {
	case s.listeners[0] < 0 || s.down:
		return 0, false
	case s.family.addressed:
		info, err := unix.GetsockoptTCPInfo(s.listeners[0], unix.IPPROTO_TCP, unix.TCP_INFO)
		if err != nil {
			return 0, false
		}
		return int32(info.Unacked), true
	case s.t.diag.socket == nil:
		return 0, false
	}
	n, err := s.t.diag.queued(s.listeners[0])
	return n, err == nil
}

// expecting reports whether something is open that should move: a dial while
// there is room, an accept while a client is pending, the end of a client
// whose listener was closed.
func (s *session) expecting() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	pending := s.t.deferral == 0 && slices.ContainsFunc(s.live(), func(c client) bool { return c.pending() }) // one that is deferred is to stay where it is
	switch {
	case !s.listening():
		return pending && (!s.down || s.family.addressed)
	case pending && len(s.accepts) > 0 && s.t.group == 1: // else it may be another's
		return true
	case s.absent(): // the command is at something, and will be back
		return true
	}
	return s.dialExpected()
}

// dialExpected reports whether a dial is open that was not dropped. A full
// queue drops it, and then nothing is to be expected of it for a second, even
// if room comes.
func (s *session) dialExpected() bool {
	expected, live := false, s.live()
	for i := range live {
		if c := &live[i]; c.phase == dialing && !c.dropped {
			c.dropped = s.full() || s.t.deferral > 0 // nothing is guaranteed there
			expected = expected || !c.dropped
		}
	}
	return expected
}

// full reports whether an accept queue is, by the kernel's own count:
// tcpi_sacked of a listener is sk_max_ack_backlog.
func (s *session) full() bool {
	return s.process.full() || slices.ContainsFunc(s.listeners[:], func(fd int) bool {
		return fd >= 0 && isFull(fd)
	})
}

// isFull reports whether the accept queue of a TCP listener is.
func isFull(fd int) bool {
	info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
	return err == nil && info.Unacked > info.Sacked
}

// poll is poll(2) for timeout milliseconds, again after a signal.
func poll(fds []unix.PollFd, timeout int) (int, error) {
	for {
		n, err := unix.Poll(fds, timeout)
		if err != unix.EINTR {
			return n, err
		}
	}
}
