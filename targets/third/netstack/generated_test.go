package netstack

import (
	"flag"
	"math/rand/v2"
	"reflect"
	"runtime"
	"testing"
	"time"

	"github.com/listentest/listentest"
	"gvisor.dev/gvisor/pkg/tcpip"
)

// A night runs 10,000.
var generatedCases = flag.Int("cases", 1500, "cases of TestGenerated for each way of delivery")

// TestGenerated runs cases on gVisor's stack: nothing may break, and no goroutine
// and no endpoint may be left.
func TestGenerated(t *testing.T) {
	cases := *generatedCases
	if testing.Short() { // as with the race detector
		cases = min(cases, 100)
	}
	each(t, func(t *testing.T, target *Target) {
		goroutines, endpoints := runtime.NumGoroutine(), len(tcpip.GetDanglingEndpoints())
		r := listentest.Runner{Target: target}
		var k listentest.Checker
		broken := map[listentest.Promise]int{}
		start := time.Now()
		for n := range cases {
			s := listentest.Generate(rand.New(rand.NewPCG(11, uint64(n))))
			h, err := r.Run(t.Context(), s)
			if err != nil {
				t.Fatalf("case %d: %v\n%v", n, err, s)
			}
			v := k.Check(h, target.Contract()).First()
			if v == nil {
				continue
			}
			if broken[v.Promise]++; broken[v.Promise] == 1 {
				t.Errorf("case %d: %v: %s\n%v\n%v", n, v.Promise, v.Text, s, listentest.Picture(h, target.Contract(), v))
			}
		}
		for i := 0; i < 200 && runtime.NumGoroutine() > goroutines; i++ {
			time.Sleep(5 * time.Millisecond) // one that is done is counted until it was scheduled away
		}
		if now := runtime.NumGoroutine(); now > goroutines {
			t.Errorf("%d goroutines, %d before", now, goroutines)
		}
		if now := len(tcpip.GetDanglingEndpoints()); now > endpoints {
			t.Errorf("%d endpoints are not closed for good, %d before", now, endpoints)
		}
		t.Logf("%d cases, %v broken, %.0f a second", cases, broken, float64(cases)/time.Since(start).Seconds())
	})
}

// TestDeterminism runs the same schedules twice.
func TestDeterminism(t *testing.T) {
	target := open(t)
	for n := range 200 {
		s := listentest.Generate(rand.New(rand.NewPCG(12, uint64(n))))
		var first listentest.History
		for i := range 2 {
			h, err := listentest.Run(t.Context(), target, s)
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				first = h
			} else if !reflect.DeepEqual(h, first) {
				t.Fatalf("case %d: one run was\n%vand another one\n%v", n, first, h)
			}
		}
	}
}
