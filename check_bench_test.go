package listentest

import "testing"

// BenchmarkCheck judges one long correct history of a Linux-like queue:
// dials, accepts, refusals at a full queue, rests.
func BenchmarkCheck(b *testing.B) {
	h := History{Backlog: 3}
	op := int32(0)
	do := func(t Step, o Outcome, conn int32) int32 {
		op++
		if conn == 0 && o == OK {
			conn = op
		}
		h.Events = append(h.Events, Event{Verb: Call, Op: op, Step: t}, Event{Verb: Return, Op: op, Outcome: o, Conn: conn})
		return op
	}
	for range 250 {
		var queue []int32
		for range 4 {
			queue = append(queue, do(Step{Kind: Dial}, OK, 0))
		}
		do(Step{Kind: Dial}, Refused, -2)
		h.Events[len(h.Events)-1].Conn = 0
		for _, conn := range queue {
			do(Step{Kind: Accept, Actor: Acceptor(0)}, OK, conn)
		}
	}
	var k Checker
	if v := k.Check(h, linux).First(); v != nil {
		b.Fatal(v.Text)
	}
	b.ReportAllocs()
	for b.Loop() {
		k.Check(h, linux)
	}
	b.ReportMetric(float64(len(h.Events))*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
