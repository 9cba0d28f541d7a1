package third

import (
	"context"
	"errors"
	"io"
	"math"
	"net"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/libp2p/go-yamux/v5"
	"github.com/listentest/listentest"
	"github.com/listentest/listentest/sched"
)

// goYamuxTarget is libp2p/go-yamux: streams of a session whose AcceptBacklog is
// the backlog, on both sides; MaxIncomingStreams is out of reach, all else
// being its default. A client can be short of memory for one stream.
func goYamuxTarget(wire wire) listentest.Target {
	t := muxTarget("go-yamux", time.Millisecond, atLeastOne(promise("go-yamux")), func(backlog int) (*mux, error) {
		config := yamux.DefaultConfig()
		config.AcceptBacklog = max(backlog, 1)
		config.MaxIncomingStreams = math.MaxUint32
		config.LogOutput = io.Discard
		a, b := wire()
		server, err := yamux.Server(a, config, nil)
		if err != nil {
			return nil, err
		}
		client, err := yamux.Client(b, config, goYamuxMemory)
		if err != nil {
			return nil, err
		}
		m := &mux{
			accept: func() (net.Conn, error) {
				s, err := server.AcceptStream()
				return goYamuxStream{s}, err
			},
			close: server.Close,
			end:   client.Close,
		}
		m.open = func(ctx context.Context) (net.Conn, error) {
			open := client.OpenStream
			if m.short.take(ctx) {
				open = func(ctx context.Context) (*yamux.Stream, error) { return openShort(client, ctx) }
			}
			s, err := open(ctx)
			return goYamuxStream{s}, err
		}
		return m, nil
	})
	t.Fail = func(l net.Listener, who listentest.Actor, what int) error {
		const memory = 1
		if who.Role() != listentest.ClientRole || what != memory {
			return errors.ErrUnsupported // a session that is short of memory for the other's stream ends
		}
		l.(*mux).short.add(who)
		return nil
	}
	return t
}

// openShort is OpenStream of a client that is short of memory.
//
//go:noinline
func openShort(s *yamux.Session, ctx context.Context) (*yamux.Stream, error) {
	return s.OpenStream(ctx)
}

// goYamuxMemory is asked by OpenStream for a stream's memory, and not told whose the
// stream is. Who asks is on its stack.
func goYamuxMemory() (yamux.MemoryManager, error) {
	var callers [8]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(1, callers[:])])
	for f, more := frames.Next(); ; f, more = frames.Next() {
		if strings.HasSuffix(f.Function, ".openShort") {
			return nil, errors.New("no memory")
		}
		if !more {
			return enough{}, nil
		}
	}
}

// enough is memory for everybody.
type enough struct{}

// ReserveMemory never fails.
func (enough) ReserveMemory(int, uint8) error { return nil }

// ReleaseMemory does nothing, as Done.
func (enough) ReleaseMemory(int) {}

// Done does nothing: nobody counts.
func (enough) Done() {}

// A shortage has who is short of something in its next dial. Whoever has its lock
// has no points, for the runner wants it while somebody is held.
type shortage struct {
	mu  sync.Mutex
	who map[listentest.Actor]bool
}

func (s *shortage) add(a listentest.Actor) {
	defer sched.Apart(sched.Apart(true))
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.who == nil {
		s.who = map[listentest.Actor]bool{}
	}
	s.who[a] = true
}

// take reports whether the dial of ctx is that of somebody who is short.
func (s *shortage) take(ctx context.Context) bool {
	defer sched.Apart(sched.Apart(true))
	a, _ := listentest.ActorOf(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	short := s.who[a]
	delete(s.who, a)
	return short
}

type goYamuxStream struct{ *yamux.Stream }

// Abort resets the stream.
func (s goYamuxStream) Abort() error { return s.Reset() }
