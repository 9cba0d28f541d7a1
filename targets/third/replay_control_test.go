package third

import (
	"errors"
	"strings"
	"testing"

	"github.com/listentest/listentest"
)

// TestControlledReplay: in a worker, too, whoever an entry holds is held at the
// point that its header names, whatever its number; one that is not there is said.
func TestControlledReplay(t *testing.T) {
	needsControl(t)
	text := read(t, "corpus/conserve/fasthttputil-close.sched")
	shifted := func(k, place string) (listentest.Replay, error) {
		e, err := listentest.ParseEntry("shifted", strings.NewReplacer("preempt s0 at 4", "preempt s0 at "+k, "point s0: 4 close:", "point s0: "+k+" "+place).Replace(text))
		if err != nil {
			t.Fatal(err)
		}
		return e.Replay(t.Context(), &listentest.Runner{Target: open(t, "fasthttputil")})
	}
	for _, k := range []string{"1", "3", "9"} {
		p, err := shifted(k, "close:")
		if err != nil || p.Problem != "" || p.NotApplicable != "" || len(p.Moved) != 1 || !strings.Contains(p.History.String(), "\nhold s0 close:") {
			t.Errorf("saved with %s: %+v, %v", k, p, err)
		}
	}
	gone := (*listentest.GoneError)(nil)
	if _, err := shifted("4", "send:"); !errors.As(err, &gone) {
		t.Errorf("a point that is not there: %v", err)
	}
}
