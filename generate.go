package listentest

// A Source is where a generator's randomness comes from: a *rand.Rand of
// math/rand/v2, or an adapter over rapid, gopter or a fuzzer's bytes.
type Source interface {
	// IntN returns a number in [0, n); n is at least 1.
	IntN(n int) int
}

// A Shape says what schedules look like: which steps, by whom, how many. Each
// preset is there for a class of defects, which Why names.
type Shape struct {
	Name, Why          string
	Least, Most        int // steps
	Backlogs           []int32
	Clients, Acceptors int // at most
	Along              int // percent of steps that the next does not wait for
	Choices            int // percent of schedules with scheduler's choices
	Weights            Weights
}

// Weights are the relative frequencies of kinds.
type Weights [Ack + 1]uint8

// Shapes returns the presets.
func Shapes() []Shape {
	few := []int32{1, 1, 1, 2, 2, 3, 0}
	return []Shape{
		{"capacity", "a queue that is one too short or too long, or reads 0 in its own way (off by one, zero backlog)",
			1, 8, []int32{0, 1, 2, 3, 4, 8}, 2, 1, 0, 0,
			Weights{Dial: 6, Fill: 4, Accept: 4, Settle: 1}},
		{"credit", "a place that comes back late, never or twice after accept (deferred credit, hand-off miscount)",
			4, 12, few, 2, 2, 10, 10,
			Weights{Fill: 6, Preempt: 6, Accept: 8, Dial: 8, Resume: 3, Hangup: 1}},
		{"abort", "a place that is lost with a client that died before accept (credit leak)",
			3, 14, few, 2, 1, 10, 10,
			Weights{Dial: 8, Fill: 3, Abort: 6, Hangup: 1, Accept: 4, Settle: 2, Cancel: 1, Preempt: 1, Resume: 1}},
		{"wait", "an acceptor that is not woken, or two that are woken for one (lost wake-up, duplicate accept)",
			3, 12, few, 2, 3, 30, 15,
			Weights{Accept: 8, Dial: 8, Preempt: 5, Resume: 3, Cancel: 2, Fill: 1}},
		{"close", "pending and waiting ones at close, and what is left for the next listener (close leaves pending)",
			3, 14, few, 2, 2, 15, 10,
			Weights{Dial: 8, Fill: 2, Accept: 5, Shut: 3, Listen: 3, Cancel: 1, Preempt: 2, Resume: 1}},
		{"resize", "a backlog that changes with connections pending (stacked queues, resize)",
			3, 14, few, 2, 2, 10, 5,
			Weights{Dial: 8, Fill: 3, Accept: 5, Listen: 5, Settle: 1}},
		{"order", "hand-off in another order than admission",
			3, 12, []int32{2, 3, 4, 8}, 3, 2, 20, 10,
			Weights{Dial: 8, Fill: 2, Accept: 7, Hangup: 1, Preempt: 1, Resume: 1}},
		{"bytes", "what is sent before accept, first by the acceptor, or right before the end (early data lost, spurious end)",
			4, 16, []int32{1, 2, 2, 3}, 1, 1, 10, 5,
			Weights{Dial: 6, Accept: 6, Send: 8, Recv: 8, HalfClose: 2, Hangup: 2, Abort: 2, Preempt: 3, Resume: 2, Settle: 1}},
		{"half-open", "handshakes that stop halfway (half-open counted or not, expiry, phantoms)",
			3, 14, few, 2, 2, 5, 5,
			Weights{Syn: 8, Ack: 7, Dial: 5, Accept: 5, Abort: 4, Hangup: 1, Tick: 3, Shut: 1, Listen: 1, Fill: 1}},
		{"failure", "an accept or a dial that fails, and is given up (leak on error, failed accept loses the connection)",
			3, 12, few, 2, 2, 10, 5,
			Weights{Fail: 6, Accept: 8, Dial: 8, Fill: 2, Cancel: 3, Settle: 1}},
		{"width", "a limit that is stored in too few bits, or with a sign (truncation)",
			1, 5, []int32{-1, 127, 128, 129, 32767, 32768, 65535, 65536, 65537}, 2, 1, 0, 0,
			Weights{Dial: 8, Accept: 3}}, // filling it would take thousands of sockets
		{"wrap", "a count that is kept in too few bits",
			1, 6, []int32{255, 256}, 1, 1, 0, 0,
			Weights{Dial: 12, Accept: 2, Fill: 1}},
		{"mixed", "what needs two of the others at once",
			2, 24, []int32{0, 1, 1, 2, 2, 3, 4, 8}, 4, 3, 20, 15,
			Weights{Settle: 1, Dial: 10, Accept: 9, Fill: 3, Send: 2, Recv: 2, Hangup: 2, Abort: 3, Cancel: 2, Listen: 2, Shut: 1, Fail: 1, Preempt: 5, Resume: 3, Tick: 2, Syn: 1, Ack: 1}},
	}
}

// Generate draws a schedule of one of shapes, or of one of [Shapes] if none
// is given.
func Generate(src Source, shapes ...Shape) Schedule {
	if len(shapes) == 0 {
		shapes = presets
	}
	g := generator{src, shapes[src.IntN(len(shapes))], 0}
	return g.schedule()
}

var presets = Shapes()

type generator struct {
	Source
	shape Shape
	total int // of the weights
}

func (g *generator) schedule() Schedule {
	for _, w := range g.shape.Weights {
		g.total += int(w)
	}
	s := Schedule{Backlog: g.shape.Backlogs[g.IntN(len(g.shape.Backlogs))]}
	s.Steps = make([]Step, g.shape.Least+g.IntN(g.shape.Most-g.shape.Least+1))
	for i := range s.Steps {
		s.Steps[i] = g.step()
	}
	if g.percent(g.shape.Choices) {
		s.Choices = make([]byte, 1+g.IntN(8))
		for i := range s.Choices {
			s.Choices[i] = byte(g.IntN(3))
		}
	}
	return s.Norm()
}

func (g *generator) percent(p int) bool { return p > 0 && g.IntN(100) < p }

func (g *generator) step() Step {
	t := Step{Kind: g.kind(), Along: g.percent(g.shape.Along)}
	t.Actor = g.actor(kinds[t.Kind].roles)
	t.N = g.number(t.Kind)
	return t
}

func (g *generator) kind() Kind {
	n := g.IntN(max(g.total, 1))
	for k, w := range g.shape.Weights {
		if n -= int(w); n < 0 {
			return Kind(k)
		}
	}
	return Settle
}

// actor draws one that has one of the roles; a background task seldom, as
// only the first exists on the targets that have one.
func (g *generator) actor(roles string) Actor {
	if roles == "" {
		return 0
	}
	role := roleOf(roles[g.IntN(len(roles))])
	switch role {
	case AcceptorRole:
		return Acceptor(g.IntN(max(g.shape.Acceptors, 1)))
	case ListenerRole:
		return Listener(0)
	case TaskRole:
		if g.percent(50) {
			return Acceptor(g.IntN(max(g.shape.Acceptors, 1)))
		}
		return Task(0)
	}
	return Client(g.IntN(max(g.shape.Clients, 1)))
}

// number draws N: mostly the plain step, for defects need few of a kind.
func (g *generator) number(k Kind) int16 {
	switch k {
	case Dial, Accept, Hangup, Abort:
		if g.percent(25) {
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
		return [...]int16{1, 100, 500, 1000, 2000}[g.IntN(5)]
	}
	return 0
}
