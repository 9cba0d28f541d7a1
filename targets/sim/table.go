package sim

// A table is a set of fingerprints, open-addressed, and if it is asked for with
// the least depth at which each was met.
type table struct {
	slots []uint64 // 0 is free
	depth []uint8  // nil if not asked for
	n     int
	most  int  // bytes; 0 is no limit
	full  bool // it could not grow, and something was not added
}

const tableLeast = 1 << 12

func (t *table) reset(depths bool) {
	*t = table{slots: make([]uint64, tableLeast), most: t.most}
	if depths {
		t.depth = make([]uint8, tableLeast)
	}
}

// add puts a fingerprint into the set. It returns false if it was there, at
// the same depth or less, or if there is no room.
func (t *table) add(sum uint64, depth int) bool {
	if t.n*4 > len(t.slots)*3 && !t.grow() {
		t.full = true
		return false
	}
	i := t.find(sum)
	switch {
	case t.slots[i] == 0:
		t.slots[i] = sum
		t.n++
	case t.depth == nil || int(t.depth[i]) <= depth:
		return false
	}
	if t.depth != nil {
		t.depth[i] = uint8(depth)
	}
	return true
}

// find returns the place of sum, or the free one where it belongs.
func (t *table) find(sum uint64) int {
	mask := len(t.slots) - 1
	i := int(sum>>1) & mask
	for t.slots[i] != 0 && t.slots[i] != sum {
		i = (i + 1) & mask
	}
	return i
}

func (t *table) bytes() int { return 8*len(t.slots) + len(t.depth) }

// grow doubles the table, which takes both for a while.
func (t *table) grow() bool {
	if t.most > 0 && 3*t.bytes() > t.most {
		return false
	}
	old := *t
	t.slots = make([]uint64, 2*len(old.slots))
	if old.depth != nil {
		t.depth = make([]uint8, len(t.slots))
	}
	for i, sum := range old.slots {
		if sum == 0 {
			continue
		}
		j := t.find(sum)
		t.slots[j] = sum
		if old.depth != nil {
			t.depth[j] = old.depth[i]
		}
	}
	return true
}
