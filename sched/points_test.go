package sched

import (
	"slices"
	"testing"

	"github.com/listentest/listentest/sched/overlay"
)

// TestKinds: points have the names that the overlay gives them.
func TestKinds(t *testing.T) {
	if !slices.Equal(pointKinds, overlay.Kinds) {
		t.Errorf("%q, and the overlay has %q", pointKinds, overlay.Kinds)
	}
}
