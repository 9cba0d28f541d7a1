package listentest

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestLimit: a limit is done at its time, at its end, or with the run,
// whichever is first, whether somebody waits for it or only looks.
func TestLimit(t *testing.T) {
	for _, waits := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			open := func(ctx context.Context) *limit {
				l := newLimit(ctx, time.Second)
				if waits {
					context.AfterFunc(l, func() {})
				}
				return l
			}
			run, over := context.WithCancel(t.Context())
			timed, ended, inRun := open(t.Context()), open(t.Context()), open(run)
			for _, l := range []*limit{timed, ended, inRun} {
				if at, ok := l.Deadline(); l.Err() != nil || !ok || at != time.Now().Add(time.Second) {
					t.Errorf("before: %v, until %v", l.Err(), at)
				}
			}
			ended.end()
			over()
			if ended.Err() != context.Canceled || inRun.Err() != context.Canceled || timed.Err() != nil {
				t.Errorf("behind the end: %v, %v, %v", ended.Err(), inRun.Err(), timed.Err())
			}
			<-ended.Done()
			<-inRun.Done()
			if waits {
				<-timed.Done()
			} else {
				time.Sleep(time.Second)
			}
			if !errors.Is(timed.Err(), context.DeadlineExceeded) {
				t.Errorf("at its time: %v", timed.Err())
			}
			<-timed.Done()
			timed.end()
		})
	}
	short, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if at, _ := newLimit(short, time.Hour).Deadline(); time.Until(at) > time.Minute {
		t.Errorf("it lasts until %v, and the run for a minute", at)
	}
}
