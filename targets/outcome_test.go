package targets_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/targets"
)

// They were replayed 50 times as well; CHANGELOG.md says with what result.
var replays = flag.Int("replays", 10, "how often TestByDesign replays each entry on each target")

// moved has what the kernel counts while an entry runs once, by entry and
// target: the proof that what is seen has the reason that the entry gives.
var moved = map[string]string{
	"linux-abort-at-ack tcp:raw=1,abort=1":                    "ListenDrops 2, ListenOverflows 2", // a SYN and an ACK
	"linux-abort-at-ack tcp:raw=1,syncookies=0,abort=1":       "ListenDrops 2, ListenOverflows 2",
	"linux-cookie-black-hole tcp:raw=1":                       "ListenDrops 1, ListenOverflows 1, SyncookiesRecv 1, SyncookiesSent 1, TCPReqQFullDoCookies 1",
	"linux-cookie-black-hole tcp:raw=1,abort=1":               "ListenDrops 1, ListenOverflows 1, SyncookiesRecv 1, SyncookiesSent 1, TCPReqQFullDoCookies 1",
	"linux-cookie-black-hole tcp:raw=1,syncookies=2":          "ListenDrops 1, ListenOverflows 1, SyncookiesRecv 2, SyncookiesSent 2, TCPReqQFullDoCookies 2",
	"linux-defer-cookie tcp:defer=30":                         "SyncookiesRecv 1, SyncookiesSent 1, TCPDeferAcceptDrop 1, TCPReqQFullDoCookies 1",
	"linux-defer-cookie tcp:defer=30,syncookies=0":            "ListenDrops 1, TCPDeferAcceptDrop 1, TCPReqQFullDrop 1",
	"linux-fastopen tcp:fastopen=8":                           "ListenDrops 1, ListenOverflows 1, TCPFastOpenPassive 3",
	"linux-ghost tcp:raw=1":                                   "ListenDrops 1, ListenOverflows 1",
	"linux-ghost tcp:raw=1,syncookies=0":                      "ListenDrops 1, ListenOverflows 1",
	"linux-migrate tcp:reuseport=2,migrate=1":                 "ListenDrops 1, ListenOverflows 1, TCPMigrateReqFailure 1, TCPMigrateReqSuccess 4", // the last one is pending at the end, and nobody is left
	"linux-migrate-half-open tcp:raw=1,reuseport=2,migrate=0": "",
	"linux-migrate-half-open tcp:raw=1,reuseport=2,migrate=1": "TCPMigrateReqSuccess 1",
	"linux-phantom tcp:raw=1":                                 "",
	"linux-phantom tcp:raw=1,syncookies=0":                    "",
	"linux-phantom tcp:raw=1,syncookies=2":                    "SyncookiesRecv 2, SyncookiesSent 1, TCPReqQFullDoCookies 1",
	"linux-phantom-behind-overflow tcp:raw=1":                 "SyncookiesRecv 2, SyncookiesSent 1, TCPReqQFullDoCookies 1",
	"linux-reuseport-refusal tcp:reuseport=2,steer=0":         "ListenDrops 1, ListenOverflows 1",
	"linux-shrink-half-open tcp:raw=1":                        "ListenDrops 1, ListenOverflows 1",
	"linux-shrink-half-open tcp:raw=1,syncookies=0":           "ListenDrops 1, ListenOverflows 1",
	"linux-shrink tcp":                                        "ListenDrops 2, ListenOverflows 2",
	"linux-syn-queue tcp:raw=1":                               "SyncookiesRecv 1, SyncookiesSent 2, TCPReqQFullDoCookies 2",
	"linux-syn-queue tcp:raw=1,syncookies=0":                  "ListenDrops 2, TCPReqQFullDrop 2",
}

// TestByDesign: what Linux does by design and looks like a defect comes out
// the same each time, for the reason that the entry gives.
func TestByDesign(t *testing.T) {
	entries, err := listentest.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	left := maps.Clone(moved)
	for _, e := range entries {
		name, ok := strings.CutPrefix(e.Name, "outcome/linux-")
		for _, x := range e.Expects() {
			if !ok || strings.HasPrefix(x.Target, "sim") {
				continue
			}
			key := "linux-" + name + " " + x.Target
			want, known := moved[key]
			if delete(left, key); !known {
				t.Errorf("nothing is said of what the kernel counts for %s", key)
			}
			t.Run(key, func(t *testing.T) { byDesign(t, e, x.Target, want) })
		}
	}
	for key := range left {
		t.Errorf("there is no entry and target %s", key)
	}
}

func byDesign(t *testing.T, e listentest.Entry, name, want string) {
	target, err := targets.Open(name)
	if err != nil {
		t.Skipf("skipped: %s cannot run here: %v", name, err)
	}
	counts := target.(interface {
		Counters() (map[string]uint64, error)
	})
	for i := range *replays {
		before, err := counts.Counters()
		if err != nil {
			t.Fatal(err)
		}
		p, err := e.Replay(context.Background(), &listentest.Runner{Target: target})
		if err != nil {
			t.Fatal(err)
		}
		if p.Problem != "" || p.NotApplicable != "" {
			t.Fatalf("replay %d: %s%s\n%s", i, p.Problem, p.NotApplicable, listentest.Picture(p.History, target.Contract(), p.Verdict.First()))
		}
		after, err := counts.Counters()
		if err != nil {
			t.Fatal(err)
		}
		if got := difference(before, after); after != nil && got != want {
			t.Fatalf("replay %d: the kernel counts %q, want %q", i, got, want)
		}
	}
}

// difference says which counters have moved, and by how much.
func difference(before, after map[string]uint64) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if n := after[name] - before[name]; n != 0 {
			all = append(all, fmt.Sprintf("%s %d", name, n))
		}
	}
	return strings.Join(all, ", ")
}
