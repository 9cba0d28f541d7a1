package props

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/anishathalye/porcupine"
	"github.com/listentest/listentest"
)

// Porcupine is a linearizability checker for any model. Its model here is a
// bounded queue whose operations are atomic, which is stricter than a
// contract: an accept gives the place back at the moment it takes the
// connection. So what porcupine can order must raise no alarm.

var boundedQueue = listentest.Contract{
	Backlog: listentest.Backlog{Zero: 1, Negative: 1}, Guaranteed: listentest.Exactly(0), Max: listentest.Exactly(0),
	Admit: listentest.AdmitReturn, Must: listentest.Completed, May: listentest.Completed, Order: listentest.FIFO,
}

type queueInput struct {
	accept   bool
	id, most int32
}

type queueOutput struct {
	refused bool
	conn    int32
}

// queueModel is the bounded queue: a state holds the IDs that are pending.
var queueModel = porcupine.Model{
	Init: func() any { return "" },
	Step: func(state, input, output any) (bool, any) {
		q, in, out := []rune(state.(string)), input.(queueInput), output.(queueOutput)
		full := len(q) >= int(in.most)
		switch {
		case in.accept:
			if len(q) == 0 || q[0] != rune(out.conn) {
				return false, state
			}
			return true, string(q[1:])
		case out.refused:
			return full, state
		}
		return !full, string(append(q, rune(in.id)))
	},
	Equal: func(a, b any) bool { return a == b },
}

// A bounded is an atomic bounded queue under overlapping dials and accepts,
// and what is seen of it, for both checkers.
type bounded struct {
	rng   *rand.Rand
	h     listentest.History
	ops   []porcupine.Operation
	open  []*queueTask // by actor; nil for none
	queue []int32
	left  int // operations that are still to be called
}

type queueTask struct {
	queueInput
	queueOutput
	done bool
}

// queueHistory runs a bounded. spoil is the chance, one in so many, that an
// outcome is wrong; 0 is none.
func queueHistory(rng *rand.Rand, overlap, ops, spoil int) (listentest.History, []porcupine.Operation) {
	q := bounded{rng: rng, open: make([]*queueTask, overlap), left: ops}
	q.h.Backlog = int32(1 + rng.IntN(3))
	for q.moves() {
		i := rng.IntN(overlap)
		switch t := q.open[i]; {
		case t == nil && q.left > 0:
			q.call(i)
		case t == nil:
		case t.done:
			q.ret(i, spoil > 0 && rng.IntN(spoil) == 0)
		default:
			q.effect(t)
		}
	}
	return q.h, complete(q.ops)
}

// moves reports whether anything can happen yet.
func (q *bounded) moves() bool {
	return slices.ContainsFunc(q.open, func(t *queueTask) bool {
		if t == nil {
			return q.left > 0
		}
		return t.done || !t.accept || len(q.queue) > 0
	})
}

func (q *bounded) call(i int) {
	q.left--
	t := &queueTask{queueInput: queueInput{accept: q.rng.IntN(2) == 0, id: int32(len(q.ops) + 1), most: q.h.Backlog}}
	step := listentest.Step{Kind: listentest.Dial, Actor: listentest.Client(i)}
	if t.accept {
		step = listentest.Step{Kind: listentest.Accept, Actor: listentest.Acceptor(i)}
	}
	q.open[i] = t
	q.ops = append(q.ops, porcupine.Operation{ClientId: i, Input: t.queueInput, Call: int64(len(q.h.Events))})
	q.h.Events = append(q.h.Events, listentest.Event{Verb: listentest.Call, Op: t.id, Step: step})
}

func (q *bounded) effect(t *queueTask) {
	switch {
	case !t.accept:
		t.done = true
		if t.refused = len(q.queue) >= int(t.most); !t.refused {
			q.queue = append(q.queue, t.id)
		}
	case len(q.queue) > 0:
		t.conn, q.queue, t.done = q.queue[0], q.queue[1:], true
	}
}

func (q *bounded) ret(i int, wrong bool) {
	t := q.open[i]
	q.open[i] = nil
	switch {
	case wrong && t.accept:
		t.conn = 1 + q.rng.Int32N(int32(len(q.ops)))
	case wrong:
		t.refused = !t.refused
	}
	e := listentest.Event{Verb: listentest.Return, Op: t.id, Conn: t.conn}
	switch {
	case t.refused:
		e.Outcome = listentest.Refused
	case !t.accept:
		e.Conn = t.id
	}
	o := &q.ops[t.id-1]
	o.Output, o.Return = t.queueOutput, int64(len(q.h.Events))
	q.h.Events = append(q.h.Events, e)
}

// complete leaves out accepts that never returned, which have taken nothing.
func complete(all []porcupine.Operation) []porcupine.Operation {
	return slices.DeleteFunc(all, func(o porcupine.Operation) bool { return o.Output == nil })
}

// TestPorcupine: what porcupine can order raises no alarm. Of what it can't,
// the share that we catch is printed: the rest is lawful by the contract,
// because a place may come back as late as accept returns.
func TestPorcupine(t *testing.T) {
	var k listentest.Checker
	for overlap := 1; overlap <= 6; overlap++ {
		rng := rand.New(rand.NewPCG(uint64(overlap), 3))
		lawful, wrong, caught := 0, 0, 0
		for range 20_000 {
			h, ops := queueHistory(rng, overlap, 4+rng.IntN(12), 20)
			alarm := k.Check(h, boundedQueue).First()
			if !porcupine.CheckOperations(queueModel, ops) {
				wrong++
				if alarm != nil {
					caught++
				}
				continue
			}
			if lawful++; alarm != nil {
				t.Fatalf("false alarm: %v: %v\n%v", alarm.Promise, alarm.Text, listentest.Picture(h, boundedQueue, alarm))
			}
		}
		t.Logf("overlap %d: %d histories that porcupine orders, no alarm; of %d that it can't order, alarm on %.2f %%", overlap, lawful, wrong, 100*float64(caught)/float64(wrong))
	}
}

// BenchmarkPorcupine pairs the two checkers on the same lawful histories of 60
// operations.
func BenchmarkPorcupine(b *testing.B) {
	for _, overlap := range []int{1, 2, 3, 4, 5, 6} {
		var hs []listentest.History
		var ops [][]porcupine.Operation
		events := 0
		rng := rand.New(rand.NewPCG(uint64(overlap), 4))
		for range 64 {
			h, o := queueHistory(rng, overlap, 60, 0)
			hs, ops, events = append(hs, h), append(ops, o), events+len(h.Events)
		}
		var k listentest.Checker
		b.Run(fmt.Sprintf("overlap=%d/check", overlap), func(b *testing.B) {
			for b.Loop() {
				for _, h := range hs {
					if v := k.Check(h, boundedQueue); v.First() != nil || !v.Exact {
						b.Fatal(v)
					}
				}
			}
			b.ReportMetric(float64(events)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
		b.Run(fmt.Sprintf("overlap=%d/porcupine", overlap), func(b *testing.B) {
			for b.Loop() {
				for _, o := range ops {
					if !porcupine.CheckOperations(queueModel, o) {
						b.Fatal("porcupine can't order a lawful history")
					}
				}
			}
			b.ReportMetric(float64(events)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
