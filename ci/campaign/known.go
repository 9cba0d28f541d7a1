package campaign

import (
	"context"
	"slices"
	"strings"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/targets/sim"
)

// Known returns the elements of coverage that t can reach, as far as it is
// known: those that a simulator which keeps the same contract comes to in a
// small scope, see [sim.Reachable]. Of a target that is not interleaved these
// are outcomes, without those of the kinds of operation that it had answered
// with unsupported only. It is nil if no simulator can keep the contract.
func Known(ctx context.Context, t listentest.Target, reached []Reached) []string {
	known, err := sim.Reachable(ctx, t.Contract())
	if err != nil {
		return nil
	}
	if _, ok := t.(listentest.Interleaved); ok {
		return known
	}
	has := supported(reached)
	return slices.DeleteFunc(known, func(e string) bool {
		kind, ok := kindOf(e)
		can, tried := has[kind]
		return !ok || tried && !can
	})
}

// supported says of the kinds that were tried whether anything came of it.
func supported(reached []Reached) map[string]bool {
	has := map[string]bool{}
	for _, r := range reached {
		if kind, ok := kindOf(r.Element); ok {
			has[kind] = has[kind] || !strings.Contains(r.Element, listentest.Unsupported.String())
		}
	}
	return has
}

// kindOf returns whose outcome an element is, and whether it is one.
func kindOf(element string) (string, bool) {
	rest, ok := strings.CutPrefix(element, "outcome ")
	kind, _, _ := strings.Cut(rest, " ")
	return kind, ok
}
