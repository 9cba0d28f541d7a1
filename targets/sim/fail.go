package sim

import lt "github.com/listentest/listentest"

// fail plans what the next dial or accept of its actor meets, or the next
// admission.
func (m *machine) fail(slot uint8) {
	a := &m.actors[slot]
	if a.id.Role() == lt.ListenerRole {
		m.plan = a.op.N
	} else {
		a.plan = a.op.N
	}
	m.finish(slot, lt.OK)
}

// planned ends an operation that was to fail.
func (m *machine) planned(slot uint8) {
	a := &m.actors[slot]
	how := lt.Failed
	if a.plan == 3 {
		how = lt.Timeout
	}
	a.plan = noPlan
	switch {
	case a.op.Kind == lt.Accept:
		m.failedAccept()
	case m.has(leakOnFailedDial):
		m.units++
	}
	m.finish(slot, how)
}

// failedAccept is what a planned failure of accept does beside failing, where
// that is a defect.
func (m *machine) failedAccept() {
	switch {
	case m.has(failedAcceptLoses) && len(m.queue) > 0:
		i := m.queue[0]
		m.queue = m.queue[1:]
		m.giveBack(i)
		m.conns[i].stage = over
	case m.has(failedAcceptEndsAll):
		for len(m.queue) > 0 {
			m.evict(m.queue[0])
		}
	case m.has(leakOnFailedAccept):
		m.units++
	case m.has(failedAcceptCloses):
		m.open = false
	case m.has(deafAfterError):
		m.deaf = true
	}
}

// acceptPlanned reports whether the accept of somebody is to fail.
func (m *machine) acceptPlanned() bool {
	for i := range m.actors {
		if a := &m.actors[i]; a.plan != noPlan && a.id.Role() == lt.AcceptorRole {
			return true
		}
	}
	return false
}
