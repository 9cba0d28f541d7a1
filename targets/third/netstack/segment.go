package netstack

import (
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A segment is one of TCP over IPv4 from an address to the same, without data
// and without options.
type segment struct {
	from, to uint16 // ports
	seq, ack uint32
	flags    header.TCPFlags
}

// parse reads the header of a packet on its way out; ok is false for one that is
// not TCP.
func parse(p *stack.PacketBuffer) (s segment, ok bool) {
	t := header.TCP(p.TransportHeader().Slice())
	if len(t) < header.TCPMinimumSize || p.TransportProtocolNumber != header.TCPProtocolNumber {
		return s, false
	}
	return segment{t.SourcePort(), t.DestinationPort(), t.SequenceNumber(), t.AckNumber(), t.Flags()}, true
}

// packet returns the packet of s at addr, which has no checksums: the wire says
// that none are looked at.
func (s segment) packet(addr tcpip.Address) []byte {
	const length = header.IPv4MinimumSize + header.TCPMinimumSize
	b := make([]byte, length)
	header.IPv4(b).Encode(&header.IPv4Fields{TotalLength: length, TTL: 64, Protocol: uint8(header.TCPProtocolNumber), SrcAddr: addr, DstAddr: addr})
	header.TCP(b[header.IPv4MinimumSize:]).Encode(&header.TCPFields{SrcPort: s.from, DstPort: s.to, SeqNum: s.seq, AckNum: s.ack,
		DataOffset: header.TCPMinimumSize, Flags: s.flags, WindowSize: 1<<15 - 1})
	return b
}
