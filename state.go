package listentest

import (
	"encoding/binary"
	"math/bits"
)

// find returns the place of a slot in the queue, or n.
func (s *state) find(slot uint8) int {
	if s.in&(1<<slot) == 0 {
		return int(s.n)
	}
	k := 0
	for s.queue[k] != slot {
		k++
	}
	return k
}

// leave takes the k-th out of the queue.
func (s *state) leave(k int) {
	s.in &^= 1 << s.queue[k]
	copy(s.queue[k:s.n], s.queue[k+1:s.n])
	s.n--
	s.queue[s.n] = 0
}

// enter puts a slot into the queue: at the tail, but sorted among those whose
// order makes no difference.
func (s *state) enter(slot uint8, sorted uint64) {
	k := int(s.n)
	for sorted&(1<<slot) != 0 && k > 0 && s.queue[k-1] > slot && sorted&(1<<s.queue[k-1]) != 0 {
		s.queue[k] = s.queue[k-1]
		k--
	}
	s.queue[k] = slot
	s.in |= 1 << slot
	s.did |= 1 << slot
	s.n++
}

func (s *state) hash() uint64 {
	const m = 0x9e3779b97f4a7c15
	h := s.did*m ^ bits.RotateLeft64(s.light*m, 47) ^ bits.RotateLeft64(s.turned*m, 17) ^ bits.RotateLeft64(s.ended*m, 31) ^ bits.RotateLeft64(s.half*m, 7) ^ bits.RotateLeft64(s.out*m, 53) ^ uint64(s.n)
	if s.closed {
		h ^= m
	}
	for k := 0; k < int(s.n); k += 8 {
		h = (h ^ binary.LittleEndian.Uint64(s.queue[k:])) * m
		h ^= h >> 29
	}
	return h ^ h>>32
}

// keep drops the states that ok rejects.
func (f *frontier) keep(ok func(*state) bool) {
	all := f.states
	f.states, f.table = all[:0], f.table[:0] // what is kept is written over what was looked at
	for i := range all {
		if ok(&all[i]) {
			f.states = append(f.states, all[i])
		}
	}
}

// change is keep for an ok that changes states, and puts equal ones together.
func (f *frontier) change(ok func(*state) bool) {
	all := f.states
	f.states, f.table = all[:0], f.table[:0]
	for i := range all {
		if ok(&all[i]) {
			f.insert(&all[i])
		}
	}
}

// few states are compared one by one.
const few = 8

// insert adds a state unless it is there.
func (f *frontier) insert(s *state) {
	switch n := len(f.states); {
	case n >= f.more*frontierStates:
		f.gaveUp = true
		return
	case n < few:
		for i := range f.states {
			if f.states[i] == *s {
				return
			}
		}
		f.states = append(f.states, *s)
		return
	case 2*n >= len(f.table):
		f.table = zeroed(f.table, 4<<bits.Len(uint(n)))
		for i := range f.states {
			f.table[f.find(&f.states[i])] = int32(i) + 1
		}
	}
	if k := f.find(s); f.table[k] == 0 {
		f.states = append(f.states, *s)
		f.table[k] = int32(len(f.states))
	}
}

// find returns where s stands in the table, or belongs.
func (f *frontier) find(s *state) uint64 {
	mask := uint64(len(f.table) - 1)
	k := s.hash() & mask
	for f.table[k] != 0 && f.states[f.table[k]-1] != *s {
		k = (k + 1) & mask
	}
	return k
}
