package third

import (
	"io"
	"net"
	"sync"
	"time"

	"github.com/listentest/listentest/sched"
)

// A wire makes the two ends of a connection that a multiplexer runs over.
type wire func() (a, b net.Conn)

// A pipe is one end of a connection in memory that takes what is written and
// keeps it until it is read, as a network does; net.Pipe has every write wait
// for its read.
type pipe struct {
	in, out *half
}

// newPipe returns the two ends.
func newPipe() (a, b net.Conn) {
	x, y := newHalf(), newHalf()
	return pipe{x, y}, pipe{y, x}
}

// A half is what crosses a connection in one direction. Whoever has its lock has
// no points: who is held must not have what others need to go on.
type half struct {
	mu      sync.Mutex
	changed sync.Cond
	bytes   []byte
	closed  bool
}

func newHalf() *half {
	h := &half{}
	h.changed.L = &h.mu
	return h
}

// Read waits for bytes, or for the end.
func (p pipe) Read(b []byte) (int, error) {
	h := p.in
	h.mu.Lock()
	defer sched.Apart(sched.Apart(true))
	defer h.mu.Unlock()
	for len(h.bytes) == 0 && !h.closed {
		h.changed.Wait()
	}
	n := copy(b, h.bytes)
	if h.bytes = h.bytes[n:]; n == 0 && len(b) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// Write never waits.
func (p pipe) Write(b []byte) (int, error) {
	h := p.out
	h.mu.Lock()
	defer sched.Apart(sched.Apart(true))
	defer h.mu.Unlock()
	if h.closed {
		return 0, io.ErrClosedPipe
	}
	h.bytes = append(h.bytes, b...)
	h.changed.Broadcast()
	return len(b), nil
}

// Close ends both directions; what was written before still arrives.
func (p pipe) Close() error {
	for _, h := range []*half{p.in, p.out} {
		h.close()
	}
	return nil
}

func (h *half) close() {
	h.mu.Lock()
	defer sched.Apart(sched.Apart(true))
	defer h.mu.Unlock()
	h.closed = true
	h.changed.Broadcast()
}

func (pipe) LocalAddr() net.Addr  { return address{} }
func (pipe) RemoteAddr() net.Addr { return address{} }

// SetDeadline does nothing: no library here needs deadlines of its transport
// to end a case.
func (pipe) SetDeadline(time.Time) error      { return nil }
func (pipe) SetReadDeadline(time.Time) error  { return nil }
func (pipe) SetWriteDeadline(time.Time) error { return nil }

// An address is that of listeners in memory.
type address struct{}

func (address) Network() string { return "memory" }
func (address) String() string  { return "memory" }
