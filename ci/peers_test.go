package ci

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/listentest/listentest/corpus"
)

// peers are the cases of others that docs/peers.md accounts for.
const peers = "A03 A05 A07 A09 A11 A13 A15 A17 A19 A21 A23 " +
	"B01 B03 B05 B07 B09 B11 B13 B15 B17 B19 B21 B23 " +
	"C01 C03 C05 C07 C09 C11 D01 D03 D05 D07 D09 D11 D13 E01 E03 E05 E07 E09 E11 E13"

// TestPeers: the table has each case once and in order, with an entry that is
// there and names the same source, or with what is missing; and every entry
// of a peer stands in it.
func TestPeers(t *testing.T) {
	all, err := corpus.All()
	if err != nil {
		t.Fatal(err)
	}
	entries := map[string]corpus.Entry{}
	for _, e := range all {
		if name, ok := strings.CutPrefix(e.Name, "outcome/peer-"); ok {
			entries[name] = e
		}
	}
	text, err := os.ReadFile("../docs/peers.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile(`(?m)^\| ([A-Z]\d\d) \| \[[^]]+\]\((https://[^)]+)\) \| (?:-|\[peer-([^]]+)\]\(\.\./corpus/outcome/peer-([^)]+)\.sched\)) \| (.+) \|$`)
	var ids []string
	named := 0
	for _, m := range row.FindAllStringSubmatch(string(text), -1) {
		id, url, name, file, left := m[1], m[2], m[3], m[4], m[5]
		ids = append(ids, id)
		e, ok := entries[name]
		if delete(entries, name); ok {
			named++
		}
		switch {
		case name == "" && left == "-":
			t.Errorf("%s has no entry, and nothing is missing", id)
		case name == "":
		case name != file || !strings.HasPrefix(name, strings.ToLower(id)+"-"):
			t.Errorf("%s has the entry peer-%s at peer-%s.sched", id, name, file)
		case !ok:
			t.Errorf("%s: there is no entry peer-%s, or it stands twice", id, name)
		case !strings.HasSuffix(e.Value("source"), ", "+url):
			t.Errorf("peer-%s has the source %s, and the table %s", name, e.Value("source"), url)
		}
	}
	if want := strings.Fields(peers); !slices.Equal(ids, want) {
		t.Errorf("the table has\n%v\nexpected\n%v", ids, want)
	}
	if want := fmt.Sprintf("%d of them are corpus entries", named); !strings.Contains(string(text), want) {
		t.Errorf("the text does not say that %s", want)
	}
	for name := range entries {
		t.Errorf("peer-%s is not in the table", name)
	}
}
