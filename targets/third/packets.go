package third

import (
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"github.com/listentest/listentest/sched"
)

// A network carries datagrams in memory, in order, and loses none. Whoever has
// one of its locks has no points, as with a pipe.
type network struct {
	mu   sync.Mutex
	ends map[string]*packetEnd
}

func newNetwork() *network { return &network{ends: map[string]*packetEnd{}} }

// listen returns a new end.
func (n *network) listen() *packetEnd {
	n.mu.Lock()
	defer sched.Apart(sched.Apart(true))
	defer n.mu.Unlock()
	const first = 1024
	p := &packetEnd{network: n, at: net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: first + len(n.ends)}}
	p.arrived.L = &p.mu
	n.ends[p.at.String()] = p
	return p
}

func (n *network) end(at net.Addr) *packetEnd {
	n.mu.Lock()
	defer sched.Apart(sched.Apart(true))
	defer n.mu.Unlock()
	return n.ends[at.String()]
}

// A packetEnd is one address of a network.
type packetEnd struct {
	network *network
	at      net.UDPAddr

	mu      sync.Mutex
	arrived sync.Cond // or closed, or the deadline was changed
	packets []packet
	closed  bool
	late    bool // the deadline for reads is past
}

type packet struct {
	bytes []byte
	from  net.Addr
}

// ReadFrom waits for a datagram.
func (p *packetEnd) ReadFrom(b []byte) (int, net.Addr, error) {
	p.mu.Lock()
	defer sched.Apart(sched.Apart(true))
	defer p.mu.Unlock()
	for len(p.packets) == 0 && !p.closed && !p.late {
		p.arrived.Wait()
	}
	switch {
	case p.closed:
		return 0, nil, net.ErrClosed
	case p.late:
		return 0, nil, os.ErrDeadlineExceeded
	}
	first := p.packets[0]
	p.packets = p.packets[1:]
	return copy(b, first.bytes), first.from, nil
}

// WriteTo never waits; what nobody is there to read is lost.
func (p *packetEnd) WriteTo(b []byte, to net.Addr) (int, error) {
	if p.isClosed() {
		return 0, net.ErrClosed
	}
	if peer := p.network.end(to); peer != nil {
		peer.put(packet{append([]byte(nil), b...), &p.at})
	}
	return len(b), nil
}

func (p *packetEnd) isClosed() bool {
	p.mu.Lock()
	defer sched.Apart(sched.Apart(true))
	defer p.mu.Unlock()
	return p.closed
}

func (p *packetEnd) put(x packet) {
	p.mu.Lock()
	defer sched.Apart(sched.Apart(true))
	defer p.mu.Unlock()
	if !p.closed {
		p.packets = append(p.packets, x)
		p.arrived.Broadcast()
	}
}

// Close ends reads.
func (p *packetEnd) Close() error {
	p.mu.Lock()
	defer sched.Apart(sched.Apart(true))
	defer p.mu.Unlock()
	if p.closed {
		return fmt.Errorf("close %v: %w", &p.at, net.ErrClosed)
	}
	p.closed = true
	p.arrived.Broadcast()
	return nil
}

func (p *packetEnd) LocalAddr() net.Addr { return &p.at }

// SetReadDeadline knows two deadlines, past and none: those by which libraries
// end their readers.
func (p *packetEnd) SetReadDeadline(t time.Time) error {
	p.mu.Lock()
	defer sched.Apart(sched.Apart(true))
	defer p.mu.Unlock()
	p.late = !t.IsZero() && !t.After(time.Now())
	p.arrived.Broadcast()
	return nil
}

func (p *packetEnd) SetDeadline(t time.Time) error    { return p.SetReadDeadline(t) }
func (*packetEnd) SetWriteDeadline(t time.Time) error { return nil }
