package netstack

import (
	"sync"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A wire is the link of a stack's one interface: what is sent over it comes
// back, as over gVisor's own loopback (pkg/tcpip/link/loopback), but for what
// goes to a connection that is made by hand.
type wire struct {
	direct bool // packets arrive the moment they are sent, not by deliver

	mu      sync.Mutex
	stack   stack.NetworkDispatcher // nil once the interface is gone
	way     []*stack.PacketBuffer   // sent and not delivered
	sent    int                     // packets, in all
	answers []segment               // to connections that are made by hand
}

// WritePackets sends packets of the stack.
func (w *wire) WritePackets(list stack.PacketBufferList) (int, tcpip.Error) {
	for _, p := range list.AsSlice() {
		if s, ok := parse(p); ok && s.to >= handPort {
			w.mu.Lock()
			w.sent++
			w.answers = append(w.answers, s)
			w.mu.Unlock()
			continue
		}
		w.send(stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: p.ToBuffer()}))
	}
	return list.Len(), nil
}

// send puts a packet on its way to the stack.
func (w *wire) send(p *stack.PacketBuffer) {
	w.mu.Lock()
	w.sent++
	to := w.stack
	if !w.direct {
		w.way = append(w.way, p)
	}
	w.mu.Unlock()
	if w.direct {
		arrive(to, p)
	}
}

// inject delivers a packet at once, before those that are under way.
func (w *wire) inject(p *stack.PacketBuffer) {
	w.mu.Lock()
	to := w.stack
	w.mu.Unlock()
	arrive(to, p)
}

// arrive gives a packet to a stack.
func arrive(to stack.NetworkDispatcher, p *stack.PacketBuffer) {
	if to != nil {
		to.DeliverNetworkPacket(header.IPv4ProtocolNumber, p)
	}
	p.DecRef()
}

// deliver delivers the packet that was sent first; false if there is none.
func (w *wire) deliver() bool {
	w.mu.Lock()
	if len(w.way) == 0 {
		w.mu.Unlock()
		return false
	}
	p, to := w.way[0], w.stack
	w.way = w.way[1:]
	w.mu.Unlock()
	arrive(to, p)
	return true
}

// count returns how many packets were sent in all.
func (w *wire) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sent
}

// heard returns the answers to connections that are made by hand, since it was
// last called.
func (w *wire) heard() []segment {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.answers
	w.answers = nil
	return all
}

// drop forgets what was sent and not delivered.
func (w *wire) drop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.way {
		p.DecRef()
	}
	w.way = nil
}

// Attach has packets delivered to d from now on.
func (w *wire) Attach(d stack.NetworkDispatcher) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stack = d
}

// IsAttached reports whether packets are delivered.
func (w *wire) IsAttached() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stack != nil
}

// MTU is that of gVisor's loopback.
func (*wire) MTU() uint32 { return 65536 }

// Capabilities are those of gVisor's loopback: no checksums, and loopback
// addresses are allowed.
func (*wire) Capabilities() stack.LinkEndpointCapabilities {
	return stack.CapabilityRXChecksumOffload | stack.CapabilityTXChecksumOffload | stack.CapabilityLoopback
}

// ARPHardwareType says that nobody is asked for addresses.
func (*wire) ARPHardwareType() header.ARPHardwareType { return header.ARPHardwareLoopback }

// SetMTU does nothing.
func (*wire) SetMTU(uint32) {}

// MaxHeaderLength is 0: there is no header.
func (*wire) MaxHeaderLength() uint16 { return 0 }

// LinkAddress is none.
func (*wire) LinkAddress() tcpip.LinkAddress { return "" }

// SetLinkAddress does nothing.
func (*wire) SetLinkAddress(tcpip.LinkAddress) {}

// AddHeader does nothing.
func (*wire) AddHeader(*stack.PacketBuffer) {}

// ParseHeader does nothing.
func (*wire) ParseHeader(*stack.PacketBuffer) bool { return true }

// Wait does nothing: a wire has no goroutines.
func (*wire) Wait() {}

// Close does nothing.
func (*wire) Close() {}

// SetOnCloseAction does nothing.
func (*wire) SetOnCloseAction(func()) {}
