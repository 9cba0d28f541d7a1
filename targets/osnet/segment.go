package osnet

import "encoding/binary"

// The flags of a segment that matter here (RFC 9293, section 3.1).
const (
	flagFIN = 1 << iota
	flagSYN
	flagRST
	_
	flagACK
)

// An endpoint is an IPv4 address and a port.
type endpoint struct {
	addr [4]byte
	port uint16
}

// A segment is one of TCP over IPv4, without data and without options.
type segment struct {
	from, to endpoint
	seq, ack uint32
	flags    byte
}

const (
	ipHeader  = 20
	tcpHeader = 20
	protoTCP  = 6
)

// packet returns the IP packet of s. The kernel fills in its length and its
// own checksum when it is sent (raw(7), IP_HDRINCL).
func (s segment) packet() []byte {
	b := make([]byte, ipHeader+tcpHeader)
	b[0], b[8], b[9] = 4<<4|ipHeader/4, 64, protoTCP
	copy(b[12:], s.from.addr[:])
	copy(b[16:], s.to.addr[:])
	t := b[ipHeader:]
	binary.BigEndian.PutUint16(t[0:], s.from.port)
	binary.BigEndian.PutUint16(t[2:], s.to.port)
	binary.BigEndian.PutUint32(t[4:], s.seq)
	binary.BigEndian.PutUint32(t[8:], s.ack)
	t[12], t[13] = tcpHeader/4<<4, s.flags
	binary.BigEndian.PutUint16(t[14:], 1<<15-1) // window
	binary.BigEndian.PutUint16(t[16:], checksum(b))
	return b
}

// parseSegment reads the headers of an IP packet; ok is false for one that is
// not TCP, or is cut.
func parseSegment(b []byte) (s segment, ok bool) {
	if len(b) < ipHeader || b[9] != protoTCP {
		return s, false
	}
	n := int(b[0]&15) * 4
	if n < ipHeader || len(b) < n+tcpHeader {
		return s, false
	}
	t := b[n:]
	s.from = endpoint{[4]byte(b[12:16]), binary.BigEndian.Uint16(t[0:])}
	s.to = endpoint{[4]byte(b[16:20]), binary.BigEndian.Uint16(t[2:])}
	s.seq, s.ack, s.flags = binary.BigEndian.Uint32(t[4:]), binary.BigEndian.Uint32(t[8:]), t[13]
	return s, true
}

// checksum returns the checksum of the segment in packet b, which has no
// options, over it and the addresses (RFC 9293, section 3.1). The field itself
// is still 0.
func checksum(b []byte) uint16 {
	sum := uint32(protoTCP + len(b) - ipHeader)
	for i := 12; i < len(b); i += 2 { // from the addresses on
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
