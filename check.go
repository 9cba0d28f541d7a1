package listentest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Check judges h by c. It is a pure function of both.
func Check(h History, c Contract) Verdict { return new(Checker).Check(h, c) }

// A Checker is Check with buffers that are kept from one history to the
// next.
type Checker struct {
	h      History
	l      intervals
	f      frontier
	v      Verdict
	judged [numPromises]bool // something in the history decided it
	// Counts of gaps up to p, so that an interval is judged in one step:
	room  []int32 // gaps with hi >= low: a refusal there may be lawful
	room1 []int32 // the same, less the one connection that is judged
	space []int32 // gaps with lo < high: an admission there may be lawful
	// Scratch:
	waits   []int32 // accepts that are open at a rest
	window  []int32 // gaps whose high falls, within a window: the first is the window's greatest
	roomy   []int32 // see roomyRests
	stream  []stream
	severed int32   // connections that were dialed by earlier operations may have ended with the listener
	probe   []probe // see probes
}

// Check judges h by c.
func (k *Checker) Check(h History, c Contract) Verdict {
	k.h = h
	k.start(c)
	k.judgeAll()
	k.observeDoubt()
	k.exact()
	k.status()
	return k.v
}

// judgeAll judges every promise by the intervals.
func (k *Checker) judgeAll() {
	k.counting()
	k.conserve()
	k.isolation()
	k.shut()
	k.left()
	k.order()
	k.earlyData()
	k.credit()
	k.progress()
	k.refusalMode()
}

// start reads the history.
func (k *Checker) start(c Contract) {
	k.l.read(&k.h, c)
	k.v = Verdict{}
	k.judged = [numPromises]bool{}
	k.gaps()
}

// counting judges the promises that are about numbers.
func (k *Checker) counting() {
	k.minPending()
	k.maxPending()
}

// gaps fills room, room1 and space.
func (k *Checker) gaps() {
	n := len(k.l.hi)
	k.room, k.room1, k.space = sized(k.room, n+1), sized(k.room1, n+1), sized(k.space, n+1)
	room, room1, space := int32(0), int32(0), int32(0)
	k.room[0], k.room1[0], k.space[0] = 0, 0, 0
	for p := range n {
		hi, low := k.l.hi[p], k.l.low[p]
		room += count(hi >= low)
		room1 += count(hi > low)
		space += count(k.l.lo[p] < k.l.high[p])
		k.room[p+1], k.room1[p+1], k.space[p+1] = room, room1, space
	}
}

func count(b bool) int32 {
	if b {
		return 1
	}
	return 0
}

// none reports whether no gap in [from, to) is counted in sums.
func none(sums []int32, from, to int32) bool { return sums[to] == sums[from] }

// found keeps the first violation of each promise, a certain one before a
// suspect one.
func (k *Checker) found(v Violation) {
	if old := k.v.violation(v.Promise); old == nil {
		k.v.Violations = append(k.v.Violations, v)
	} else if old.Suspect && !v.Suspect {
		*old = v
	}
}

// status sums up: what is stated, what was judged, what was found.
func (k *Checker) status() {
	c := k.l.c
	stated := [numPromises]bool{
		Conserve:      true,
		Isolation:     true,
		ShutPromise:   c.Close != AnyClose,
		MinPending:    c.Guaranteed.Stated,
		MaxPending:    c.Max.Stated,
		OrderPromise:  c.Order != AnyOrder,
		EarlyData:     true,
		CreditPromise: c.Guaranteed.Stated || c.Max.Stated,
		Progress:      true,
		RefusalMode:   c.Overflow != 0,
	}
	for p := range stated {
		switch {
		case stated[p] && k.judged[p]:
			k.v.Of[p] = Held
		case stated[p]:
			k.v.Of[p] = Unknown
		}
	}
	for _, v := range k.v.Violations {
		k.v.Of[v.Promise] = Violated
		if v.Suspect {
			k.v.Of[v.Promise] = Suspect
		}
	}
	slices.SortFunc(k.v.Violations, func(a, b Violation) int { return cmp.Compare(a.Promise, b.Promise) })
}

// A refusal is a dial that was not admitted, seen in [from, to).
type refusal struct {
	op       int32
	from, to int32
	counted  bool // hi counts the dial itself all along
	suspect  bool
	look     Overflow // how it looks to its dialer; more than one if that is not known
	how      string
}

// refusal returns that of dial id: (a) it returned so, (b) it was admitted and
// ended unaccepted, (c) it is open at the first rest after its call. rest is
// that rest, or nil. ok is false if it was not refused.
func (l *ledger) refusal(id int32, r *rest) (_ refusal, ok bool) {
	d := &l.ops[id]
	switch {
	case d.void():
	case d.refused():
		return refusal{id, d.call, d.ret, l.c.May&HalfOpen != 0, d.outcome == Timeout, refusedLook[d.outcome], refusedHow[d.outcome]}, true
	case l.early(d) && d.end > d.from && d.end < l.stranger:
		return refusal{id, l.handshake(d), d.end, true, false, EndLater, "was ended before any accept"}, true
	case r != nil && d.ret > r.at && (r.quiet || d.ret == never || d.outcome != Cancelled):
		return refusal{id, d.call, r.at, l.most(d).from == d.call, !r.quiet, Drop | Block, "was still open at rest"}, true
	}
	return refusal{}, false
}

// nextRest moves i on to the first rest after event at, and returns that, or
// nil.
func (l *ledger) nextRest(i *int, at int32) *rest {
	for *i < len(l.rests) && l.rests[*i].at < at {
		*i++
	}
	if *i == len(l.rests) {
		return nil
	}
	return &l.rests[*i]
}

func (k *Checker) minPending() {
	l := &k.l
	if !l.c.Guaranteed.Stated {
		return
	}
	next := 0
	for id := range l.ops {
		d := &l.ops[id]
		if !d.dial() {
			continue
		}
		rest := l.nextRest(&next, d.call)
		if d.kind == Dial && d.ok() && d.ret < l.blind && l.low[d.call] > 0 {
			k.judged[MinPending] = true
		}
		if r, ok := l.refusal(int32(id), rest); ok && r.to <= l.blind && r.from < r.to {
			k.judgeRefusal(r)
		}
	}
}

// judgeRefusal finds a refusal without a moment at which it was lawful.
func (k *Checker) judgeRefusal(r refusal) {
	l := &k.l
	k.judged[MinPending] = k.judged[MinPending] || l.low[r.from] > 0
	if d := l.op(r.op); l.left(d.call, d.ret, r.to) {
		return
	}
	sums := k.room
	if r.counted {
		sums = k.room1
	}
	if !none(sums, r.from, r.to) {
		k.observe(r)
		return
	}
	at := r.to - 1
	held, low := max(l.hi[at]-count(r.counted), 0), l.low[at]
	holders := slices.DeleteFunc(l.holders(at), func(id int32) bool { return id == r.op })
	k.found(Violation{Promise: MinPending, Suspect: r.suspect, Op: r.op, From: int(r.from), To: int(r.to), Holders: holders,
		Text: fmt.Sprintf("dial #%d by %v %s while at most %s held, and %d %s guaranteed: %s",
			r.op, l.op(r.op).actor, r.how, connections(held), low, isAre(low), k.who(holders))})
}

// refusedHow says of a dial that it returned with an outcome.
var refusedHow = [...]string{Refused: "was refused", Reset: "was reset", WouldBlock: "was told would-block", Timeout: "timed out"}

// refusedLook is how that looks to the dialer.
var refusedLook = [...]Overflow{Refused: Refuse, Reset: ResetDial, WouldBlock: Again, Timeout: Drop | Block}

// connections counts them, with the verb, for a sentence.
func connections(n int32) string {
	if n == 1 {
		return "1 connection was"
	}
	return fmt.Sprintf("%d connections were", n)
}

func isAre(n int32) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// who names the holders of places for a sentence.
func (k *Checker) who(ids []int32) string {
	if len(ids) == 0 {
		return "nobody held a place"
	}
	const most = 6
	var names []string
	for i, id := range ids {
		if i == most {
			names = append(names, fmt.Sprintf("%d more", len(ids)-most))
			break
		}
		names = append(names, fmt.Sprintf("#%d of %v", id, k.l.op(id).actor))
	}
	return "held by " + strings.Join(names, ", ")
}

func (k *Checker) maxPending() {
	l := &k.l
	if !l.c.Max.Stated {
		return
	}
	for id := range l.ops {
		d := &l.ops[id]
		half := d.kind == Syn && d.ok() && l.c.Must&HalfOpen != 0
		if !d.dial() || d.ret >= l.blind || !half && l.admitted(d) != d.ret {
			continue
		}
		k.judged[MaxPending] = true
		if !none(k.space, d.from, d.ret) {
			continue
		}
		at := d.ret - 1
		k.found(Violation{Promise: MaxPending, Op: int32(id), From: int(d.from), To: int(d.ret), Holders: l.holders(at),
			Text: fmt.Sprintf("%v #%d by %v was admitted while at least %s held, and at most %d may be",
				d.kind, id, d.actor, connections(l.lo[at]), l.high[at])})
	}
	k.excess()
}

// excess finds a gap in which more are held than any backlog allowed that was
// in force since the oldest of them was dialed. (More than the one in force
// now is lawful: a smaller backlog does not end what is pending.)
func (k *Checker) excess() {
	l := &k.l
	k.window = k.window[:0]
	first := 0 // of window: those before it have left
	oldest := int32(1)
	for p := range l.lo {
		at := int32(p)
		if at >= l.blind {
			return
		}
		for len(k.window) > first && l.high[k.window[len(k.window)-1]] <= l.high[p] {
			k.window = k.window[:len(k.window)-1]
		}
		k.window = append(k.window, at)
		if l.lo[p] <= max(l.high[p], 0) {
			continue
		}
		for int(oldest) < len(l.ops) && !k.mayHold(oldest, at) {
			oldest++
		}
		for k.window[first] < l.op(oldest).call {
			first++
		}
		if high := l.high[k.window[first]]; l.lo[p] > high {
			k.found(Violation{Promise: MaxPending, From: p, To: p, Holders: l.holders(at),
				Text: fmt.Sprintf("at least %s held, and at most %d may be", connections(l.lo[p]), high)})
			return
		}
	}
}

// mayHold reports whether operation id is a dial that lo counts after event
// at, or will count.
func (k *Checker) mayHold(id, at int32) bool {
	d := k.l.op(id)
	if !d.dial() {
		return false
	}
	s := k.l.least(d)
	return s.from < s.to && at < s.to
}

func (k *Checker) conserve() {
	l := &k.l
	dials, accepts := 0, 0
	for i := range l.h.Events {
		e := &l.h.Events[i]
		r := l.op(e.Op)
		switch {
		case e.Verb == Call && r.dial():
			dials += int(count(!r.void()))
			continue
		case e.Verb != Return || r.kind != Accept || r.ret != int32(i) || r.outcome != OK || int32(i) >= l.blind:
			continue
		}
		accepts++
		d := l.op(r.conn)
		k.judged[Conserve] = k.judged[Conserve] || r.conn != 0
		what := ""
		switch phantoms := l.c.Anomalies&Phantom != 0; {
		case r.conn == 0 && accepts > dials && !phantoms:
			what = fmt.Sprintf("a connection, which makes %d, while only %d were dialed", accepts, dials)
		case r.conn == 0:
		case !d.dial() && !phantoms:
			what = "a connection that nobody dialed"
		case !d.dial() || phantoms && d.accept != e.Op:
		case d.accept != e.Op:
			what = fmt.Sprintf("connection #%d of %v, which accept #%d returns too", r.conn, d.actor, d.accept)
		case d.ret != never && (d.outcome == Refused || d.outcome == WouldBlock):
			what = fmt.Sprintf("connection #%d of %v, whose dial was told that it is refused", r.conn, d.actor)
		}
		if what != "" {
			k.found(Violation{Promise: Conserve, Op: e.Op, From: int(r.call), To: i,
				Text: fmt.Sprintf("accept #%d by %v returned %s", e.Op, r.actor, what)})
		}
	}
}

// order finds two connections of which one was surely admitted before the
// other was dialed, and surely accepted after it, or not yet.
func (k *Checker) order() {
	l := &k.l
	if l.c.Order != FIFO {
		return
	}
	left, since := k.leftBehind()
	untaken := k.untaken()
	latest, by := int32(-1), int32(0) // of the connections accepted so far, the one dialed last
	accepts := 0
	for i := range l.h.Events {
		e := &l.h.Events[i]
		r := l.op(e.Op)
		if r.kind != Accept || !r.ok() || int32(i) >= l.single() {
			continue
		}
		d := l.op(r.conn)
		if !d.dial() || d.accept != e.Op {
			continue
		}
		switch e.Verb {
		case Call:
			if admitted := l.admitted(d); admitted < latest && d.quit > r.ret {
				k.found(Violation{Promise: OrderPromise, Op: e.Op, From: int(admitted), To: int(r.ret),
					Text: fmt.Sprintf("connection #%d of %v was admitted before #%d of %v was dialed, and accepted after it",
						r.conn, d.actor, by, l.op(by).actor)})
			}
		case Return:
			if accepts++; accepts > 1 {
				k.judged[OrderPromise] = true
			}
			if d.from > latest {
				latest, by = d.from, r.conn
			}
			if left != 0 && since < d.from && int32(i) < untaken {
				k.found(Violation{Promise: OrderPromise, Op: e.Op, From: int(since), To: i,
					Text: fmt.Sprintf("connection #%d of %v was admitted before #%d of %v was dialed, and not accepted before it",
						left, l.op(left).actor, r.conn, d.actor)})
			}
		}
	}
}

// leftBehind returns the connection that was first of all those that nobody
// accepted and that nothing ended, and the event from which it surely was
// pending. 0 is none, or none that is sure.
func (k *Checker) leftBehind() (id, since int32) {
	l := &k.l
	since = never
	if l.strangers || len(l.ends) > 0 || len(l.leaves) > 0 {
		return 0, never
	}
	for i := range l.ops {
		d := &l.ops[i]
		if !d.dial() || d.accept != 0 || d.quit != never || d.end != never {
			continue
		}
		if at := l.admitted(d); at < since {
			id, since = int32(i), at
		}
	}
	return id, since
}

// untaken returns the event before which no accept that never returned can
// have taken anything.
func (k *Checker) untaken() int32 {
	first := never
	for i := range k.l.ops {
		if r := &k.l.ops[i]; r.kind == Accept && r.ret == never {
			first = min(first, r.from)
		}
	}
	return first
}
