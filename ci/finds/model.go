package main

import lt "github.com/listentest/listentest"

// A model is what somebody would write beside a listener to drive it with
// rapid or gopter: a queue of at most the backlog, and who holds what. It says
// which steps mean something. A value, so that gopter can keep old ones.
type model struct {
	open   bool
	limit  int
	queue  [queueCap]uint8 // clients, the head first
	queued int
	who    [clients + acceptors + 1]party // clients, acceptors, b0
}

// queueCap is where the model stops to count what is pending.
const queueCap = 40

// A party is what a model knows of an actor.
type party struct {
	conns, half       int8
	acked, busy, held bool
	armed             bool // for a preempt
	full              bool // its dial found no room: where that waits, it can be given up
}

const task = clients + acceptors

func newModel(backlog int32) model { return model{open: true, limit: max(int(backlog), 1)} }

// index returns where a is in who; -1 for a listener.
func index(a lt.Actor) int {
	switch a.Role() {
	case lt.ClientRole:
		return a.Num()
	case lt.AcceptorRole:
		return clients + a.Num()
	case lt.TaskRole:
		return task
	}
	return -1
}

// steps returns the steps of kind k that mean something now, the plain ones
// first.
func (m *model) steps(k int) (all []lt.Step) {
	for _, t := range every[k] {
		if m.can(t) {
			all = append(all, t)
		}
	}
	return all
}

// can reports whether t means something now.
func (m *model) can(t lt.Step) bool {
	switch t.Kind {
	case lt.Settle, lt.Tick, lt.Listen:
		return true
	case lt.Shut:
		return m.open
	}
	if t.Actor.Role() == lt.ListenerRole {
		return true
	}
	p := m.who[index(t.Actor)]
	switch t.Kind {
	case lt.Preempt:
		return !p.held
	case lt.Resume:
		return p.held || t.Actor == lt.Task(0) && p.armed // who knows when a task runs
	case lt.Cancel:
		return p.busy || p.full
	}
	if p.busy || p.held {
		return false
	}
	switch t.Kind {
	case lt.Send, lt.Recv, lt.HalfClose:
		return p.conns > p.half
	case lt.Hangup, lt.Abort:
		return int16(p.conns) >= max(t.N, 1)
	case lt.Ack:
		return p.half > 0 || p.acked
	}
	return true
}

// after makes m the model of what is expected when t has run.
func (m *model) after(t lt.Step) {
	switch t.Kind {
	case lt.Shut:
		m.shut()
	case lt.Listen:
		m.open, m.limit = true, max(int(t.N), 1)
	}
	i := index(t.Actor)
	if i < 0 || t.Kind == lt.Settle || t.Kind == lt.Tick {
		return
	}
	p := &m.who[i]
	switch t.Kind {
	case lt.Preempt:
		p.armed = true
		return
	case lt.Resume:
		p.held, p.armed = false, false
		return
	case lt.Cancel:
		p.busy, p.full = false, false
		return
	case lt.Dial:
		m.dial(i, int(max(t.N, 1)))
	case lt.Fill:
		m.dial(i, m.limit-int(t.N))
	case lt.Accept:
		m.accept(i, int(max(t.N, 1)))
	case lt.Hangup, lt.Abort:
		for range max(t.N, 1) {
			m.leave(i, t.Kind == lt.Abort)
		}
	case lt.Syn:
		p.conns++
		p.half++
	case lt.Ack:
		if p.half > 0 {
			p.half--
			p.acked = true
			m.admit(i)
		}
	}
	p.held, p.armed = p.armed, false
}

func (m *model) dial(client, times int) {
	for range min(times, queueCap) {
		if !m.open || m.queued >= min(m.limit, queueCap) {
			m.who[client].full = m.open
			return
		}
		m.who[client].full = false
		m.who[client].conns++
		m.admit(client)
	}
}

// admit puts a connection of client into the queue, or hands it to an
// acceptor that waits.
func (m *model) admit(client int) {
	for i := clients; i < task; i++ {
		if p := &m.who[i]; p.busy && !p.held {
			p.busy = false
			p.conns++
			return
		}
	}
	if m.queued < queueCap {
		m.queue[m.queued] = uint8(client)
		m.queued++
	}
}

func (m *model) accept(acceptor, times int) {
	p := &m.who[acceptor]
	for range times {
		switch {
		case !m.open:
			return
		case m.queued == 0:
			p.busy = true
			return
		}
		m.unqueue(0)
		p.conns++
	}
}

func (m *model) leave(i int, abort bool) {
	p := &m.who[i]
	p.conns--
	p.half = min(p.half, p.conns)
	if !abort || i >= clients {
		return
	}
	for k := m.queued - 1; k >= 0; k-- {
		if int(m.queue[k]) == i {
			m.unqueue(k)
			return
		}
	}
}

func (m *model) unqueue(k int) {
	copy(m.queue[k:], m.queue[k+1:m.queued])
	m.queued--
}

func (m *model) shut() {
	m.open, m.queued = false, 0
	for i := range m.who {
		m.who[i].busy = false
	}
}
