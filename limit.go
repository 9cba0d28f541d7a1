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
	timed  context.Context // made when somebody waits
	stop   context.CancelFunc
	ending bool
}

func newLimit(ctx context.Context, most time.Duration) *limit {
	return &limit{Context: ctx, at: time.Now().Add(most)}
}

// end ends it.
func (l *limit) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ending = true; l.stop != nil {
		l.stop()
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
	if l.timed == nil {
		if l.timed, l.stop = context.WithDeadline(l.Context, l.at); l.ending {
			l.stop()
		}
	}
	return l.timed.Done()
}

// Err returns why it is done, or nil.
func (l *limit) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.timed != nil:
		return l.timed.Err()
	case l.Context.Err() != nil:
		return l.Context.Err()
	case l.ending:
		return context.Canceled
	case !time.Now().Before(l.at):
		return context.DeadlineExceeded
	}
	return nil
}
