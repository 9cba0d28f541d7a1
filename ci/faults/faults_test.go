package main

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/targets"
)

// TestTable: equal flags print the same, a row for each fault, and what is
// found shrinks to the shortest schedule, which is known.
func TestTable(t *testing.T) {
	match := regexp.MustCompile("^(deferred-credit|lifo-order|off-by-one-.*|close-leaves-pending|reset-after-connect)$")
	var first string
	for range 2 {
		var out strings.Builder
		if err := table(context.Background(), &out, match, 3, 2); err != nil {
			t.Fatal(err)
		}
		if first == "" {
			first = out.String()
		}
		if out.String() != first {
			t.Errorf("another time it prints\n%s\nafter\n%s", out.String(), first)
		}
	}
	for _, want := range []string{"| deferred-credit | min-pending |", "The least is known of 6 faults; of 6 every seed shrinks to it."} {
		if !strings.Contains(first, want) {
			t.Errorf("%q is not in\n%s", want, first)
		}
	}
}

// TestShortest: the search finds a shortest schedule where there is one, and
// none where all is lawful.
func TestShortest(t *testing.T) {
	for name, want := range map[string]int{"sim": 0, "sim:off-by-one-low": 1, "sim:lifo-order": 2} {
		target, err := targets.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		promise := listentest.MinPending
		if name == "sim:lifo-order" {
			promise = listentest.OrderPromise
		}
		s, got := newSearch(target, promise, 1), 0
		for n := 1; n <= 2 && got == 0; n++ {
			found, err := s.shortest(context.Background(), n)
			if err != nil {
				t.Fatal(err)
			}
			if found != nil {
				got = len(found.Steps)
			}
		}
		if got != want {
			t.Errorf("%s: %d steps, want %d", name, got, want)
		}
	}
}
