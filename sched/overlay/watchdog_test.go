package overlay_test

import (
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/listentest/listentest/sched"
)

// TestWatchdog: a goroutine that spins without a point ends the process, and
// the message says which and where; one that takes long, but passes points, does not.
func TestWatchdog(t *testing.T) {
	if !sched.Controlled() {
		t.Skip("skipped: built without schedule control")
	}
	if os.Getenv("LISTENTEST_SPINS") != "" {
		synctest.Test(t, func(t *testing.T) {
			if _, err := sched.Begin(sched.Plan{Patience: 300 * time.Millisecond}); err != nil {
				t.Fatal(err)
			}
			go spinsHere()
			time.Sleep(time.Second)
		})
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestWatchdog$")
	cmd.Env = append(os.Environ(), "LISTENTEST_SPINS=yes")
	out, err := cmd.CombinedOutput()
	if text := string(out); err == nil || !strings.Contains(text, "has run for 300ms without passing a point") || !strings.Contains(text, "overlay_test.spinsHere") {
		t.Errorf("%v: %s", err, out)
	}
	run(t, sched.Plan{Patience: 10 * time.Millisecond}, func(see func(...any)) {
		var n atomic.Int64
		for range 10_000_000 {
			n.Add(1)
		}
	})
}

var spun int

func spinsHere() {
	for {
		spun++
	}
}
