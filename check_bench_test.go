package listentest

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// longHistory is a correct history of a Linux-like queue: dials, accepts,
// refusals at a full queue, rests.
func longHistory(events int) History {
	h := History{Backlog: 3, Events: make([]Event, 0, events+32)}
	op := int32(0)
	do := func(t Step, o Outcome, conn int32) int32 {
		op++
		if t.Kind == Dial && o == OK {
			conn = op
		}
		h.Events = append(h.Events, Event{Verb: Call, Op: op, Step: t}, Event{Verb: Return, Op: op, Outcome: o, Conn: conn})
		return op
	}
	for len(h.Events) < events {
		var queue [4]int32
		for i := range queue {
			queue[i] = do(Step{Kind: Dial}, OK, 0)
		}
		do(Step{Kind: Dial}, Refused, 0)
		for _, conn := range queue {
			do(Step{Kind: Accept, Actor: Acceptor(0)}, OK, conn)
		}
		h.Events = append(h.Events, Event{Verb: Rested, N: int32(Quiet)})
	}
	return h
}

// BenchmarkIntervals judges long histories: the promises that count, and all
// of them; without the search.
func BenchmarkIntervals(b *testing.B) {
	for _, size := range []int{1e3, 1e4, 1e5, 1e6, 1e7} {
		h := longHistory(size)
		for _, part := range []struct {
			name  string
			judge func(*Checker)
		}{{"counting", (*Checker).counting}, {"all", (*Checker).judgeAll}} {
			b.Run(fmt.Sprintf("%s/events=%d", part.name, size), func(b *testing.B) {
				k := Checker{h: h}
				k.start(linux) // memory grows once
				part.judge(&k)
				b.ReportAllocs()
				for b.Loop() {
					k.start(linux)
					part.judge(&k)
				}
				if first := k.v.First(); first != nil {
					b.Fatal(first)
				}
				b.ReportMetric(float64(len(h.Events))*float64(b.N)/b.Elapsed().Seconds(), "events/s")
			})
		}
	}
}

// BenchmarkSearch searches lawful histories, by overlap, of every kind of
// contract.
func BenchmarkSearch(b *testing.B) {
	for overlap := 1; overlap <= frontierOverlap; overlap++ {
		type lawful struct {
			h History
			c Contract
		}
		rng := rand.New(rand.NewPCG(uint64(overlap), 6))
		var all []lawful
		events := 0
		for range 500 {
			c := actualContract(rng)
			h := lawfulHistory(rng, c, overlap, 40)
			all = append(all, lawful{h, c})
			events += len(h.Events)
		}
		b.Run(fmt.Sprintf("overlap=%d", overlap), func(b *testing.B) {
			var l ledger
			var f frontier
			for b.Loop() {
				for i := range all {
					l.read(&all[i].h, all[i].c)
					if at, exact := f.run(&l, 0); exact && at < len(all[i].h.Events) {
						b.Fatal(at)
					}
				}
			}
			b.ReportMetric(float64(events)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
