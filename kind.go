package listentest

import "math"

// Kind is what a step does. Numbers are part of the byte format: kinds are
// only ever appended.
type Kind uint8

const (
	Settle    Kind = iota // a full rest
	Dial                  // c: N connections one after the other
	Accept                // s: N connections one after the other
	Fill                  // c: dials up to the guarantee in force, less N
	Send                  // c, s: N bytes of the connection's own pattern
	Recv                  // c, s: takes what has arrived, never waits
	HalfClose             // c, s: FIN, still reading
	Hangup                // c, s: FIN on the N newest connections
	Abort                 // c, s: RST on the N newest connections
	Cancel                // c, s: gives up the actor's outstanding operation
	Listen                // l: backlog N; opens a sibling, resizes, or opens l0 again after shut
	Shut                  // l: 0 close, 1 shutdown(RD), 2 drain
	Fail                  // c, s, l: what the next dial, accept or admission meets: 0 no descriptor, 1 no memory, 2 bad address, 3 deadline past
	Preempt               // c, s, b: 0 at the operation's exit, k at its k-th point
	Resume                // c, s, b
	Tick                  // N milliseconds of the target's clock
	Syn                   // c: half-open
	Ack                   // c: finishes the newest half-open, or replays the last ack
)

// kinds describes each kind to the codecs, to Norm and to the runner.
var kinds = [...]struct {
	name    string
	roles   string // letters that Actor may have; "" for no actor
	least   int16  // N outside least..most is spelled as none
	most    int16
	none    int16
	instant bool // over at its call, so that Along means nothing
}{
	Settle:    {name: "settle", instant: true},
	Dial:      {name: "dial", roles: "c", least: 2, most: math.MaxInt16},
	Accept:    {name: "accept", roles: "s", least: 2, most: math.MaxInt16},
	Fill:      {name: "fill", roles: "c", least: math.MinInt16, most: math.MaxInt16},
	Send:      {name: "send", roles: "cs", least: 1, most: math.MaxInt16},
	Recv:      {name: "recv", roles: "cs"},
	HalfClose: {name: "half-close", roles: "cs"},
	Hangup:    {name: "hangup", roles: "cs", least: 2, most: math.MaxInt16},
	Abort:     {name: "abort", roles: "cs", least: 2, most: math.MaxInt16},
	Cancel:    {name: "cancel", roles: "cs"},
	Listen:    {name: "listen", roles: "l", least: math.MinInt16, most: math.MaxInt16},
	Shut:      {name: "shut", roles: "l", least: 1, most: 2},
	Fail:      {name: "fail", roles: "csl", least: 1, most: 3},
	Preempt:   {name: "preempt", roles: "csb", least: 1, most: math.MaxInt16, instant: true},
	Resume:    {name: "resume", roles: "csb"},
	Tick:      {name: "tick", least: 1, most: math.MaxInt16},
	Syn:       {name: "syn", roles: "c"},
	Ack:       {name: "ack", roles: "c"},
}

// String returns the word that stands for k in texts.
func (k Kind) String() string {
	if int(k) >= len(kinds) {
		k = Settle
	}
	return kinds[k].name
}

// parseKind returns the kind of a word; ok is false for an unknown one.
func parseKind(word string) (k Kind, ok bool) {
	for i := range kinds {
		if kinds[i].name == word {
			return Kind(i), true
		}
	}
	return 0, false
}
