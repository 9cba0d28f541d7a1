package main

import (
	"slices"
	"strings"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/corpus"
	"github.com/listentest/listentest/targets/third"
)

// A knownFinding is an entry of the corpus about a release, and its page.
type knownFinding struct{ release, page string }

// known returns what is known of a target that breaks a promise: defects that
// its release has and that show in this way. Whether what was found is one of
// them is for people to say.
func known(target string, p listentest.Promise) (all []knownFinding) {
	entries, err := listentest.Corpus()
	if err != nil { // a test reads all of it
		return nil
	}
	base, _, _ := strings.Cut(target, ":")
	for _, e := range entries {
		shows := e.Value("invariant") == p.String() || slices.Contains(strings.Fields(e.Value("also")), p.String())
		for _, word := range e.Shows() {
			name, version := corpus.Release(word)
			if _, has := third.Module(name); shows && version != "" && name == base && version == has {
				all = append(all, knownFinding{word, e.Value("finding")})
			}
		}
	}
	return all
}
