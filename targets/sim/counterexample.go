package sim

import lt "github.com/listentest/listentest"

// A Counterexample is a way to a broken promise.
type Counterexample struct {
	Promise lt.Promise
	Text    string
	Moves   int
	// History is what somebody outside would have seen, with all who can still
	// move let go to a rest behind it.
	History lt.History
}

// counterexample returns the way to the frame above the top of the stack.
func (e *Explorer) counterexample(b *breach) *Counterexample {
	c := &Counterexample{Promise: b.promise, Text: b.text, Moves: e.depth + 1}
	c.History.Backlog = e.world.Backlog
	again := NewExplorer(e.m.target, e.world, true, 0)
	w := writer{Explorer: again, history: &c.History, ids: map[int32]int32{}}
	for d := range c.Moves {
		w.move(int(e.stack[d+1].by))
	}
	const most = 1000 // what a defect keeps on its feet
	for range most {
		i := w.anybody()
		if i < 0 {
			break
		}
		w.move(i)
	}
	return c
}

// A writer makes moves and writes the history of them.
type writer struct {
	*Explorer
	history *lt.History
	ids     map[int32]int32 // an operation's ID there, by the explorer's
	last    int32
}

func (w *writer) move(i int) {
	mv := w.all[i]
	if mv.begin {
		f := &w.stack[w.depth]
		w.m.state, f.state = f.state, w.m.state
		op := w.op(&f.watch, mv)
		w.m.state, f.state = f.state, w.m.state
		w.last++
		w.ids[op.ID] = w.last
		call := lt.Event{Verb: lt.Call, Op: w.last, Step: op.Step}
		if op.Conn != 0 {
			call.Conn = w.ids[op.Conn]
		}
		w.add(call)
	}
	w.advance(i)
	w.depth++
	for _, ev := range w.events {
		if ev.Verb == lt.Return {
			ev.Op = w.ids[ev.Op]
		}
		if ev.Conn > 0 {
			ev.Conn = w.ids[ev.Conn]
		}
		w.add(ev)
	}
	if len(w.stack[w.depth].ready) == 0 {
		w.add(lt.Event{Verb: lt.Rested, N: int32(lt.Quiet)})
	}
}

func (w *writer) add(e lt.Event) { w.history.Events = append(w.history.Events, e) }

// anybody returns the index of a move of somebody who is on his way, or -1.
func (w *writer) anybody() int {
	f := &w.stack[w.depth]
	for i, mv := range w.all {
		if !mv.begin && w.can(f, mv) {
			return i
		}
	}
	return -1
}
