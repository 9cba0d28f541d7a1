package props

import (
	"reflect"
	"slices"

	"github.com/leanovate/gopter"

	"github.com/listentest/listentest"
)

// Gen is a gopter generator of schedules of one of shapes, or of one of
// listentest.Shapes(), which shrinks by listentest.Smaller.
func Gen(shapes ...listentest.Shape) gopter.Gen {
	return func(p *gopter.GenParameters) *gopter.GenResult {
		s := listentest.Generate(dice{p}, shapes...)
		r := gopter.NewGenResult(s, Shrinker)
		r.ResultType = reflect.TypeFor[listentest.Schedule]()
		return r
	}
}

// Shrinker gives the candidates of listentest.Smaller.
func Shrinker(v any) gopter.Shrink {
	candidates := slices.Collect(listentest.Smaller(v.(listentest.Schedule)))
	return func() (any, bool) {
		if len(candidates) == 0 {
			return nil, false
		}
		c := candidates[0]
		candidates = candidates[1:]
		return c, true
	}
}

// dice is a Source over gopter's randomness.
type dice struct{ *gopter.GenParameters }

// IntN returns a number in [0, n).
func (d dice) IntN(n int) int { return d.Rng.Intn(n) }
