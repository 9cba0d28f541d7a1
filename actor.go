package listentest

import "strconv"

// An Actor is a role and a number within it: c0-c63 clients, s0-s63
// acceptors, l0-l7 listeners, b0-b63 background tasks of the target.
type Actor uint8

// Role is what an actor is.
type Role uint8

const (
	ClientRole Role = iota
	AcceptorRole
	ListenerRole
	TaskRole
)

// roleSpan gives each role's letter, its first Actor and its size, by Role.
var roleSpan = [...]struct {
	letter      byte
	first, size uint8
	noun        string
}{
	{'c', 0, 64, "client"},
	{'s', 64, 64, "acceptor"},
	{'l', 128, 8, "listener"},
	{'b', 136, 64, "background task"},
}

// Client returns c<n>, n taken modulo the role's size as in all four.
func Client(n int) Actor { return actor(ClientRole, n) }

// Acceptor returns s<n>; it accepts on the listener n/8.
func Acceptor(n int) Actor { return actor(AcceptorRole, n) }

// Listener returns l<n>.
func Listener(n int) Actor { return actor(ListenerRole, n) }

// Task returns b<n>.
func Task(n int) Actor { return actor(TaskRole, n) }

func actor(r Role, n int) Actor {
	s := &roleSpan[r]
	return Actor(s.first + uint8(n)%s.size)
}

// Role returns what a is. The 56 values past b63 are tasks as well.
func (a Actor) Role() Role {
	switch {
	case a < 64:
		return ClientRole
	case a < 128:
		return AcceptorRole
	case a < 136:
		return ListenerRole
	}
	return TaskRole
}

// Num returns a's number within its role.
func (a Actor) Num() int {
	s := &roleSpan[a.Role()]
	return int((uint8(a) - s.first) % s.size)
}

// String returns the text form, such as s0.
func (a Actor) String() string { return string(a.append(nil)) }

func (a Actor) append(b []byte) []byte {
	return strconv.AppendInt(append(b, roleSpan[a.Role()].letter), int64(a.Num()), 10)
}

// as returns a in the first of roles (letters, as "cs") unless it is in one
// of them already; with no roles there is no actor, and c0 stands for none.
func (a Actor) as(roles string) Actor {
	if roles == "" {
		return 0
	}
	s := &roleSpan[a.Role()]
	for i := range len(roles) {
		if roles[i] == s.letter {
			return Actor(s.first + (uint8(a)-s.first)%s.size)
		}
	}
	return actor(roleOf(roles[0]), a.Num())
}

// roleOf returns the role of a letter; the letter must be one of "cslb".
func roleOf(letter byte) Role {
	for r := range roleSpan {
		if roleSpan[r].letter == letter {
			return Role(r)
		}
	}
	panic("listentest: no role has the letter " + string(letter))
}

// parseActor reads the text form; ok is false for anything else.
func parseActor(s string) (a Actor, ok bool) {
	for r, span := range roleSpan {
		if s == "" || s[0] != span.letter {
			continue
		}
		n, err := strconv.ParseUint(s[1:], 10, 8)
		if err != nil || n >= uint64(span.size) || strconv.FormatUint(n, 10) != s[1:] {
			return 0, false
		}
		return actor(Role(r), int(n)), true
	}
	return 0, false
}
