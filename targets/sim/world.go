package sim

import (
	"fmt"
	"strconv"
	"strings"

	lt "github.com/listentest/listentest"
)

// A World is the scope of an exploration: who there is, and what they may do.
// Anybody may begin whatever is next for him at any moment, and stop at every
// point for as long as he likes. Time passes only when nobody can move.
type World struct {
	Backlog   int32   // listen's argument
	Dials     int     // clients, each of which connects once; 1 to 4
	Acceptors int     // 0 to 2
	Accepts   int     // that each acceptor calls, one after the other; 0 to 4
	Half      bool    // a client may send a syn in the place of its dial, and the ack later or never
	Abort     bool    // a client may reset its connection
	Hangup    bool    // a client, and an acceptor, may close its connection
	Cancel    bool    // who waits may give up
	Fail      bool    // a client's dial, and an acceptor's first accept, may be planned to fail
	Close     bool    // the listener may be closed, once
	Listens   []int32 // the listener may listen again, with these backlogs one after the other, open or closed; at most 3
}

// Limits of a World; a key has room for no more.
const (
	mostDials     = 4
	mostAcceptors = 2
	mostAccepts   = 4
	mostListens   = 3
)

// ParseWorld reads the text form: items key=number and words, as in
// "backlog=1,dials=3,acceptors=2,accepts=2,abort,hangup,cancel,fail,half,close,listen=1+2".
// What is not named is as in the zero World, but for one dial, one acceptor
// and one accept.
func ParseWorld(text string) (World, error) {
	w := World{Backlog: 1, Dials: 1, Acceptors: 1, Accepts: 1}
	words := map[string]*bool{"half": &w.Half, "abort": &w.Abort, "hangup": &w.Hangup, "cancel": &w.Cancel, "fail": &w.Fail, "close": &w.Close}
	numbers := map[string]struct {
		to          *int
		least, most int
	}{"dials": {&w.Dials, 1, mostDials}, "acceptors": {&w.Acceptors, 0, mostAcceptors}, "accepts": {&w.Accepts, 0, mostAccepts}}
	for item := range strings.SplitSeq(text, ",") {
		key, value, hasValue := strings.Cut(item, "=")
		word, isWord := words[key]
		number, isNumber := numbers[key]
		switch {
		case isWord && !hasValue:
			*word = true
		case isNumber && hasValue:
			n, err := strconv.Atoi(value)
			if err != nil || n < number.least || n > number.most {
				return w, fmt.Errorf("scope: %s is %q, expected a number from %d to %d", key, value, number.least, number.most)
			}
			*number.to = n
		case key == "backlog" && hasValue:
			n, err := strconv.ParseInt(value, 10, 16)
			if err != nil {
				return w, fmt.Errorf("scope: backlog is %q, expected a number from -32768 to 32767", value)
			}
			w.Backlog = int32(n)
		case key == "listen" && hasValue:
			for b := range strings.SplitSeq(value, "+") {
				n, err := strconv.ParseInt(b, 10, 16)
				if err != nil || len(w.Listens) == mostListens {
					return w, fmt.Errorf("scope: listen is %q, expected 1 to %d backlogs with + between them", value, mostListens)
				}
				w.Listens = append(w.Listens, int32(n))
			}
		default:
			return w, fmt.Errorf("scope: there is no %q; expected backlog=N, dials=N, acceptors=N, accepts=N, listen=N+N, half, abort, hangup, cancel, fail or close", item)
		}
	}
	return w, nil
}

// String returns the text form.
func (w World) String() string {
	s := fmt.Sprintf("backlog=%d,dials=%d,acceptors=%d,accepts=%d", w.Backlog, w.Dials, w.Acceptors, w.Accepts)
	for _, f := range []struct {
		on   bool
		name string
	}{{w.Half, "half"}, {w.Abort, "abort"}, {w.Hangup, "hangup"}, {w.Cancel, "cancel"}, {w.Fail, "fail"}, {w.Close, "close"}} {
		if f.on {
			s += "," + f.name
		}
	}
	for i, b := range w.Listens {
		s += [...]string{",listen=", "+"}[min(i, 1)] + strconv.Itoa(int(b))
	}
	return s
}

// A move is one thing that can happen next: an actor that is on its way takes
// a step, or begins something, with its first step.
type move struct {
	slot  uint8
	begin bool
	kind  lt.Kind // if begin
}

// moves returns all moves of w; which of them can be made depends on the state.
func (w *World) moves() []move {
	var all []move
	for slot := range w.actors() {
		all = append(all, move{slot: uint8(slot)})
	}
	begin := func(slot int, on bool, kinds ...lt.Kind) {
		for _, k := range kinds {
			if on {
				all = append(all, move{uint8(slot), true, k})
			}
		}
	}
	for c := range w.Dials {
		begin(c, true, lt.Dial)
		begin(c, w.Half, lt.Syn, lt.Ack)
		begin(c, w.Abort, lt.Abort)
		begin(c, w.Hangup, lt.Hangup)
		begin(c, w.Cancel, lt.Cancel)
		begin(c, w.Fail, lt.Fail)
	}
	for s := w.Dials; s < w.listener(); s++ {
		begin(s, w.Accepts > 0, lt.Accept)
		begin(s, w.Hangup, lt.Hangup)
		begin(s, w.Cancel, lt.Cancel)
		begin(s, w.Fail, lt.Fail)
	}
	begin(w.listener(), w.Close, lt.Shut)
	begin(w.listener(), len(w.Listens) > 0, lt.Listen)
	begin(w.listener(), true, lt.Tick)
	return all
}

// Slots: clients, acceptors, the listener, the task.
func (w *World) listener() int { return w.Dials + w.Acceptors }
func (w *World) actors() int   { return w.listener() + 2 }

// who returns the actor of a slot.
func (w *World) who(slot int) lt.Actor {
	switch {
	case slot < w.Dials:
		return lt.Client(slot)
	case slot < w.listener():
		return lt.Acceptor(slot - w.Dials)
	case slot == w.listener():
		return lt.Listener(0)
	}
	return lt.Task(0)
}
