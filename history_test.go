package listentest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

func TestHistoryRoundTrip(t *testing.T) {
	text := `backlog -1
call 1 dial c0
hold b3 abort|release
return 1 ok conn 1
call 2 accept s0 &
skip fill c1 -1
gauge l0 2
return 2 ok
named 2 conn 1
call 3 abort s0 conn 2
return 3 ok
call 4 recv c0 conn 1
return 4 corrupt n 17
clock 1000
end conn 1 reset
call 5 accept s1
return 5 ok conn nobody
rest quiet
rest calm
left pkg.(*listener).Accept
died panic pkg.loop
`
	h, err := ParseHistory(text)
	if err != nil {
		t.Fatal(err)
	}
	if got := h.String(); got != text {
		t.Errorf("got\n%swant\n%s", got, text)
	}
	rng := rand.New(rand.NewPCG(8, 1))
	for range 5000 {
		h := randomHistory(rng, 3)
		got, err := ParseHistory(h.String())
		if err != nil || !reflect.DeepEqual(got, h) {
			t.Fatalf("got\n%v%v, want\n%v", got, err, h)
		}
	}
}

func TestParseHistoryErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "line 1, column 1: expected \"backlog B\"",
		"call 1 dial c0":            "line 1, column 1: expected \"backlog B\"",
		"backlog 1\ncall 2 dial c0": "line 2, column 6: expected operation 1, as calls count from 1, found \"2\"",
		"backlog 1\nreturn 1 ok":    "line 2, column 8: expected an operation that was called, found \"1\"",
		"backlog 1\ncall 1 dial c0\nreturn 1 ok\nreturn 1 ok": "line 4, column 8: expected an operation that is still open",
		"backlog 1\ncall 1 dial c0\nreturn 1 fine":            "line 3, column 10: expected one of ok, refused",
		"backlog 1\nrest well":                                "line 2, column 6: expected quiet or calm, found \"well\"",
		"backlog 1\nhold s0":                                  "line 2, column 8: expected the name of a point",
		"backlog 1\nleft":                                     "line 2, column 5: expected the name of a function",
		"backlog 1\nend 1 reset":                              "line 2, column 5: expected \"conn ID\"",
		"backlog 1\nreturns 1 ok":                             "line 2, column 1: expected one of call, return, skip",
		"backlog 1\nclock -1":                                 "line 2, column 7: expected milliseconds from 0",
		"backlog 1\nrest quiet quiet":                         "line 2, column 12: expected the end of the line",
	} {
		_, err := ParseHistory(text)
		if syntax := (*SyntaxError)(nil); !errors.As(err, &syntax) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

// TestCheckTakesAnything: Check is total, also on what no runner records.
func TestCheckTakesAnything(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 1))
	for range 20_000 {
		h := History{Backlog: int32(rng.IntN(4)) - 1}
		for range rng.IntN(16) {
			h.Events = append(h.Events, Event{Verb: Verb(rng.IntN(len(verbNames))), Outcome: Outcome(rng.IntN(12)),
				Step: Step{Kind: Kind(rng.UintN(20)), Actor: Actor(rng.UintN(256)), N: int16(rng.IntN(5)) - 1}.Norm(),
				Op:   int32(rng.IntN(8)) - 1, Conn: int32(rng.IntN(8)) - 1, N: int32(rng.IntN(2))})
		}
		v := Check(h, linux)
		Picture(h, linux, v.First())
	}
}

func TestPicture(t *testing.T) {
	h, err := ParseHistory(`backlog 1
call 1 dial c0
return 1 ok conn 1
call 2 preempt s0 at exit
return 2 ok
call 3 accept s0
return 3 ok conn 1
hold s0 exit
rest quiet
call 4 dial c1
return 4 refused
call 5 resume s0
return 5 ok
`)
	if err != nil {
		t.Fatal(err)
	}
	c := with(linux, func(c *Contract) { c.Guaranteed, c.Max = Exactly(0), Exactly(0) })
	want := `
c0            c1                 s0                 held
─ dial #1 ok                                        1     █|
                                 ─ preempt at exit  1     █|
                                 ─ accept #3 = #1   0     ·|
                                 ▒ held at exit     0     ·|
              ─ dial #4 refused  ▒                  0     ·|  ◀ breaks min-pending
                                 ─ resume           0     ·|
`
	if got := Picture(h, c, Check(h, c).First()); got != want[1:] {
		t.Errorf("got\n%swant%s", got, want)
	}
}

// TestPictureAround: of a long history what led up to the violation is drawn.
func TestPictureAround(t *testing.T) {
	var text strings.Builder
	text.WriteString("backlog 1\ncall 1 accept s1\nreturn 1 cancelled\ncall 2 dial c9\nreturn 2 ok conn 2\ncall 3 dial c2\n")
	for op := 4; op < 4004; op += 2 {
		fmt.Fprintf(&text, "call %d dial c0\nreturn %d ok conn %d\ncall %d accept s0\nreturn %d ok conn %d\n", op, op, op, op+1, op+1, op)
	}
	text.WriteString("return 3 refused\n" + strings.Repeat("clock 1\n", 70))
	h, err := ParseHistory(text.String())
	if err != nil {
		t.Fatal(err)
	}
	v := &Violation{Promise: MinPending, Op: 3, From: 4, To: 8005}
	got := PictureAround(h, linux, v)
	for _, want := range []string{"events 1 to 7915 are not drawn\nc0 ", "c2 ", "└ refused", "◀ breaks min-pending", "events 8012 to 8076 are not drawn\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	for _, not := range []string{"c9", "s1"} {
		if strings.Contains(got, not) {
			t.Errorf("%q is in\n%s", not, got)
		}
	}
	h.Events = h.Events[:40]
	if got := PictureAround(h, linux, v); got != Picture(h, linux, v) {
		t.Errorf("a short history is not drawn whole:\n%s", got)
	}
}

// TestLongWords: an error repeats no more of a wrong word than helps.
func TestLongWords(t *testing.T) {
	_, err := ParseHistory(strings.Repeat("x", 100_000))
	if err == nil || len(err.Error()) > 200 || !strings.HasSuffix(err.Error(), `x" and more`) {
		t.Errorf("got %.300v", err)
	}
}
