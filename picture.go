package listentest

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Picture draws h for people: time goes down, each actor has a lane, and the
// last lane is the number of connections held, between the fewest (█) and the
// most (░) that there can have been, against the guarantee (|). What v points
// at is marked; v may be nil.
func Picture(h History, c Contract, v *Violation) string {
	return picture(h, c, v, 0, len(h.Events))
}

// PictureAround is Picture for long histories: it draws the events around v,
// and says how many it leaves out.
func PictureAround(h History, c Contract, v *Violation) string {
	const all, most, before, behind = 64, 96, 20, 6
	n := len(h.Events)
	if v == nil || n <= all {
		return Picture(h, c, v)
	}
	to := max(0, min(v.To+behind, n))
	from := max(0, min(max(v.From-before, to-most), to))
	text := picture(h, c, v, from, to)
	if from > 0 {
		text = fmt.Sprintf("events 1 to %d are not drawn\n%s", from, text)
	}
	if to < n {
		text += fmt.Sprintf("events %d to %d are not drawn\n", to+1, n)
	}
	return text
}

// picture draws the events from one up to another.
func picture(h History, c Contract, v *Violation, from, to int) string {
	p := painter{v: v, from: from, to: to}
	p.l.read(&h, c)
	p.findActors()
	p.draw()
	return p.layout()
}

type painter struct {
	l      intervals
	v      *Violation
	from   int // the events that are drawn,
	to     int // less the last
	actors []Actor
	rows   []row
	open   map[Actor]int32 // the operation that is open in a lane, or 0
	held   map[Actor]bool
}

type row struct {
	cells []string // by lane
	at    int32    // the gap that the last lane shows
	note  string
}

func (p *painter) findActors() {
	find := func(a Actor) {
		if !slices.Contains(p.actors, a) {
			p.actors = append(p.actors, a)
		}
	}
	for i := p.from; i < p.to; i++ {
		switch e := &p.l.h.Events[i]; e.Verb {
		case Call, Skipped:
			if kinds[e.Step.Kind].roles != "" {
				find(e.Step.Actor)
			}
		case Hold, Gauge:
			find(e.Step.Actor)
		case Return:
			p.findOld(e.Op, find)
		case End:
			p.findOld(e.Conn, find)
		}
	}
	if p.v != nil {
		p.findOld(p.v.Op, find)
	}
	slices.Sort(p.actors)
	p.open, p.held = map[Actor]int32{}, map[Actor]bool{}
}

// findOld finds who called an operation before the events that are drawn.
func (p *painter) findOld(id int32, find func(Actor)) {
	if r := p.l.op(id); r.call < int32(p.from) && kinds[r.kind].roles != "" {
		find(r.actor)
	}
}

func (p *painter) draw() {
	events := p.l.h.Events
	for i := 0; i < p.to; i++ {
		e := &events[i]
		merged := e.Verb == Call && i+1 < p.to && events[i+1].Verb == Return && events[i+1].Op == e.Op
		r := row{cells: make([]string, len(p.actors)), at: int32(i)}
		for k, a := range p.actors {
			switch {
			case p.held[a]:
				r.cells[k] = "▒"
			case p.open[a] != 0:
				r.cells[k] = "│"
			}
		}
		if merged {
			r.at++
			before := p.open[e.Step.Actor] // an instant does not end what is open
			end := " " + p.returned(&events[i+1])
			if kinds[e.Step.Kind].instant || e.Step.Kind == Resume {
				end = strings.TrimSuffix(end, " ok")
			}
			p.event(&r, e, "─ ", end)
			p.open[e.Step.Actor] = before
			i++
		} else {
			p.event(&r, e, "┌ ", "")
		}
		if p.v != nil && int32(p.v.To) == r.at {
			r.note = "◀ breaks " + p.v.Promise.String()
		}
		if (e.Verb == Rested || e.Verb == Named) && r.note == "" && !p.moved(r.at) {
			continue
		}
		if e.Verb == Rested || e.Verb == Clock || e.Verb == Left || e.Verb == Died || e.Verb == Call && kinds[e.Step.Kind].roles == "" {
			what := e.String()
			if e.Verb == Call {
				what = e.Step.String()
			}
			r.note = strings.TrimSpace(what + " " + r.note)
		}
		if int(r.at) >= p.from {
			p.rows = append(p.rows, r)
		}
	}
}

// moved reports whether the number held changed at event i.
func (p *painter) moved(i int32) bool {
	return i > 0 && (p.l.hi[i] != p.l.hi[i-1] || p.l.lo[i] != p.l.lo[i-1])
}

// event writes e into its lane.
func (p *painter) event(r *row, e *Event, begin, end string) {
	switch e.Verb {
	case Call:
		if kinds[e.Step.Kind].roles == "" {
			return
		}
		p.cell(r, e.Step.Actor, begin+p.called(e)+end)
		if e.Step.Kind == Resume {
			p.held[e.Step.Actor] = false
		}
		p.open[e.Step.Actor] = e.Op
	case Return:
		if a := p.l.op(e.Op).actor; p.l.op(e.Op).call != never {
			p.cell(r, a, "└ "+p.returned(e))
			p.open[a] = 0
		}
	case Skipped:
		p.cell(r, e.Step.Actor, "("+e.Step.Kind.String()+")")
	case Hold:
		p.cell(r, e.Step.Actor, "▒ held at "+e.Point)
		p.held[e.Step.Actor] = true
	case End:
		p.cell(r, p.l.op(e.Conn).actor, fmt.Sprintf("✗ #%d %v", e.Conn, e.Outcome))
	case Gauge:
		p.cell(r, e.Step.Actor, fmt.Sprintf("queue %d", e.N))
	}
}

func (p *painter) cell(r *row, a Actor, text string) {
	if k, ok := slices.BinarySearch(p.actors, a); ok {
		r.cells[k] = text
	}
}

// called is the text of a call: who does it is the lane.
func (p *painter) called(e *Event) string {
	words := strings.Fields(e.Step.String())
	text := words[0]
	if e.Step.Kind == Dial || e.Step.Kind == Accept {
		text = fmt.Sprintf("%s #%d", text, e.Op)
	} else if len(words) > 2 {
		text += " " + strings.TrimSuffix(strings.Join(words[2:], " "), " &")
	}
	if e.Conn > 0 {
		text += fmt.Sprintf(" #%d", p.conn(e.Conn))
	}
	return text
}

// conn returns the ID of the dial, as far as it is known, of a connection
// that is named by its accept.
func (p *painter) conn(id int32) int32 {
	if o := p.l.op(id); o.kind == Accept && o.conn > 0 {
		return o.conn
	}
	return id
}

func (p *painter) returned(e *Event) string {
	if a := p.l.op(e.Op); a.kind == Accept && e.Outcome == OK {
		switch a.conn { // also if that was learned later
		case 0:
			return "= ?"
		case Nobody:
			return "= nobody's"
		}
		return fmt.Sprintf("= #%d", a.conn)
	}
	return e.Outcome.String()
}

// layout puts the rows into columns.
func (p *painter) layout() string {
	width := make([]int, len(p.actors))
	for k, a := range p.actors {
		width[k] = len(a.String())
		for _, r := range p.rows {
			width[k] = max(width[k], utf8.RuneCountInString(r.cells[k]))
		}
	}
	var b strings.Builder
	line := func(cells []string, rest string) {
		s := ""
		for k, c := range cells {
			s += c + strings.Repeat(" ", width[k]-utf8.RuneCountInString(c)+2)
		}
		b.WriteString(strings.TrimRight(s+rest, " ") + "\n")
	}
	var names []string
	for _, a := range p.actors {
		names = append(names, a.String())
	}
	line(names, "held")
	bar := p.barWidth()
	for _, r := range p.rows {
		line(r.cells, p.bar(r.at, bar)+"  "+r.note)
	}
	return b.String()
}

// barWidth is how many places the last lane shows; beyond, it has figures
// only.
func (p *painter) barWidth() int32 {
	const most = 16
	w := int32(0)
	for _, r := range p.rows {
		w = max(w, p.l.hi[r.at], p.l.low[r.at])
	}
	if w > most {
		return 0
	}
	return w
}

// bar shows the gap after event at: figures, places, and the guarantee.
func (p *painter) bar(at, width int32) string {
	lo, hi, low := max(p.l.lo[at], 0), p.l.hi[at], p.l.low[at]
	s := fmt.Sprint(hi)
	if lo < hi {
		s = fmt.Sprintf("%d-%d", lo, hi)
	}
	s = fmt.Sprintf("%-6s", s)
	if width == 0 {
		return fmt.Sprintf("%s of %d", s, low)
	}
	for i := range width + 1 {
		if i == low && p.l.c.Guaranteed.Stated {
			s += "|"
		}
		switch {
		case i == width:
		case i < lo:
			s += "█"
		case i < hi:
			s += "░"
		default:
			s += "·"
		}
	}
	return s
}
