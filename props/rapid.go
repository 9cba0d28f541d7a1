// Package props is where rapid and gopter meet listentest: each draws the
// same schedules for the same targets. docs/decisions says what each of the
// two is for.
package props

import (
	"math/bits"

	"pgregory.net/rapid"

	"github.com/listentest/listentest"
)

// Schedules is a rapid generator of schedules of one of shapes, or of one of
// listentest.Shapes(). What rapid shrinks are the draws, so that properties
// of anything derived from a schedule shrink as well.
func Schedules(shapes ...listentest.Shape) *rapid.Generator[listentest.Schedule] {
	return rapid.Custom(func(t *rapid.T) listentest.Schedule { return listentest.Generate(draws{t}, shapes...) })
}

// draws is a Source over rapid. It draws single bits: rapid's ranges prefer
// small numbers, which cut the share of schedules that showed a planted fault
// from 0.75 % to 0.13 %.
type draws struct{ t *rapid.T }

var bit = rapid.Bool()

// IntN returns a number in [0, n), as near to uniform as three bits more than
// n needs make it.
func (d draws) IntN(n int) int {
	v := 0
	for range bits.Len(uint(n-1)) + 3 {
		v <<= 1
		if bit.Draw(d.t, "bit") {
			v |= 1
		}
	}
	return v % n
}
