// Package fuzz has the entry points for go test -fuzz, for one of them at a
// time:
//
//	go test -fuzz FuzzSim ./fuzz
//
// LISTENTEST_TARGET names another target for FuzzSim, as
// sim:deferred-credit; LISTENTEST_SEED the seed of the generated inputs that
// the fuzzer starts from.
package fuzz

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/targets"
	"github.com/listentest/listentest/targets/osnet"
)

func TestMain(m *testing.M) {
	fmt.Println("fuzz: the tests run in", osnet.Isolate())
	os.Exit(m.Run())
}

func FuzzSim(f *testing.F) { fuzz(f, cmp.Or(os.Getenv("LISTENTEST_TARGET"), "sim")) }

func FuzzTCP(f *testing.F) { fuzz(f, "tcp") }

func FuzzUnix(f *testing.F) { fuzz(f, "unix") }

func fuzz(f *testing.F, name string) {
	f.Helper()
	target, err := targets.Open(name)
	if err != nil {
		f.Skipf("skipped: %s cannot run here: %v", name, err)
	}
	listentest.Config{Seed: seed(f)}.Fuzz(f, target)
}

func seed(f *testing.F) uint64 {
	f.Helper()
	text := cmp.Or(os.Getenv("LISTENTEST_SEED"), "1")
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		f.Fatalf("LISTENTEST_SEED is %q, expected a number", text)
	}
	return n
}

// schedules returns generated ones.
func schedules(f *testing.F) []listentest.Schedule {
	f.Helper()
	var all []listentest.Schedule
	for i := range uint64(64) {
		all = append(all, listentest.Generate(rand.New(rand.NewPCG(seed(f), i))))
	}
	return all
}

// FuzzText: whatever parses is written as it was meant, and its bytes say the
// same.
func FuzzText(f *testing.F) {
	for _, s := range schedules(f) {
		f.Add(s.String())
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := listentest.Parse(text)
		if err != nil {
			return
		}
		again, err := listentest.Parse(s.String())
		if err != nil || !again.Equal(s) {
			t.Errorf("%q reads as\n%vand that as\n%v%v", text, s, again, err)
		}
		if again := listentest.Decode(s.Encode()); !again.Equal(s) {
			t.Errorf("%q: the bytes read as\n%v", text, again)
		}
	})
}

// FuzzHistory: whatever parses is written as it was meant in both forms, and
// is judged, accounted for and drawn without harm.
func FuzzHistory(f *testing.F) {
	c := histories(f, func(h listentest.History) { f.Add(h.String()) })
	f.Fuzz(func(t *testing.T, text string) {
		h, err := listentest.ParseHistory(text)
		if err != nil {
			return
		}
		again, err := listentest.ParseHistory(h.String())
		if err != nil || !reflect.DeepEqual(again, h) {
			t.Errorf("%q reads as\n%vand that as\n%v%v", text, h, again, err)
		}
		if utf8.ValidString(text) && !strings.Contains(text, "\r") { // else it has no JSON form
			again, err := listentest.ParseHistoryJSON(h.JSONLines())
			if err != nil || !reflect.DeepEqual(again, h) {
				t.Errorf("%q reads as\n%vand its JSON lines as\n%v%v", text, h, again, err)
			}
		}
		judge(h, c)
	})
}

// FuzzHistoryJSON is FuzzHistory for JSON lines.
func FuzzHistoryJSON(f *testing.F) {
	c := histories(f, func(h listentest.History) { f.Add(h.JSONLines()) })
	f.Fuzz(func(t *testing.T, text string) {
		h, err := listentest.ParseHistoryJSON(text)
		if err != nil {
			return
		}
		again, err := listentest.ParseHistoryJSON(h.JSONLines())
		if err != nil || !reflect.DeepEqual(again, h) {
			t.Errorf("%q reads as\n%vand that as\n%v%v", text, h, again, err)
		}
		if again, err := listentest.ParseHistory(h.String()); err != nil || !reflect.DeepEqual(again, h) {
			t.Errorf("%q reads as\n%vand its text as\n%v%v", text, h, again, err)
		}
		judge(h, c)
	})
}

// histories hands out some of a listener with defects, and returns its
// contract.
func histories(f *testing.F, add func(listentest.History)) listentest.Contract {
	f.Helper()
	target, err := targets.Open("sim:deferred-credit+lost-wakeup+close-leaves-pending")
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range schedules(f) {
		h, err := listentest.Run(f.Context(), target, s)
		if err != nil {
			f.Fatal(err)
		}
		add(h)
	}
	return target.Contract()
}

// judge does with a history all that check does, unless it is so long that
// the fuzzer would wait.
func judge(h listentest.History, c listentest.Contract) {
	if len(h.Events) > 500 {
		return
	}
	v := listentest.Check(h, c)
	for _, w := range v.Violations {
		_ = listentest.AccountFor(h, c, w).String()
		_ = listentest.PictureAround(h, c, &w)
	}
	_ = listentest.Picture(h, c, v.First())
}
