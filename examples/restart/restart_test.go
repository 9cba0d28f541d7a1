//go:build linux

package main

import (
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	if os.Getenv(modeEnv) != "" {
		exit(serveMain())
	}
	os.Exit(m.Run())
}

// TestRestart restarts a server under load: with its listener handed over nobody is
// turned away, with a listener beside it nobody is refused, and without either
// somebody is.
func TestRestart(t *testing.T) {
	restarts := 20
	if testing.Short() {
		restarts = 5
	}
	for _, mode := range modes {
		t.Run(mode, func(t *testing.T) {
			got, err := run(mode, "127.0.0.1:0", restarts, 100, 8)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d restarts, %v", restarts, got)
			switch {
			case got.served < 100:
				t.Errorf("only %d were served", got.served)
			case mode == handover && got.refused+got.reset > 0, mode == reuseport && got.refused > 0:
				t.Errorf("%v, want nobody", got)
			case mode == naive && got.refused < restarts:
				t.Errorf("%d refused in %d restarts, want one in each at least", got.refused, restarts)
			}
		})
	}
}
