package listentest

import "encoding/binary"

// The byte form is fixed-width, so that a fuzzer's mutation of one cell
// leaves the others alone: 4 bytes of backlog, then cells of 4 bytes, all
// little-endian. A cell is {kind, with bit 7 for Along; actor; N}. A cell
// whose first byte is endOfSteps ends the steps, and what follows that byte
// is Choices.
const (
	cellSize   = 4
	alongBit   = 0x80
	endOfSteps = 0xFF
)

// Encode returns the byte form of s.Norm().
func (s Schedule) Encode() []byte {
	n := s.Norm()
	b := make([]byte, 0, cellSize*(1+len(n.Steps))+1+len(n.Choices))
	b = binary.LittleEndian.AppendUint32(b, uint32(n.Backlog))
	for _, t := range n.Steps {
		kind := byte(t.Kind)
		if t.Along {
			kind |= alongBit
		}
		b = append(b, kind, byte(t.Actor))
		b = binary.LittleEndian.AppendUint16(b, uint16(t.N))
	}
	if len(n.Choices) > 0 {
		b = append(append(b, endOfSteps), n.Choices...)
	}
	return b
}

// Decode returns the schedule that b stands for; every b stands for one. A
// short backlog is filled up with zero bytes, a short last cell is dropped,
// and a kind that is not assigned (yet) is a settle, so that appending kinds
// never changes what the assigned ones in a stored input mean.
func Decode(b []byte) Schedule {
	var head [cellSize]byte
	b = b[copy(head[:], b):]
	s := Schedule{Backlog: int32(binary.LittleEndian.Uint32(head[:]))}
	for len(b) > 0 && b[0] != endOfSteps && len(b) >= cellSize && len(s.Steps) < MaxSteps {
		s.Steps = append(s.Steps, Step{
			Kind:  Kind(b[0] &^ alongBit),
			Along: b[0]&alongBit != 0,
			Actor: Actor(b[1]),
			N:     int16(binary.LittleEndian.Uint16(b[2:])),
		})
		b = b[cellSize:]
	}
	if len(b) > 0 && b[0] == endOfSteps {
		s.Choices = b[1:]
	}
	return s.Norm()
}
