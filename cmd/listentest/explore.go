package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/targets/sim"
)

// defaultScope is explored in seconds.
const defaultScope = "backlog=1,dials=2,acceptors=2,accepts=2,abort,hangup,cancel,close,listen=1"

// An exploration is what explore was asked for, and how far it is.
type exploration struct {
	env    *env
	target *sim.Target
	world  sim.World
	whole  bool
	bytes  int
	state  string // the file to go on from, and to leave what is not done in
	engine *sim.Explorer
	hidden int // breaches that nobody outside can see
	found  *sim.Counterexample
	start  time.Time
	last   time.Time // of the progress line
}

// exploreCommand makes every interleaving of a small scope on the simulator.
func exploreCommand(ctx context.Context, e *env, args []string) (int, error) {
	f := newFlags("explore", "[-target sim:…] [-scope ITEM,…] [-state FILE]")
	name := f.String("target", "sim", "the simulator, with the `settings` and faults that it has")
	scope := f.String("scope", defaultScope, "who there is and what they may do: `items` backlog=N, dials=N (1 to 4), acceptors=N (0 to 2), accepts=N of each (0 to 4), listen=N+N (backlogs to listen again with), half, abort, hangup, cancel, fail, close")
	whole := f.Bool("whole", false, "make every move in every state, also orders that nobody can tell apart")
	megabytes := f.Int("memory", 4096, "bound of the table of states, in `MiB`")
	state := f.String("state", "", "`file` to go on from if it is there, and to keep what is not done in when interrupted")
	asJSON := f.Bool("json", false, "print as JSON")
	rest, err := f.parse(e, args)
	switch {
	case err != nil:
		return 0, err
	case len(rest) > 0:
		return 0, &listentest.MisuseError{Reason: fmt.Sprintf("explore takes flags only, and %q is none", rest[0])}
	case *megabytes < 1:
		return 0, &listentest.MisuseError{Reason: fmt.Sprintf("explore: -memory is %d, and a table takes at least 1 MiB", *megabytes)}
	}
	world, err := sim.ParseWorld(*scope)
	if err != nil {
		return 0, &listentest.MisuseError{Reason: "explore: " + err.Error()}
	}
	opened, err := one(*name)
	if err != nil {
		return 0, err
	}
	target, ok := opened.(*sim.Target)
	if !ok {
		return 0, &listentest.MisuseError{Reason: fmt.Sprintf("explore makes all states of the simulator, and %s is none; run draws cases for it", *name)}
	}
	x := &exploration{env: e, target: target, world: world, whole: *whole, bytes: *megabytes << 20, state: *state, start: time.Now(), last: time.Now()}
	if x.engine, err = x.begin(); err != nil {
		return 0, err
	}
	err = x.run(ctx)
	newProgress(e.stderr).clear()
	if err == nil && x.found != nil {
		err = x.shorten(ctx)
	}
	return x.end(err, *asJSON)
}

// begin returns an explorer at the first state, or where it was saved.
func (x *exploration) begin() (*sim.Explorer, error) {
	if x.state == "" {
		return sim.NewExplorer(x.target, x.world, x.whole, x.bytes), nil
	}
	file, err := os.Open(x.state)
	if errors.Is(err, fs.ErrNotExist) {
		return sim.NewExplorer(x.target, x.world, x.whole, x.bytes), nil
	}
	if err != nil {
		return nil, fmt.Errorf("go on: %w", err)
	}
	defer file.Close()
	engine, err := sim.Load(file, x.target, x.bytes)
	if err != nil {
		return nil, fmt.Errorf("go on from %s: %w", x.state, err)
	}
	if was := engine.World().String(); was != x.world.String() || engine.Whole() != x.whole {
		return nil, &listentest.MisuseError{Reason: fmt.Sprintf("%s is of -scope %s and -whole=%v", x.state, was, engine.Whole())}
	}
	fmt.Fprintf(x.env.stderr, "going on from %s, with %d states\n", x.state, engine.States)
	return engine, nil
}

// run explores until something is found that the oracle sees too.
func (x *exploration) run(ctx context.Context) error {
	p := newProgress(x.env.stderr)
	x.engine.Watch = func(e *sim.Explorer) { x.progress(p, e) }
	for {
		c, err := x.engine.Explore(ctx)
		if c == nil || err != nil {
			return err
		}
		if listentest.Check(c.History, x.target.Contract()).First() != nil {
			x.found = c
			return nil
		}
		x.hidden++
	}
}

// shorten looks for the shortest way to a broken promise. What was found
// before stays if there is no time for it.
func (x *exploration) shorten(ctx context.Context) error {
	whole := x.engine.Count
	engine := sim.NewExplorer(x.target, x.world, x.whole, x.bytes)
	for limit := 1; limit < x.found.Moves; limit++ {
		engine.Restart(limit)
		for {
			c, err := engine.Explore(ctx)
			if err != nil {
				return err
			}
			if c == nil {
				break
			}
			if listentest.Check(c.History, x.target.Contract()).First() != nil {
				x.found, x.engine.Count = c, whole
				return nil
			}
		}
	}
	return nil
}

func (x *exploration) progress(p *progress, e *sim.Explorer) {
	line := fmt.Sprintf("%s: %d states, %d moves, at most %d on a way, %d MiB, %.0f states/s",
		x.target.Name(), e.States, e.Moves, e.Deepest, e.Bytes()>>20, float64(e.States)/time.Since(x.start).Seconds())
	const often = 200 * time.Millisecond
	switch {
	case p.terminal && time.Since(x.last) >= often:
		x.last = time.Now()
		fmt.Fprintf(p.w, "\r\x1b[K%s", line)
	case !p.terminal && time.Since(x.last) >= every:
		x.last = time.Now()
		fmt.Fprintln(p.w, line)
	}
}

// end says what came of it. What is not done is saved, if that was asked for.
func (x *exploration) end(err error, asJSON bool) (int, error) {
	status, done := exitOK, err == nil && x.found == nil
	switch {
	case x.found != nil:
		status = exitViolation
	case errors.Is(err, context.Canceled):
		status = exitInterrupted
	case errors.Is(err, sim.ErrFull):
		status = exitTrouble
	case err != nil:
		return 0, err
	}
	if err != nil && x.found == nil && x.state != "" {
		if serr := x.save(); serr != nil {
			return 0, serr
		}
		fmt.Fprintf(x.env.stderr, "saved: the same command goes on from %s\n", x.state)
	}
	if done && x.state != "" {
		os.Remove(x.state) // nothing is left to go on with
	}
	if asJSON {
		return status, x.printJSON(done)
	}
	x.print(done, err)
	return status, nil
}

// save writes the state file, whole or not at all.
func (x *exploration) save() (err error) {
	file, err := os.CreateTemp(filepath.Dir(x.state), ".explore-*")
	if err != nil {
		return fmt.Errorf("save: %w", err)
	}
	defer os.Remove(file.Name())
	if err := errors.Join(x.engine.Save(file), file.Close()); err != nil {
		return fmt.Errorf("save: %w", err)
	}
	if err := os.Rename(file.Name(), x.state); err != nil {
		return fmt.Errorf("save: %w", err)
	}
	return nil
}
