package preset

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/corpus"
)

const rows = 51 // implementations

// TestRows: every implementation has a preset.
func TestRows(t *testing.T) {
	has := map[int]bool{}
	for i, p := range All() {
		has[p.Row] = true
		if p.Row < 1 || p.Row > rows {
			t.Errorf("%s is of row %d", p.Name, p.Row)
		}
		if got, ok := Get(p.Name); !ok || got.Text != p.Text {
			t.Errorf("Get finds %s: %v, %+v", p.Name, ok, got)
		}
		if i > 0 && (p.Row < All()[i-1].Row || p.Row == All()[i-1].Row && p.Name <= All()[i-1].Name) {
			t.Errorf("%s stands behind %s", p.Name, All()[i-1].Name)
		}
	}
	for row := 1; row <= rows; row++ {
		if !has[row] {
			t.Errorf("row %d has no preset", row)
		}
	}
	if p, ok := Get("linux"); ok {
		t.Errorf("Get finds %+v", p)
	}
}

// TestFiles: the headers are whole and in order, and the contracts are spelled
// as Contract.String does.
func TestFiles(t *testing.T) {
	name := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	order := regexp.MustCompile(`^format row title evidence (unverified )?source( note)+$`)
	for _, p := range All() {
		keys, body, _, err := corpus.ParseHeader(p.Name, p.Text)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, k := range keys {
			if names = append(names, k.Name); k.Value == "" {
				t.Errorf("%s: %s is empty", p.Name, k.Name)
			}
		}
		if got := strings.Join(names, " "); !order.MatchString(got) {
			t.Errorf("%s: the keys are %s", p.Name, got)
		}
		if !name.MatchString(p.Name) || strings.ContainsAny(p.Title, "|`") {
			t.Errorf("%s: %q cannot be in a table", p.Name, p.Title)
		}
		sorted := slices.DeleteFunc([]string{"measured", "source", "documentation"}, func(e string) bool { return !slices.Contains(p.Evidence, e) })
		if !slices.Equal(sorted, p.Evidence) {
			t.Errorf("%s: evidence is %q", p.Name, p.Evidence)
		}
		if body != p.Contract.String() {
			t.Errorf("%s: the contract is written\n%sand should be\n%v", p.Name, body, p.Contract)
		}
		var header strings.Builder
		for _, k := range keys {
			fmt.Fprintf(&header, "%s: %s\n", k.Name, k.Value)
		}
		if p.Text != header.String()+"\n"+body {
			t.Errorf("%s: there are blanks that mean nothing", p.Name)
		}
	}
}

// TestContracts: no contract contradicts itself.
func TestContracts(t *testing.T) {
	for _, p := range All() {
		c := p.Contract
		if c.Must&^c.May != 0 {
			t.Errorf("%s: %v surely hold a place, and %v possibly", p.Name, c.Must, c.May)
		}
		if c.May == 0 {
			t.Errorf("%s: nothing holds a place", p.Name)
		}
		if c.Admit == listentest.AdmitLater && c.Must&listentest.Aborted != 0 {
			t.Errorf("%s: a connection whose client left before the next rest may never have been let in, and counts all the same", p.Name)
		}
		if c.Credit == listentest.CreditClose != (c.May&listentest.Accepted != 0) {
			t.Errorf("%s: credit is %v, and %v hold places", p.Name, c.Credit, c.May)
		}
		if !c.Guaranteed.Stated || !c.Max.Stated {
			continue
		}
		for _, b := range []int32{-1 << 31, -5000, -1, 0, 1, 2, 3, 5, 8, 80, 128, 129, 255, 256, 1000, 4096, 5000, 65536, 1<<31 - 1} {
			l := c.Backlog.Effective(b)
			if low, high := c.Guaranteed.Of(l), c.Max.Of(l); low > high || low < 0 {
				t.Errorf("%s: at backlog %d %d are guaranteed, and at most %d held", p.Name, b, low, high)
			}
		}
	}
}

// least says of each field whether it is at the least that it can say.
var least = map[string]func(listentest.Contract) bool{
	"backlog":    func(c listentest.Contract) bool { return !c.Max.Stated }, // read as too little, it is safe for the guarantee alone
	"guaranteed": func(c listentest.Contract) bool { return !c.Guaranteed.Stated },
	"max":        func(c listentest.Contract) bool { return !c.Max.Stated },
	"admit":      func(c listentest.Contract) bool { return c.Admit == listentest.AdmitNever },
	"credit":     func(c listentest.Contract) bool { return c.Credit == listentest.CreditClose },
	"must": func(c listentest.Contract) bool {
		return c.Must&listentest.Aborted == 0 && c.May&listentest.Aborted != 0
	},
	"order":    func(c listentest.Contract) bool { return c.Order == listentest.AnyOrder },
	"overflow": func(c listentest.Contract) bool { return c.Overflow == 0 },
	"close":    func(c listentest.Contract) bool { return c.Close == listentest.AnyClose },
}

// TestUnverified: what nobody has verified is not asserted.
func TestUnverified(t *testing.T) {
	for _, p := range All() {
		for field := range strings.SplitSeq(p.Unverified, ", ") {
			if p.Unverified == "" {
				break
			}
			if ok, known := least[field]; !known || !ok(p.Contract) {
				t.Errorf("%s: %q is not verified, and the contract asserts it (or there is no such field)\n%v", p.Name, field, p.Contract)
			}
		}
	}
}

func TestParseErrors(t *testing.T) {
	for text, want := range map[string]string{
		"format: 1\nrow: x\n\nrace 0\n":   `f: row is "x", expected a number`,
		"format: 1\ntilte: x\n\nrace 0\n": `f: there is no key "tilte"`,
		"format: 1\nrow: 1\n\nrace x\n":   `f:4:6: expected a number of connections`,
	} {
		if _, err := parse("f", text); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

var update = flag.Bool("update", false, "write the table into the README")

// TestReadme: the table in the README is that of the presets.
func TestReadme(t *testing.T) {
	const file, begin, end = "../../README.md", "<!-- presets -->\n", "<!-- end of presets -->\n"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	had, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no %q and %q", file, begin, end)
	}
	var b strings.Builder
	b.WriteString("| name | implementation | evidence | guaranteed | max | admit | overflow |\n|---|---|---|---|---|---|---|\n")
	for _, p := range All() {
		c := p.Contract
		fmt.Fprintf(&b, "| [%s](targets/preset/%s.contract) | %s | %s | %v | %v | %v | %v |\n",
			p.Name, p.Name, p.Title, strings.Join(p.Evidence, ", "), c.Guaranteed, c.Max, c.Admit, c.Overflow)
	}
	if b.String() == had {
		return
	}
	if !*update {
		t.Fatalf("the table in %s is not that of the presets: run go test ./targets/preset -run TestReadme -update", file)
	}
	if err := os.WriteFile(file, []byte(before+begin+b.String()+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
