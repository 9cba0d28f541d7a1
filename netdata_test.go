package listentest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
)

// TestPatterns: no two streams look alike, so that bytes of one are not taken
// for those of another.
func TestPatterns(t *testing.T) {
	seen := map[string]bool{}
	for dial := range int32(500) {
		for _, server := range []bool{false, true} {
			var b [8]byte
			for i := range b {
				b[i] = Pattern(dial, server, int32(i))
			}
			if seen[string(b[:])] {
				t.Fatalf("dial %d, server %v: % x is another's", dial, server, b)
			}
			seen[string(b[:])] = true
		}
	}
}

// A wired connection has what a test wants of it.
type wired struct {
	net.Conn
	change func(b []byte) // what is written, behind the first four bytes
	wrote  int
	half   error
}

func (w *wired) Write(b []byte) (int, error) {
	if w.wrote++; w.wrote > 1 && w.change != nil {
		w.change(b)
	}
	return w.Conn.Write(b)
}

func (w *wired) CloseWrite() error { return w.half }

// Abort says that it cannot, once.
func (w *wired) Abort() error {
	if w.half == nil {
		w.half = net.ErrClosed
		return errors.ErrUnsupported
	}
	return w.Close()
}

// TestNetData: what is sent is told where it arrives, in what form it came.
func TestNetData(t *testing.T) {
	for _, c := range []struct {
		name     string
		change   func([]byte)
		half     error
		schedule string
		returns  []string
		breaks   string
	}{
		{"both ways", nil, nil, "dial c0\naccept s0\nsend c0 300\nsend s0 5\nrecv s0\nrecv c0\nsend c0 7\nhangup c0\nsettle\nrecv s0",
			[]string{"return 5 ok n 300", "return 6 ok n 5", "return 9 eof n 307"}, ""},
		{"server first", nil, nil, "dial c0\naccept s0\nsend s0 5\nrecv c0", []string{"return 4 ok n 5"}, ""},
		{"before accept", nil, nil, "dial c0\nsend c0 5\naccept s0\nsettle\nrecv s0", []string{"return 4 ok n 5"}, ""},
		{"a wrong byte", func(b []byte) { b[len(b)-1]++ }, nil, "dial c0\naccept s0\nsend c0 3\nsettle\nrecv s0", []string{"return 4 corrupt n 2"},
			"early-data: recv #4 by s0 on connection #1"},
		{"half-close", nil, nil, "dial c0\naccept s0\nhalf-close c0", []string{"return 3 ok"}, ""},
		{"no half-close", nil, errors.ErrUnsupported, "dial c0\naccept s0\nhalf-close c0", []string{"return 3 unsupported"}, ""},
		{"half-close of the dead", nil, net.ErrClosed, "dial c0\naccept s0\nhalf-close c0", []string{"return 3 reset"}, ""},
		{"no abort", nil, nil, "dial c0\nabort c0", []string{"return 2 unsupported"}, ""},
		{"abort", nil, net.ErrClosed, "dial c0\naccept s0\nabort c0\nsettle\nrecv s0", []string{"return 3 ok", "return 4 eof"}, ""},
		{"a deadline", nil, nil, "fail c0 3\ndial c0\ndial c0", []string{"return 1 ok", "return 2 cancelled", "return 3 ok conn 3"}, ""},
		{"another lack", nil, nil, "fail c0 1\nfail s0 3\nfail l0 1", []string{"return 1 unsupported", "return 2 unsupported", "return 3 unsupported"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := Parse("backlog 2\n" + c.schedule)
			if err != nil {
				t.Fatal(err)
			}
			target := inMemory(func(*memory) {}, memoryPromise)
			target.Dial = func(ctx context.Context, l net.Listener) (net.Conn, error) {
				if ctx.Err() != nil {
					return nil, ctx.Err()
				}
				conn, err := l.(*memory).dial(ctx, l)
				return &wired{Conn: conn, change: c.change, half: c.half}, err
			}
			h, err := inBubbles(t, target).Run(context.Background(), s)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if v := Check(h, memoryPromise).First(); v != nil {
				got = v.Promise.String() + ": " + v.Text
			}
			if !strings.HasPrefix(got, c.breaks) || (got == "") != (c.breaks == "") {
				t.Errorf("got %q\n%v", got, h)
			}
			for _, line := range c.returns {
				if !strings.Contains(h.String(), line+"\n") {
					t.Errorf("no %q in\n%v", line, h)
				}
			}
		})
	}
}

// TestNetHooks: an accept that can be given up is, and what fails is what was
// asked for.
func TestNetHooks(t *testing.T) {
	var failed []string
	target := inMemory(func(*memory) {}, memoryPromise)
	target.Accept = func(ctx context.Context, l net.Listener) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	target.Fail = func(_ net.Listener, who Actor, what int) error {
		if failed = append(failed, fmt.Sprint(who, what)); what == 2 {
			return errors.ErrUnsupported
		}
		return nil
	}
	s, err := Parse("backlog 1\naccept s0\ncancel s0\nfail l0 1\nfail s0 2\nfail c0 3")
	if err != nil {
		t.Fatal(err)
	}
	h, err := inBubbles(t, target).Run(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(Outcomes(h), " "); got != "cancelled ok ok unsupported ok" || len(failed) != 3 {
		t.Errorf("got %v, and asked for %v", got, failed)
	}
}

// TestNetTokenFirst: what a client sends as soon as its dial has returned comes
// behind what the other side knows it by.
func TestNetTokenFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		s := &netSession{o: Options{Report: func(Event) {}}, changed: make(chan struct{}, 1)}
		s.add(&netConn{op: 258, client: true, conn: client})
		go s.send(t.Context(), Op{Conn: 258, Step: Step{Kind: Send, N: 2}})
		synctest.Wait()
		go s.introduce(258)
		var got [6]byte
		if _, err := io.ReadFull(server, got[:]); err != nil || got != [6]byte{0, 0, 1, 2, Pattern(258, false, 0), Pattern(258, false, 1)} {
			t.Errorf("got % x, %v", got, err)
		}
		server.Close()
		synctest.Wait()
	})
}

// TestNetFail: who was told to fail does so in its next dial, and nobody else; that
// dial is no refusal, and its errors are no trouble of ours.
func TestNetFail(t *testing.T) {
	target := inMemory(func(*memory) {}, memoryPromise)
	dial, lacks := target.Dial, map[Actor]bool{}
	target.Dial = func(ctx context.Context, l net.Listener) (net.Conn, error) {
		if a, ok := ActorOf(ctx); !ok || lacks[a] {
			delete(lacks, a)
			return nil, syscall.ENOMEM
		}
		return dial(ctx, l)
	}
	target.Fail = func(_ net.Listener, who Actor, what int) error {
		if who.Role() != ClientRole {
			return errors.ErrUnsupported
		}
		lacks[who] = true
		return nil
	}
	s, err := Parse("backlog 2\nfail c0 1\ndial c1\ndial c0\ndial c0")
	if err != nil {
		t.Fatal(err)
	}
	h, err := inBubbles(t, target).Run(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(Outcomes(h), " "); got != "ok ok failed ok" || Check(h, memoryPromise).First() != nil {
		t.Errorf("got %v\n%v", got, h)
	}
	if _, ok := ActorOf(t.Context()); ok {
		t.Error("a context of the test is somebody's")
	}
}
