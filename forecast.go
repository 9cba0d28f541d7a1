package listentest

// A forecast is what a generator expects of the target while it draws: a queue
// of exactly the backlog that refuses when it is full, where nothing races; of
// several listeners, one queue of the sum.
// What comes of it may be otherwise, and is judged by no forecast: it only says
// which steps mean something.
type forecast struct {
	limits  [8]int // by listener; 0 is closed
	limit   int    // the sum
	pending int    // in the queue
	waiting int    // acceptors that wait
	held    int    // actors
	half    int    // connections that are half-open
	unread  int    // ends that have something to receive
	who     [firstTask + 1]party
	links   [maxLinks]link // the oldest first; more are not looked at
	n       int
}

const (
	firstTask = 136 // b0
	maxLinks  = 48
)

// A party is what is expected of an actor.
type party struct {
	busy   bool // in accept, or in a dial where that waits for room
	full   bool // its last dial found no room, and may be waiting
	held   bool
	armed  bool // by preempt, for its next operation
	fails  bool // its next dial or accept is planned to
	acked  bool
	owns   int16 // connections that it has not left
	halves int16 // of them, half-open ones
}

// A link is a connection between its two ends.
type link struct {
	ends  [2]end // the client's and the acceptor's
	stage linkStage
}

type end struct {
	actor Actor
	there bool // it has the connection, and has not left
	fin   bool // it has ended its stream
	news  bool // it has something to receive
}

type linkStage uint8

const (
	linkHalf linkStage = iota
	linkPending
	linkTaken
	linkOver
)

func (f *forecast) begin(backlog int32) {
	*f = forecast{}
	f.opens(Listener(0), max(int(backlog), 1))
}

// opens is what is expected when a listener has room for n, 0 when it is closed.
func (f *forecast) opens(l Actor, n int) {
	f.limit += n - f.limits[l.Num()]
	f.limits[l.Num()] = n
}

// shut reports whether no listener is expected to be open.
func (f *forecast) shut() bool { return f.limit == 0 }

// side is which end of a link a is.
func side(a Actor) int {
	if a.Role() == AcceptorRole {
		return 1
	}
	return 0
}

// newest returns the link that a step of kind k by a addresses, as the runner
// has it: the newest one that a holds, half-open for an ack, any for one that
// leaves. It is nil if there is none.
func (f *forecast) newest(k Kind, a Actor) *link {
	s := side(a)
	for i := f.n - 1; i >= 0; i-- {
		l := &f.links[i]
		if e := &l.ends[s]; e.there && e.actor == a && ((l.stage == linkHalf) == (k == Ack) || k == Hangup || k == Abort) {
			return l
		}
	}
	return nil
}

// means reports whether a step of kind k by a, who has a role for it, is
// expected to do something.
func (f *forecast) means(k Kind, a Actor) bool {
	p := &f.who[a]
	switch k {
	case Settle, Tick, Listen:
		return true
	case Shut:
		return f.limits[a.Num()] > 0
	case Preempt:
		return !p.held && !p.armed && !p.busy
	case Resume:
		return p.held
	case Cancel:
		return p.busy || p.full
	}
	if p.busy || p.held {
		return false
	}
	switch k {
	case Fill:
		return !f.shut() && f.pending < f.limit
	case Fail:
		return !p.fails
	case Ack:
		return p.halves > 0 || p.acked
	case Hangup, Abort:
		return p.owns > 0
	case Send, HalfClose:
		l := f.newest(k, a)
		return l != nil && !l.ends[side(a)].fin
	case Recv:
		l := f.newest(k, a)
		return l != nil && l.ends[side(a)].news
	}
	return true
}

// after is what is expected when t has run.
func (f *forecast) after(t Step) {
	p := &f.who[t.Actor]
	switch t.Kind {
	case Settle, Tick:
		return
	case Preempt:
		p.armed = true
		return
	case Resume:
		if p.held {
			f.held--
		}
		p.held = false
		return
	case Cancel:
		if p.busy {
			f.waiting--
		}
		p.busy, p.full = false, false
		return
	case Fail:
		p.fails = true
		return
	}
	if fails := p.fails; fails && (t.Kind == Dial || t.Kind == Accept || t.Kind == Fill) {
		p.fails = false
	} else {
		f.act(t, p)
	}
	if p.armed {
		p.armed, p.held = false, true
		f.held++
	}
}

func (f *forecast) act(t Step, p *party) {
	switch t.Kind {
	case Dial:
		f.dial(t.Actor, t.count())
	case Fill:
		f.dial(t.Actor, f.limit-int(t.N))
	case Accept:
		f.accept(t.Actor, t.count())
	case Syn:
		p.full = !f.shut() && f.pending+f.half >= f.limit
		if !f.shut() {
			f.link(link{stage: linkHalf, ends: [2]end{{actor: t.Actor, there: true}}})
			p.owns++
			p.halves++
			f.half++
		}
	case Ack:
		if l := f.newest(t.Kind, t.Actor); l != nil {
			p.halves--
			f.half--
			p.acked = true
			f.admit(l)
		}
	case Hangup, Abort:
		for range t.count() {
			f.leave(t)
		}
	case Send, HalfClose:
		f.send(t)
	case Recv:
		if l := f.newest(t.Kind, t.Actor); l != nil {
			f.read(&l.ends[side(t.Actor)])
		}
	case Listen:
		f.opens(t.Actor, max(int(t.N), 1))
	case Shut:
		if f.opens(t.Actor, 0); f.shut() {
			f.close()
		}
	}
}

// link adds a link, if there is room for one more.
func (f *forecast) link(l link) *link {
	if f.n == maxLinks {
		return nil
	}
	f.links[f.n] = l
	f.n++
	return &f.links[f.n-1]
}

func (f *forecast) dial(a Actor, times int) {
	p := &f.who[a]
	for range min(times, f.limit-f.pending+f.waiting+1) {
		if f.shut() {
			return
		}
		if p.full = f.pending >= f.limit; p.full {
			return
		}
		p.owns++
		f.admit(f.link(link{ends: [2]end{{actor: a, there: true}}}))
	}
}

// admit puts a link into the queue, or hands it to an acceptor that waits; nil
// is one that is not looked at.
func (f *forecast) admit(l *link) {
	f.pending++
	if l == nil {
		return
	}
	l.stage = linkPending
	if f.waiting == 0 {
		return
	}
	for a := Acceptor(0); a.Role() == AcceptorRole; a++ {
		if p := &f.who[a]; p.busy {
			p.busy = false
			f.waiting--
			f.take(a)
			return
		}
	}
}

func (f *forecast) accept(a Actor, times int) {
	for range times {
		switch {
		case f.shut():
			return
		case f.pending == 0:
			f.who[a].busy = true
			f.waiting++
			return
		}
		f.take(a)
	}
}

// take gives a the head of the queue.
func (f *forecast) take(a Actor) {
	f.pending--
	for i := range f.n {
		l := &f.links[i]
		if l.stage != linkPending {
			continue
		}
		l.stage = linkTaken
		e := &l.ends[1]
		e.actor, e.there = a, true
		f.who[a].owns++
		if e.news {
			f.unread++
		}
		return
	}
}

// leave ends the newest connection of t's actor.
func (f *forecast) leave(t Step) {
	l := f.newest(t.Kind, t.Actor)
	if l == nil {
		return
	}
	p, e := &f.who[t.Actor], &l.ends[side(t.Actor)]
	f.read(e)
	e.there, e.fin = false, true
	p.owns--
	switch {
	case l.stage == linkHalf:
		p.halves--
		f.half--
		l.stage = linkOver
	case t.Kind == Abort && l.stage == linkPending:
		f.pending--
		l.stage = linkOver
	default:
		f.tell(l, t.Actor)
	}
}

// send is a send or the end of a stream.
func (f *forecast) send(t Step) {
	if l := f.newest(t.Kind, t.Actor); l != nil {
		l.ends[side(t.Actor)].fin = t.Kind == HalfClose
		f.tell(l, t.Actor)
	}
}

// tell gives the other end of l something to receive.
func (f *forecast) tell(l *link, from Actor) {
	e := &l.ends[1-side(from)]
	if !e.news && e.there {
		f.unread++
	}
	e.news = true
}

func (f *forecast) read(e *end) {
	if e.news {
		f.unread--
	}
	e.news = false
}

// close ends what is pending and who waits: no listener is open.
func (f *forecast) close() {
	f.pending, f.waiting, f.half = 0, 0, 0
	for i := range f.n {
		l := &f.links[i]
		switch l.stage {
		case linkHalf:
			f.who[l.ends[0].actor].halves--
			l.stage = linkOver
		case linkPending:
			f.tell(l, Acceptor(0))
			l.stage = linkOver
		}
	}
	for a := range f.who {
		f.who[a].busy = false
	}
}
