package sim

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc64"
	"io"
)

// saved is the first line of a saved exploration, in JSON. Behind it stand the
// way to where it was, two numbers a move (which it was, and which is to be
// tried next from there), the table, and a checksum of all of it.
type saved struct {
	Format int
	Target string
	World  string
	Whole  bool
	Limit  int
	Count  Count
	Depth  int // frames above the first
	Slots  int // of the table
	Stored int // in it
}

const savedFormat = 2 // 1 had other keys

var crcTable = crc64.MakeTable(crc64.ECMA)

// Save writes where an exploration is, so that [Load] can go on with it.
func (e *Explorer) Save(to io.Writer) error {
	sum := crc64.New(crcTable)
	w := bufio.NewWriter(io.MultiWriter(to, sum))
	head, err := json.Marshal(saved{savedFormat, e.m.target.name, e.world.String(), e.whole, e.limit, e.Count, e.depth, len(e.table.slots), e.table.n})
	if err != nil {
		return err
	}
	w.Write(append(head, '\n')) // a bufio.Writer keeps its first error
	for i := range e.depth + 1 {
		w.Write([]byte{e.stack[i].by, byte(e.stack[i].next)})
	}
	var word [8]byte
	for _, s := range e.table.slots {
		binary.LittleEndian.PutUint64(word[:], s)
		w.Write(word[:])
	}
	w.Write(e.table.depth)
	if err := w.Flush(); err != nil {
		return err
	}
	return binary.Write(to, binary.LittleEndian, sum.Sum64())
}

// Load reads a saved exploration of t, whose table takes so many bytes at
// most. An error says what of the text is not as Save wrote it, or that it is
// of another target or simulator.
func Load(from io.Reader, t *Target, most int) (*Explorer, error) {
	sum := crc64.New(crcTable)
	r := bufio.NewReader(from)
	line, err := r.ReadBytes('\n')
	if err != nil {
		return nil, fmt.Errorf("it has no first line: %w", err)
	}
	sum.Write(line)
	var head saved
	if err := json.NewDecoder(bytes.NewReader(line)).Decode(&head); err != nil {
		return nil, fmt.Errorf("its first line is no JSON: %w", err)
	}
	if head.Format != savedFormat {
		return nil, fmt.Errorf("its format is %d, expected %d", head.Format, savedFormat)
	}
	if head.Target != t.name {
		return nil, fmt.Errorf("it is of the target %s, and not of %s", head.Target, t.name)
	}
	w, err := ParseWorld(head.World)
	if err != nil {
		return nil, err
	}
	if head.Depth < 0 || head.Depth > 1<<16 || head.Slots < tableLeast || head.Slots > 1<<40 || head.Slots&(head.Slots-1) != 0 {
		return nil, fmt.Errorf("its first line is not as it was written: %d deep, %d slots", head.Depth, head.Slots)
	}
	if bytes := 8 * head.Slots; most > 0 && bytes > most {
		return nil, fmt.Errorf("its table has %d MiB, and at most %d may be taken", bytes>>20, most>>20)
	}
	e := NewExplorer(t, w, head.Whole, most)
	e.Restart(head.Limit)
	if err := e.load(io.TeeReader(r, sum), head); err != nil {
		return nil, err
	}
	var want uint64
	if err := binary.Read(r, binary.LittleEndian, &want); err != nil {
		return nil, fmt.Errorf("it ends early: %w", err)
	}
	if want != sum.Sum64() {
		return nil, fmt.Errorf("its checksum is wrong")
	}
	return e, nil
}

// load reads what stands behind the first line: it goes the way, and takes the
// table.
func (e *Explorer) load(r io.Reader, head saved) error {
	way := make([]byte, 2*(head.Depth+1))
	if _, err := io.ReadFull(r, way); err != nil {
		return fmt.Errorf("it ends early: %w", err)
	}
	for i := range head.Depth + 1 {
		by, next := int(way[2*i]), int(way[2*i+1])
		if by >= len(e.all) || next > len(e.all) {
			return fmt.Errorf("it has a move %d, and there are %d", max(by, next), len(e.all))
		}
		if i > 0 {
			if !e.can(&e.stack[i-1], e.all[by]) || e.advance(by) != nil {
				return fmt.Errorf("its way cannot be gone: it is of another version of the simulator")
			}
			e.depth = i
		}
		e.stack[i].next = next
	}
	t := table{slots: make([]uint64, head.Slots), n: head.Stored, most: e.table.most}
	if head.Limit > 0 {
		t.depth = make([]uint8, head.Slots)
	}
	var word [8]byte
	for i := range t.slots {
		if _, err := io.ReadFull(r, word[:]); err != nil {
			return fmt.Errorf("it ends early: %w", err)
		}
		t.slots[i] = binary.LittleEndian.Uint64(word[:])
	}
	if _, err := io.ReadFull(r, t.depth); err != nil {
		return fmt.Errorf("it ends early: %w", err)
	}
	e.table, e.Count = t, head.Count
	for i := range e.depth + 1 {
		if at := t.find(e.key(&e.stack[i]).sum()); t.slots[at] == 0 {
			return fmt.Errorf("a state on its way is not in its table: it is of another version of the simulator")
		}
	}
	return nil
}
