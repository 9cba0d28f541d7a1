package listentest

import (
	"math/bits"
	"slices"
)

// Two dials are alike if the history tells nothing apart of them any more:
// both have returned ok, no accept ever returns them, nobody ends them. Which
// of them is in the queue and which is not makes no difference then, so that
// of n of them the search has n+1 states to look at, and not two to the n.

// matches enters the dial of a slot, which has returned, among those that it
// is alike to, and puts together the states that differ in their names.
func (f *frontier) matches(slot uint8, r *record) {
	if f.apart || !f.plain(r) {
		return
	}
	class := uint64(1) << slot
	for rest := f.dials &^ f.opens &^ class; rest != 0; rest &= rest - 1 {
		other := bits.TrailingZeros64(rest)
		if f.alike[other] != 0 && f.same(slot, other, r) {
			class |= 1 << other
		}
	}
	for rest := class; rest != 0; rest &= rest - 1 {
		f.alike[bits.TrailingZeros64(rest)] = class
	}
	if class&(class-1) != 0 {
		f.change(func(s *state) bool { s.rename(class); return true })
	}
}

// plain reports whether r is a dial that others may be alike to.
func (f *frontier) plain(r *record) bool {
	return r.kind == Dial && r.ok() && r.end == never && r.quit == never && r.accept == 0
}

// same reports whether the dials of two slots, both plain, are alike: all that
// the search asks of them follows from these two.
func (f *frontier) same(slot uint8, other int, r *record) bool {
	d := f.l.op(f.ops[other])
	return f.until[slot] == f.until[other] && f.l.closingOf(r.call) == f.l.closingOf(d.call)
}

// twin reports whether a dial of a lower slot that is alike can do in s what
// that of slot can.
func (f *frontier) twin(s *state, slot uint8) bool {
	for rest := f.alike[slot] &^ s.did & (1<<slot - 1); rest != 0; rest &= rest - 1 {
		if s.fate(uint8(bits.TrailingZeros64(rest))) == s.fate(slot) {
			return true
		}
	}
	return false
}

// fate returns what a state says of a slot, but for its place in the queue.
func (s *state) fate(slot uint8) (bitset uint8) {
	for i, set := range [...]uint64{s.in, s.did, s.half, s.turned, s.out, s.ended} {
		bitset |= uint8(set>>slot&1) << i
	}
	return bitset
}

// rename gives the slots of a class, which are alike, to the fates that s has
// for them in a fixed order, so that states which differ in names are equal.
func (s *state) rename(class uint64) {
	var slots, fates [frontierSlots]uint8
	n := 0
	for rest := class; rest != 0; rest &= rest - 1 {
		slots[n] = uint8(bits.TrailingZeros64(rest))
		fates[n] = s.fate(slots[n])
		n++
	}
	higher := func(a, b uint8) int { return int(b) - int(a) } // those that are admitted first, as admits does it
	if slices.IsSortedFunc(fates[:n], higher) {
		return
	}
	slices.SortFunc(fates[:n], higher)
	for _, set := range [...]*uint64{&s.in, &s.did, &s.half, &s.turned, &s.out, &s.ended} {
		*set &^= class
	}
	for i, slot := range slots[:n] {
		for j, set := range [...]*uint64{&s.in, &s.did, &s.half, &s.turned, &s.out, &s.ended} {
			*set |= uint64(fates[i]>>j&1) << slot
		}
	}
	k := 0
	for rest := s.in & class; rest != 0; rest &= rest - 1 { // those in the queue by their new names
		for class&(1<<s.queue[k]) == 0 {
			k++
		}
		s.queue[k] = uint8(bits.TrailingZeros64(rest))
		k++
	}
}
