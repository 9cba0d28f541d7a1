package osnet

import (
	"math/rand/v2"
	"testing"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/targets/preset"
)

// TestPresets: what is tested here is what the presets say, but for what
// comes from the machine.
func TestPresets(t *testing.T) {
	unixHere, err := unixContract()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]listentest.Contract{
		"linux-tcp":              tcpWith(128, 1, 0, 2),
		"linux-tcp-abort":        tcpWith(128, 1, 1, 2),
		"linux-tcp-syncookies-0": tcpWith(128, 0, 0, 2),
		"linux-tcp-syncookies-2": tcpWith(128, 2, 0, 2),
		"linux-defer-accept":     (&Target{deferral: 1}).refine(tcpWith(128, 1, 0, 2)),
		"linux-unix":             unixHere,
	} {
		p, ok := preset.Get(name)
		if !ok {
			t.Fatalf("there is no preset %s", name)
		}
		if c.Backlog.Negative != c.Backlog.High || p.Contract.Backlog.Negative != p.Contract.Backlog.High {
			t.Errorf("%s: a negative backlog is not read as somaxconn: %v, %v", name, c.Backlog, p.Contract.Backlog)
		}
		if c.Race > 0 != (p.Contract.Race > 0) {
			t.Errorf("%s: race is %d here, and %d in the preset", name, c.Race, p.Contract.Race)
		}
		c.Backlog.Negative, c.Backlog.High, c.Race = p.Contract.Backlog.Negative, p.Contract.Backlog.High, p.Contract.Race
		if c != p.Contract {
			t.Errorf("%s: the contract here is\n%vand the preset has\n%v", name, c, p.Contract)
		}
	}
}

// TestPresetsHold: presets that say no more than this machine keeps raise no
// alarm here: those that are its own, and those that promise less.
func TestPresetsHold(t *testing.T) {
	for family, names := range map[string][]string{
		"tcp":  {"linux-tcp", "linux-tcp-abort", "linux-tcp-syncookies-2", "linux-fastopen", "linux-reuseport", "seastar-posix", "posix"},
		"unix": {"linux-unix", "posix"},
	} {
		target, err := New(family, family)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = target.Close() })
		own := target.contract
		for i, name := range names {
			p, ok := preset.Get(name)
			if !ok {
				t.Fatalf("there is no preset %s", name)
			}
			if i == 0 && (own.May != p.Contract.May || own.Overflow != p.Contract.Overflow) {
				t.Skip("skipped: tcp_syncookies or tcp_abort_on_overflow is not at its default here")
			}
			target.contract = p.Contract
			runner := &listentest.Runner{Target: target}
			for i := range 300 {
				h, err := runner.Run(t.Context(), listentest.Generate(rand.New(rand.NewPCG(7, uint64(i)))))
				if err != nil {
					t.Fatal(err)
				}
				if v := listentest.Check(h, p.Contract).First(); v != nil && !v.Suspect {
					t.Errorf("%s by %s, case %d: %s\n%s", family, name, i, v.Text, listentest.Picture(h, p.Contract, v))
					break
				}
			}
		}
	}
}
