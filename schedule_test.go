package listentest

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// randomSchedule draws any value of the type, not only sensible ones.
func randomSchedule(rng *rand.Rand) Schedule {
	s := Schedule{Backlog: []int32{0, 1, -1, 7, math.MaxInt32, math.MinInt32}[rng.IntN(6)]}
	for range rng.IntN(20) {
		s.Steps = append(s.Steps, Step{Kind: Kind(rng.UintN(24)), Along: rng.IntN(2) == 0, Actor: Actor(rng.UintN(256)),
			N: []int16{0, 1, 2, -1, 100, math.MaxInt16, math.MinInt16}[rng.IntN(7)]})
	}
	for range rng.IntN(6) {
		s.Choices = append(s.Choices, byte(rng.UintN(3)))
	}
	return s
}

func TestRoundTrips(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 50_000 {
		s := randomSchedule(rng)
		n := s.Norm()
		if again := n.Norm(); !again.Equal(n) {
			t.Fatalf("Norm of\n%vis\n%v", n, again)
		}
		if got := Decode(s.Encode()); !got.Equal(n) {
			t.Fatalf("bytes: got\n%vwant\n%v", got, n)
		}
		got, err := Parse(s.String())
		if err != nil || !got.Equal(n) {
			t.Fatalf("text: got\n%v%v, want\n%v", got, err, n)
		}
	}
}

// TestEveryKindRoundTrips has each kind with each N near its limits.
func TestEveryKindRoundTrips(t *testing.T) {
	for k := range kinds {
		for n := -4; n <= 4; n++ {
			for _, along := range []bool{false, true} {
				s := Schedule{Steps: []Step{{Kind: Kind(k), Along: along, N: int16(n)}}}
				got, err := Parse(s.String())
				if err != nil || !got.Equal(s.Norm()) {
					t.Errorf("%q: got %v, %v", s.String(), got, err)
				}
			}
		}
	}
}

func TestEveryByteStringDecodes(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	for range 50_000 {
		b := make([]byte, rng.IntN(60))
		for i := range b {
			b[i] = byte(rng.UintN(256))
		}
		s := Decode(b)
		if again := Decode(s.Encode()); !again.Equal(s) {
			t.Fatalf("%x decodes to\n%vand that to\n%v", b, s, again)
		}
	}
	long := Decode(make([]byte, 10*MaxSteps))
	if len(long.Steps) != MaxSteps {
		t.Errorf("%d steps, at most %d", len(long.Steps), MaxSteps)
	}
	unassigned := Decode([]byte{0, 0, 0, 0, 0x7E, 3, 1, 0})
	if len(unassigned.Steps) != 1 || unassigned.Steps[0] != (Step{}) {
		t.Errorf("an unassigned kind decodes as %v", unassigned)
	}
}

func TestParseErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "line 1, column 1: expected a line \"backlog B\", found the end of the text",
		"dial c0":                        "line 1, column 1: expected \"backlog B\" before the first step, found \"dial\"",
		"backlog":                        "line 1, column 8: expected a backlog from -2147483648 to 2147483647, found the end of the line",
		"backlog 1\n\ndail c0":           "line 3, column 1: expected a kind of step",
		"backlog 1\naccept c3":           "line 2, column 8: expected acceptor s0-s63 for accept, found \"c3\"",
		"backlog 1\ndial c64":            "line 2, column 6: expected client c0-c63 for dial, found \"c64\"",
		"backlog 1\ndial c00":            "line 2, column 6: expected client c0-c63",
		"backlog 1\ndial c0 0":           "line 2, column 9: expected a number from 1 to 32767, found \"0\"",
		"backlog 1\ndial c0 40000":       "line 2, column 9: expected a number from 1 to 32767",
		"backlog 1\ncancel c0 3":         "line 2, column 11: expected no number after cancel, found \"3\"",
		"backlog 1\npreempt s0 3":        "line 2, column 12: expected \"at exit\" or \"at K\", found \"3\"",
		"backlog 1\npreempt s0 at x":     "line 2, column 15: expected a number from 1 to 32767, found \"x\"",
		"backlog 1\nlisten l0":           "line 2, column 10: expected a number from -32768 to 32767, found the end of the line",
		"backlog 1\ndial c0 & &":         "line 2, column 11: expected the end of the line, found \"&\"",
		"backlog 1\nsettle &":            "line 2, column 8: expected the end of the line, found \"&\"",
		"backlog 1\nchoices 0":           "line 2, column 9: expected 1 to 4096 choices",
		"backlog 1\nchoices 01\ndial c0": "line 3, column 1: expected nothing after the choices, found \"dial\"",
		"backlog 1\nshut l0 3":           "line 2, column 9: expected a number from 0 to 2, found \"3\"",
		"backlog 1\n" + strings.Repeat("settle\n", MaxSteps+1): "expected at most 4096 steps, found one more",
	} {
		_, err := Parse(text)
		if syntax := (*SyntaxError)(nil); !errors.As(err, &syntax) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: got %v, want %s", text, err, want)
		}
	}
}

func TestParseIgnoresCommentsAndBlanks(t *testing.T) {
	s, err := Parse("# a story\r\n\r\n backlog  2 # two\r\n\tdial\tc0 &# and\r\n")
	want := Schedule{Backlog: 2, Steps: []Step{{Kind: Dial, Along: true}}}
	if err != nil || !s.Equal(want) {
		t.Errorf("got %v, %v", s, err)
	}
}

func TestActors(t *testing.T) {
	for n := range 256 {
		a := Actor(n)
		got, ok := parseActor(a.String())
		if n < 200 && (!ok || got != a) || !ok {
			t.Errorf("%d is %v, and that is %d", n, a, got)
		}
	}
	for _, text := range []string{"", "c", "x0", "c64", "l8", "c-1", "c+1", "c01", "s 1"} {
		if a, ok := parseActor(text); ok {
			t.Errorf("%q is %v", text, a)
		}
	}
}

// TestSmallerIsSmaller: candidates are normal, smaller in the order that
// Compare says, and include every single removal, so that a minimum is one.
func TestSmallerIsSmaller(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	for i := range *oracleHistories / 30 {
		s := randomSchedule(rng).Norm()
		if i%2 == 0 {
			s = Generate(rng)
		}
		var all []Schedule
		for c := range Smaller(s) {
			if Compare(c, s) >= 0 {
				t.Fatalf("not smaller than\n%v:\n%v", s, c)
			}
			if !c.Norm().Equal(c) {
				t.Fatalf("not normal: %v", c)
			}
			all = append(all, c)
		}
		for i := range s.Steps {
			shorter := withSteps(s, slices.Delete(slices.Clone(s.Steps), i, i+1)).Norm()
			if !slices.ContainsFunc(all, shorter.Equal) {
				t.Fatalf("step %d is not dropped from\n%v", i, s)
			}
		}
	}
}

// TestCompare: an order is total, and 0 only for equals.
func TestCompare(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 1))
	for range 20_000 {
		a, b, c := Generate(rng), Generate(rng), Generate(rng)
		if Compare(a, b) != -Compare(b, a) || Compare(a, b) == 0 != a.Equal(b) {
			t.Fatalf("Compare is no order on\n%vand\n%v", a, b)
		}
		if Compare(a, b) < 0 && Compare(b, c) < 0 && Compare(a, c) >= 0 {
			t.Fatalf("Compare is not transitive on\n%v%v%v", a, b, c)
		}
	}
}

func TestSmallerStops(t *testing.T) {
	s := Generate(rand.New(rand.NewPCG(5, 1)))
	for range Smaller(s) {
		break // the sequence must take no for an answer, wherever it is
	}
	n := 0
	for range Smaller(s) {
		n++
	}
	for stop := range n {
		i := 0
		for range Smaller(s) {
			if i++; i > stop {
				break
			}
		}
	}
}

// TestGenerate: every shape keeps its limits, and gives every kind that it
// has a weight for.
func TestGenerate(t *testing.T) {
	for _, shape := range Shapes() {
		seen := map[Kind]bool{}
		rng := rand.New(rand.NewPCG(6, 1))
		for range 2000 {
			s := Generate(rng, shape)
			if len(s.Steps) < shape.Least || len(s.Steps) > shape.Most || !slices.Contains(shape.Backlogs, s.Backlog) {
				t.Fatalf("shape %s gives\n%v", shape.Name, s)
			}
			if !s.Norm().Equal(s) {
				t.Fatalf("shape %s: not normal:\n%v", shape.Name, s)
			}
			for _, step := range s.Steps {
				seen[step.Kind] = true
			}
		}
		for k, w := range shape.Weights {
			if seen[Kind(k)] != (w > 0) {
				t.Errorf("shape %s: weight of %v is %d, drawn: %v", shape.Name, Kind(k), w, seen[Kind(k)])
			}
		}
		if shape.Why == "" {
			t.Errorf("shape %s is there for nothing", shape.Name)
		}
	}
}

// TestGenerateMeans: most steps that are drawn mean something where they
// stand, and do not on every schedule, so that everything can be drawn.
func TestGenerateMeans(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 1))
	steps, blank, blind := 0, 0, 0
	for range 5000 {
		s := Generate(rng)
		var f forecast
		f.begin(s.Backlog)
		without := 0
		for _, step := range s.Steps {
			if kinds[step.Kind].roles != "" && !f.means(step.Kind, step.Actor) {
				without++
			}
			f.after(step)
		}
		steps, blank = steps+len(s.Steps), blank+without
		if without*3 > len(s.Steps) {
			blind++
		}
	}
	t.Logf("%d of %d steps mean nothing; %d schedules have more than a third of them", blank, steps, blind)
	if blank*10 > steps || blind == 0 {
		t.Errorf("%d of %d steps mean nothing; %d schedules have more than a third of them", blank, steps, blind)
	}
}

// TestDraw: a schedule that is drawn into the memory of another is the same,
// and takes no new memory.
func TestDraw(t *testing.T) {
	var s Schedule
	for i := range uint64(2000) {
		s.Draw(rand.New(rand.NewPCG(8, i)))
		if want := Generate(rand.New(rand.NewPCG(8, i))); !s.Equal(want) {
			t.Fatalf("case %d is\n%vand not\n%v", i, s, want)
		}
	}
	pcg := rand.NewPCG(8, 1)
	rng := rand.New(pcg)
	s.Steps, s.Choices = make([]Step, 0, 32), make([]byte, 0, 8)
	if n := testing.AllocsPerRun(1000, func() { s.Draw(rng) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestForecast: what is expected of a listener is what one that follows its
// contract does, where nothing races: who holds how many connections, and how
// many are pending.
func TestForecast(t *testing.T) {
	for _, c := range []struct {
		steps                                string
		pending, waiting, held, half, unread int
	}{
		{"backlog 2\ndial c0 3\n", 2, 0, 0, 0, 0},
		{"backlog 2\nfill c0\ndial c1\naccept s0\n", 1, 0, 0, 0, 0},
		{"backlog 2\naccept s0\naccept s1\ndial c0\n", 0, 1, 0, 0, 0},
		{"backlog 2\naccept s0\ncancel s0\n", 0, 0, 0, 0, 0},
		{"backlog 2\ndial c0 2\nabort c0\n", 1, 0, 0, 0, 0},
		{"backlog 2\ndial c0 2\nhangup c0\n", 2, 0, 0, 0, 0},
		{"backlog 2\ndial c0\nsend c0 1\naccept s0\n", 0, 0, 0, 0, 1},
		{"backlog 2\ndial c0\nsend c0 1\naccept s0\nrecv s0\nsend s0 1\n", 0, 0, 0, 0, 1},
		{"backlog 2\npreempt c0 at exit\ndial c0\n", 1, 0, 1, 0, 0},
		{"backlog 2\npreempt c0 at exit\ndial c0\nresume c0\n", 1, 0, 0, 0, 0},
		{"backlog 2\nfail c0\ndial c0\ndial c0\n", 1, 0, 0, 0, 0},
		{"backlog 2\nsyn c0\nsyn c0\nack c0\n", 1, 0, 0, 1, 0},
		{"backlog 2\nsyn c0\nabort c0\n", 0, 0, 0, 0, 0},
		{"backlog 2\ndial c0\nsyn c1\naccept s0\naccept s1\nshut l0\n", 0, 0, 0, 0, 0},
		{"backlog 1\nshut l0\ndial c0\nlisten l0 2\ndial c0 3\n", 2, 0, 0, 0, 0},
	} {
		s, err := Parse(c.steps)
		if err != nil {
			t.Fatal(err)
		}
		var f forecast
		f.begin(s.Backlog)
		for _, step := range s.Steps {
			f.after(step)
		}
		if f.pending != c.pending || f.waiting != c.waiting || f.held != c.held || f.half != c.half || f.unread != c.unread {
			t.Errorf("%v\npending %d, waiting %d, held %d, half %d, unread %d; want %+v", s, f.pending, f.waiting, f.held, f.half, f.unread, c)
		}
	}
}
