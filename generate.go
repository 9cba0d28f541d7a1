package listentest

// A Source is where a generator's randomness comes from: a *rand.Rand of
// math/rand/v2, or an adapter over rapid, gopter or a fuzzer's bytes.
type Source interface {
	// IntN returns a number in [0, n); n is at least 1.
	IntN(n int) int
}

// A Shape says what schedules look like: which steps, by whom, how many. Why
// says what it is there for.
type Shape struct {
	Name, Why          string
	Share              int // how often it is drawn, beside the shares of the others; at least 1
	Least, Most        int // steps
	Backlogs           []int32
	Clients, Acceptors int // at most
	Along              int // percent of steps that the next does not wait for, about
	Choices            int // percent of schedules with scheduler's choices
	Weights            Weights
	Tick               int16 // most milliseconds that a tick lets pass; 2000 if 0
}

// Weights are the relative frequencies of kinds, where they mean something.
type Weights [Ack + 1]uint8

// Shapes returns the presets.
func Shapes() []Shape {
	few := []int32{0, 1, 1, 1, 2, 2, 2, 3, 4, 8}
	return []Shape{
		{"mixed", "whatever needs some steps to come about, and to be seen", 28,
			28, 32, few, 3, 3, 20, 25,
			Weights{Settle: 1, Dial: 8, Accept: 8, Fill: 3, Send: 3, Recv: 3, HalfClose: 1, Hangup: 5, Abort: 4, Cancel: 2, Listen: 2, Shut: 2, Fail: 3, Preempt: 3, Resume: 3, Tick: 2, Syn: 3, Ack: 2}, 0},
		{"race", "what happens between the steps of others (lost wake-up, check then enqueue, dial during close)", 4,
			12, 28, few, 3, 3, 50, 50,
			Weights{Settle: 1, Dial: 8, Accept: 8, Cancel: 2, Abort: 2, Shut: 3, Listen: 3}, 0},
		{"bytes", "what is sent before accept, first by the acceptor, or right before the end (early data lost, spurious end)", 3,
			8, 24, []int32{1, 2, 2, 3}, 2, 1, 10, 5,
			Weights{Dial: 6, Accept: 6, Send: 8, Recv: 6, HalfClose: 2, Hangup: 3, Abort: 1}, 0},
		{"width", "a limit that is stored in too few bits, or with a sign (truncation)", 4,
			1, 5, []int32{-1, -1, -1, -1, 127, 128, 129, 255, 256, 32767, 32768, 65535, 65536, 65536, 65537}, 2, 1, 0, 0,
			Weights{Dial: 8, Accept: 3}, 0}, // filling it would take thousands of sockets
		{"wrap", "a count that is kept in too few bits", 3,
			1, 6, []int32{255, 256, 256, 256}, 1, 1, 0, 0,
			Weights{Dial: 12, Accept: 2, Fill: 1}, 0},
	}
}

// Patient is a shape beside [Shapes] for targets whose time is virtual: the
// timeouts of protocols are half a minute to two, as for opening a stream
// (yamux: 75 s) or for one that is idle (QUIC: 30 s).
func Patient() Shape {
	return Shape{"patient", "what comes of those who wait for long (timeouts that spoil more than they should)", 6,
		6, 20, []int32{1, 1, 2, 3}, 3, 2, 20, 10,
		Weights{Dial: 8, Accept: 5, Fill: 3, Send: 2, Recv: 2, HalfClose: 2, Hangup: 3, Abort: 2, Shut: 1, Listen: 1, Tick: 6}, 32000}
}

// Generate draws a schedule of one of shapes, or of one of [Shapes] if none
// is given.
func Generate(src Source, shapes ...Shape) Schedule {
	var s Schedule
	s.Draw(src, shapes...)
	return s
}

// Draw makes s a schedule as [Generate] draws it, in the memory that s has.
func (s *Schedule) Draw(src Source, shapes ...Shape) {
	if len(shapes) == 0 {
		shapes = presets
	}
	g := generator{Source: src, shape: drawn(src, shapes)}
	g.schedule(s)
}

// drawn draws a shape by the shares.
func drawn(src Source, shapes []Shape) *Shape {
	total := 0
	for i := range shapes {
		total += max(shapes[i].Share, 1)
	}
	n, i := src.IntN(total), 0
	for n -= max(shapes[0].Share, 1); n >= 0; n -= max(shapes[i].Share, 1) {
		i++
	}
	return &shapes[i]
}

var presets = Shapes()

// A generator draws the steps of one schedule. It keeps a forecast, and mostly
// draws what means something there.
type generator struct {
	Source
	shape *Shape
	forecast
	weights Weights // of this schedule: a swarm has some kinds, others not
	total   int     // of the weights
	blind   bool    // every step is drawn, whatever it means
	looks   look
	along   int // percent of steps
	hunger  int // percent of accepts that are drawn though nothing is pending
	group   int // listeners, of which each has acceptors of its own; mostly 1
}

// A look is how far the generator is with looking whether all is in order: a
// defect does nothing that is seen until somebody rests, fills the queue, dials
// once more, takes all that is pending, and receives what was sent.
type look struct {
	on, settled, filled, over, drained, closed bool
}

// lookSteps is how many steps a look takes, more or less.
const lookSteps = 5

func (g *generator) schedule(s *Schedule) {
	g.swarm()
	g.blind = g.IntN(16) == 0
	g.along = g.shape.Along * [...]int{0, 1, 3, 3}[g.IntN(4)]
	s.Backlog = g.shape.Backlogs[g.IntN(len(g.shape.Backlogs))]
	g.begin(s.Backlog)
	n := g.shape.Least + g.IntN(g.shape.Most-g.shape.Least+1)
	last := max(n-lookSteps, 0) // the look at the end begins here
	if g.percent(25) {
		last = n
	}
	s.Steps = s.Steps[:0]
	for i := range n {
		if i == last || !g.looks.on && g.percent(1) {
			g.looks = look{on: true, settled: g.percent(50), filled: g.percent(33), over: g.percent(20), drained: g.percent(20), closed: g.percent(70)}
		}
		t := g.step().Norm()
		g.after(t)
		s.Steps = append(s.Steps, t)
	}
	s.Choices = s.Choices[:0]
	if g.percent(g.shape.Choices) {
		for range 1 + g.IntN(8) {
			s.Choices = append(s.Choices, byte(g.IntN(3)))
		}
	}
	s.Choices = trimmed(s.Choices)
}

// topics are sets of kinds that are of no use one without another.
var topics = [...]uint32{
	1<<Send | 1<<Recv,
	1<<HalfClose | 1<<Recv | 1<<Send,
	1 << Hangup,
	1 << Abort,
	1 << Cancel,
	1 << Listen,
	1<<Shut | 1<<Listen,
	1 << Fail,
	1<<Preempt | 1<<Resume,
	1<<Syn | 1<<Ack | 1<<Tick | 1<<Abort,
	1 << Tick,
}

// swarm takes some topics out: what two steps do to each other is seen more
// often where a third does not come between.
func (g *generator) swarm() {
	in := uint32(1<<Dial | 1<<Fill | 1<<Settle)
	if g.percent(95) {
		in |= 1 << Accept
	}
	scarce := g.percent(17)
	g.hunger = [...]int{5, 45}[g.IntN(2)]
	if scarce {
		g.hunger = 100
	}
	n := [...]int{2, 4, 8}[g.IntN(3)]
	for i := range topics {
		if g.IntN(8) < n {
			in |= topics[i]
		}
	}
	if g.group = 1; g.shape.Weights[Listen] > 0 && g.percent(4) {
		g.group = 2 + g.IntN(4)/3
		in |= 1<<Listen | 1<<Shut
	}
	g.total = 0
	for k, w := range g.shape.Weights {
		g.weights[k] = 0
		if in>>k&1 != 0 {
			if scarce && (Kind(k) == Dial || Kind(k) == Fill) {
				w = (w + 3) / 4
			}
			g.weights[k] = w
			g.total += int(w)
		}
	}
}

func (g *generator) percent(p int) bool { return p > 0 && g.IntN(100) < p }

// step draws a step: the next one of a look, one that makes use of what is there
// now and seldom is, or any that means something.
func (g *generator) step() Step {
	if g.looks.on && !g.blind {
		if t, ok := g.look(); ok {
			return t
		}
		g.looks.on = false
	}
	if !g.blind {
		if t, ok := g.chance(); ok {
			return t
		}
	}
	const tries = 8 // then what means nothing is as good as anything
	var t Step
	for range tries {
		t.Kind = g.kind()
		t.Actor = g.actor(kinds[t.Kind].roles)
		if g.blind || g.near(&t) {
			break
		}
	}
	t.N = g.number(t)
	t.Along = g.percent(g.along)
	return t
}

// chance returns a step for somebody who is held, who waits, or who has what is
// half-open, or for a listener that is closed; ok is false mostly.
func (g *generator) chance() (t Step, ok bool) {
	k := Settle
	switch {
	case g.held > 0 && g.shut() && g.percent(40): // the close is judged when nobody is held
		k = Resume
	case g.held > 0 && g.percent(35):
		k = g.beside()
	case g.shut() && g.percent(30):
		k = Listen
	case g.waiting > 0 && (g.has(Cancel) || g.hunger == 100 && g.shape.Weights[Cancel] > 0) && g.percent(10): // who waits long gives up
		t = Step{Kind: Cancel, Actor: Acceptor(g.IntN(max(g.shape.Acceptors, 1)))}
		return t, g.near(&t)
	case g.half > 0 && g.percent(20):
		k = [...]Kind{Ack, Abort, Tick}[g.IntN(3)]
	}
	if k == Settle || !g.has(k) {
		return Step{}, false
	}
	return g.by(k)
}

// beside returns what is done while somebody is held: mostly it is looked
// whether there is room as if he were not.
func (g *generator) beside() Kind {
	switch {
	case g.percent(45):
		return Resume
	case g.pending < g.limit:
		return Fill
	}
	return Dial
}

// near makes t's actor the next one of its role for whom t means something,
// and reports whether there is one.
func (g *generator) near(t *Step) bool {
	if kinds[t.Kind].roles == "" {
		return t.Kind != Tick || g.half > 0 || g.percent(10)
	}
	if t.Kind == Accept && g.pending == 0 && !g.percent(g.hunger) {
		return false
	}
	from := t.Actor
	n, first := 1, 0
	switch from.Role() {
	case ClientRole:
		n = g.shape.Clients
	case AcceptorRole:
		n, first = g.shape.Acceptors, from.Num()/8*8
	case ListenerRole:
		n = g.group
	}
	for i := range max(n, 1) {
		t.Actor = actor(from.Role(), first+(from.Num()-first+i)%max(n, 1))
		if g.means(t.Kind, t.Actor) {
			return true
		}
	}
	return false
}

// look returns the next step of a look; ok is false at its end.
func (g *generator) look() (t Step, ok bool) {
	l := &g.looks
	switch {
	case g.held > 0 && g.has(Resume):
		return g.by(Resume)
	case g.shut() && g.has(Listen):
		return g.by(Listen)
	case !l.settled && g.has(Settle):
		l.settled = true
		return g.by(Settle)
	case !l.filled && g.has(Fill) && g.pending < g.limit:
		l.filled = true
		return g.by(Fill)
	case !l.over && g.has(Dial):
		l.over = true
		return g.by(Dial)
	case !l.drained && g.has(Accept) && g.pending > 0:
		t, ok = g.by(Accept)
		t.N = int16(min(g.pending, 9))
		l.drained = true
		return t, ok
	case g.unread > 0 && g.has(Recv):
		return g.by(Recv)
	case !l.closed && !g.shut() && g.has(Shut):
		l.closed = true
		return g.by(Shut)
	}
	return Step{}, false
}

func (g *generator) has(k Kind) bool { return g.weights[k] > 0 }

// by returns the plain step of kind k by somebody for whom it means something.
func (g *generator) by(k Kind) (t Step, ok bool) {
	t.Kind = k
	for range 3 { // roles
		t.Actor = g.actor(kinds[k].roles)
		if g.near(&t) {
			if k == Listen || k == Tick {
				t.N = g.number(t)
			}
			return t, true
		}
	}
	return t, false
}

func (g *generator) kind() Kind {
	n := g.IntN(max(g.total, 1))
	for k, w := range g.weights {
		if n -= int(w); n < 0 {
			return Kind(k)
		}
	}
	return Settle
}

// actor draws one that has one of the roles; a background task and a listener
// where others could stand seldom: only the first task exists on the targets
// that have one, and what follows a planned failure of admission is unknown.
func (g *generator) actor(roles string) Actor {
	if roles == "" {
		return 0
	}
	role := roleOf(roles[g.IntN(len(roles))])
	if len(roles) == 3 && role > AcceptorRole && g.percent(75) {
		role = roleOf(roles[g.IntN(2)])
	}
	switch role {
	case AcceptorRole:
		return Acceptor(8*g.IntN(g.group) + g.IntN(max(g.shape.Acceptors, 1)))
	case ListenerRole:
		return Listener(g.IntN(g.group))
	case TaskRole:
		return Task(0)
	}
	return Client(g.IntN(max(g.shape.Clients, 1)))
}

// number draws N: mostly the plain step, for defects need few of a kind, and
// else what comes near the edge.
func (g *generator) number(t Step) int16 {
	switch t.Kind {
	case Dial:
		if g.percent(25) {
			return int16(2 + g.IntN(2))
		}
	case Accept, Hangup, Abort:
		if g.percent(20) {
			return int16(2 + g.IntN(2))
		}
	case Fill:
		return [...]int16{0, 0, 0, 0, 1, 1, 2, -1}[g.IntN(8)]
	case Listen:
		return int16(g.IntN(5))
	case Preempt:
		return [...]int16{0, 0, 0, 1, 1, 2}[g.IntN(6)]
	case Send:
		return int16(1 + g.IntN(3))
	case Fail:
		return int16(g.IntN(4))
	case Tick:
		if g.shape.Tick > 0 {
			return [...]int16{1, g.shape.Tick / 8, g.shape.Tick, g.shape.Tick}[g.IntN(4)]
		}
		if g.half > 0 && g.percent(75) {
			return 2000
		}
		return [...]int16{1, 100, 500, 1000, 2000}[g.IntN(5)]
	}
	return 0
}
