package sim

import (
	"math/bits"

	lt "github.com/listentest/listentest"
)

// A key is all of a state and of its watch that the future depends on: two
// with equal keys go on alike. Connections are named by their clients, times
// count from now, and what is over is left out.
type key [10]uint64

// A packer puts fields of some bits into a word.
type packer struct {
	word uint64
	used int
}

func (p *packer) put(bits int, v int) {
	p.word |= uint64(v) & (1<<bits - 1) << p.used
	p.used += bits
}

func (p *packer) flag(b bool) {
	if b {
		p.word |= 1 << p.used
	}
	p.used++
}

// key returns the key of f.
func (e *Explorer) key(f *frame) (k key) {
	for c := range e.world.Dials {
		k[c] = e.clientKey(f, c)
	}
	k[4] = e.acceptorsKey(f)
	k[5] = e.listenerKey(f)
	k[6] = e.queuesKey(f)
	k[7] = e.waitersKey(f)
	k[8] = uint64(uint32(f.units))<<32 | uint64(uint32(f.limit))
	if e.m.has(lifetimeCap) {
		k[9] = uint64(f.ever)
	}
	if e.m.has(nobodyToTakeIt) && f.memory.accepts > 0 {
		k[9] = 1
	}
	if e.cover != nil { // of a simulator without faults
		k[9] = f.trail.key()
	}
	return k
}

// ticks is how often the retry interval goes into what is left until at.
func (e *Explorer) ticks(f *frame, at int32) int {
	if at <= f.now {
		return 0
	}
	return int((at - f.now + e.m.target.rules.retry - 1) / e.m.target.rules.retry)
}

func (e *Explorer) clientKey(f *frame, c int) uint64 {
	var p packer
	a := &f.actors[c]
	bit := clients(1) << c
	p.put(5, int(a.pc))
	p.flag(a.asleep)
	p.flag(a.pc != idle && a.op.Kind == lt.Syn)
	p.flag(a.looked && a.pc != idle && e.m.has(retransmitTwice))
	p.put(2, int(a.plan+1))
	p.put(2, e.ticks(f, a.retry))
	p.put(3, int(f.phase[c]))
	p.flag(f.overtaken&bit != 0)
	p.flag(f.late>>c&1 != 0)
	p.flag(f.planned>>c&1 != 0 && f.phase[c] == fresh)
	p.flag(f.exempt>>c&1 != 0)
	for _, set := range [...]clients{f.taken, f.accepted, f.dead, f.recent, f.ended, f.owed, f.forgone, f.left, f.void} {
		p.flag(set&bit != 0)
	}
	waits := f.phase[c] == dialing || f.phase[c] == halfway || f.phase[c] == connected
	for i := range f.conns {
		if n := &f.conns[i]; int(n.id-1) == c {
			e.connKey(f, n, &p)
			waits = waits || n.stage == coming
		}
	}
	p.used = 63
	p.flag(waits && f.moment&bit != 0)
	return p.word
}

// connKey puts what is known of a connection into at most 26 bits.
func (e *Explorer) connKey(f *frame, n *conn, p *packer) {
	p.put(3, int(n.stage)+1)
	p.put(2, era(n.unit, f.era))
	p.put(2, era(n.era, f.era))
	p.flag(n.dead)
	p.flag(n.first && e.m.rules().edge)
	p.flag(n.client.gone)
	p.flag(n.server.gone)
	p.flag(n.server.rst || n.client.rst)
	p.put(2, e.ticks(f, n.due))
	if n.accepted != 0 {
		p.put(5, 16+int(n.accepted-64)/16*8+int(n.accepted-1)&7)
	}
}

// era says whether an era is the present one, a former one or none.
func era(of, now uint16) int {
	switch of {
	case noUnit:
		return 0
	case now:
		return 1
	}
	return 2
}

func (e *Explorer) acceptorsKey(f *frame) uint64 {
	var p packer
	for n := range e.world.Acceptors {
		slot := e.world.Dials + n
		a := &f.actors[slot]
		p.put(5, int(a.pc))
		p.flag(a.asleep)
		p.flag(a.looked && a.pc != idle && e.m.has(lateSubscriber))
		p.put(3, int(a.plan+1))
		p.flag(a.owes)
		if p.used += 3; a.owes || a.pc == acceptCredit {
			p.word |= uint64(f.conns[a.conn].id) << (p.used - 3)
		}
		p.flag(a.pc != idle && a.era == f.era)
		p.flag(f.sawShut>>n&1 != 0)
		p.flag(f.late>>slot&1 != 0)
		p.flag(f.planned>>slot&1 != 0 && f.accepts[n] == 0)
		p.flag(f.exempt>>slot&1 != 0)
		p.put(3, int(f.watch.accepts[n]))
	}
	return p.word
}

func (e *Explorer) listenerKey(f *frame) uint64 {
	var p packer
	l, task := &f.actors[e.listener], &f.actors[e.listener+1]
	p.put(5, int(l.pc))
	p.flag(l.asleep)
	p.flag(f.open)
	p.flag(f.deaf)
	p.flag(f.closed)
	p.flag(f.shuts > 0)
	p.put(2, int(f.listens))
	p.put(5, int(task.pc))
	p.put(3, len(f.inbox))
	for _, j := range f.inbox {
		p.put(2, int(j.step-taskEnter))
		p.put(3, int(f.conns[j.conn].id))
	}
	return p.word
}

// queuesKey has the accept queue, and the order in which it was joined.
func (e *Explorer) queuesKey(f *frame) uint64 {
	var p packer
	for _, i := range f.queue {
		p.put(4, int(f.conns[i].id))
	}
	p.used = 32
	for _, i := range f.line[:f.lined] {
		p.put(4, int(i)+1)
	}
	return p.word
}

func (e *Explorer) waitersKey(f *frame) uint64 {
	var p packer
	for _, slot := range f.parked {
		p.put(4, int(slot)+1)
	}
	p.used = 32
	for _, slot := range f.blocked {
		p.put(4, int(slot)+1)
	}
	return p.word
}

// sum returns a fingerprint of 64 bits, never 0. Two of n states have the same
// one with a probability of about n²/2⁶⁵.
func (k key) sum() uint64 {
	h := uint64(0x9E3779B97F4A7C15)
	for _, w := range k {
		hi, lo := bits.Mul64(h^w, 0xD1342543DE82EF95)
		h = hi ^ lo ^ w
	}
	hi, lo := bits.Mul64(h, 0xA0761D6478BD642F)
	return max(hi^lo, 1)
}
