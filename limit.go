package listentest

import (
	"context"
	"sync"
	"time"
)

// A limit is a context that is done at a time, or when it is reached. Most
// sessions see at once that nothing can move, and never wait for it: so it has a
// timer only for those that do.
type limit struct {
	context.Context // that of the run
	at              time.Time

	mu     sync.Mutex
	done   chan struct{} // made when somebody waits; closed when err is set
	err    error         // why it is done
	timer  *time.Timer   // of who waits
	follow func() bool   // stops what ends it with the run
}

func newLimit(ctx context.Context, most time.Duration) *limit {
	return &limit{Context: ctx, at: time.Now().Add(most)}
}

// end ends it.
func (l *limit) end() { l.endFor(context.Canceled) }

func (l *limit) endFor(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return
	}
	l.err = err
	if l.done == nil {
		return
	}
	close(l.done)
	l.timer.Stop()
	if l.follow != nil {
		l.follow()
	}
}

// Deadline returns the time.
func (l *limit) Deadline() (time.Time, bool) {
	if at, ok := l.Context.Deadline(); ok && at.Before(l.at) {
		return at, true
	}
	return l.at, true
}

// Done returns what is closed when it is done.
func (l *limit) Done() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.done != nil {
		return l.done
	}
	l.done = make(chan struct{})
	if l.err != nil {
		close(l.done)
		return l.done
	}
	l.timer = time.AfterFunc(time.Until(l.at), func() { l.endFor(context.DeadlineExceeded) })
	if l.Context.Done() != nil { // what cannot end needs nobody to follow it
		l.follow = context.AfterFunc(l.Context, func() { l.endFor(l.Context.Err()) })
	}
	return l.done
}

// Err returns why it is done, or nil.
func (l *limit) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.err != nil:
		return l.err
	case l.Context.Err() != nil:
		return l.Context.Err()
	case l.done == nil && !time.Now().Before(l.at): // else the timer says it
		return context.DeadlineExceeded
	}
	return nil
}
