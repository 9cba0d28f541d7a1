package osnet

import (
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"
)

// TestSegment: a packet says what its segment says, and sums up to what a
// receiver expects. A bit that falls over is noticed.
func TestSegment(t *testing.T) {
	s := segment{from: endpoint{[4]byte{10, 1, 2, 3}, 4000}, to: endpoint{[4]byte{127, 0, 0, 1}, 80}, seq: 0xfffffff0, ack: 7, flags: flagSYN | flagACK}
	b := s.packet()
	// By hand, from RFC 791 and RFC 9293; the kernel fills in length and checksum of IP.
	want := strings.ReplaceAll("45000000 00000000 40060000 0a010203 7f000001 0fa00050 fffffff0 00000007 50127fff", " ", "")
	if got := hex.EncodeToString(b); !strings.HasPrefix(got, want) {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
	// A receiver sums over all, the checksum too, and gets all ones.
	sum := uint32(protoTCP + tcpHeader)
	for i := 12; i < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	if sum = sum>>16 + sum&0xffff; sum != 0xffff {
		t.Errorf("it sums up to %x", sum)
	}
	if got, ok := parseSegment(b); !ok || got != s {
		t.Errorf("got %+v, %v, want %+v", got, ok, s)
	}
	options := append([]byte{0x46}, b[1:ipHeader]...) // a header of 24 bytes
	options = append(append(options, 0, 0, 0, 0), b[ipHeader:]...)
	if got, ok := parseSegment(options); !ok || got != s {
		t.Errorf("behind IP options: got %+v, %v, want %+v", got, ok, s)
	}
	for n := range b {
		if _, ok := parseSegment(b[:n]); ok {
			t.Errorf("%d bytes are taken for a segment", n)
		}
	}
	b[9] = 17
	if _, ok := parseSegment(b); ok {
		t.Error("UDP is taken for a segment")
	}
}
