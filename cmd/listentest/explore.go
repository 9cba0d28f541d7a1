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
	found  *sim.Counterexample
	seen   bool // the oracle sees in found's history that a promise is broken
	least  bool // no way that the oracle sees is shorter than found
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
	p := newProgress(e.stderr)
	watch := func(engine *sim.Explorer) { x.progress(p, engine) }
	x.engine.Watch = watch
	if x.found, x.seen, err = x.search(ctx, x.engine); x.seen {
		err = x.shorten(ctx, watch)
	}
	p.clear()
	return x.end(err, *asJSON)
}

// begin returns an explorer at the first state, or where it was saved.
func (x *exploration) begin() (*sim.Explorer, error) {
	if x.state == "" {
		return sim.NewExplorer(x.target, x.world, x.whole, x.bytes), nil
	}
	probe, err := x.temporary() // or hours are lost at the end
	if err != nil {
		return nil, err
	}
	probe.Close()
	os.Remove(probe.Name())
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

// search goes on until something is broken that the oracle sees too, else to
// the end, and then what it returns is the first that only the true state shows.
func (x *exploration) search(ctx context.Context, engine *sim.Explorer) (found *sim.Counterexample, seen bool, err error) {
	for {
		c, err := engine.Explore(ctx)
		switch {
		case c == nil:
			return found, false, err
		case listentest.Check(c.History, x.target.Contract()).First() != nil:
			return c, true, nil
		case found == nil:
			found = c
		}
	}
}

// shorten looks for the shortest way to what the oracle sees. What was found
// before stays if there is no time or no memory for it.
func (x *exploration) shorten(ctx context.Context, watch func(*sim.Explorer)) error {
	engine := sim.NewExplorer(x.target, x.world, x.whole, x.bytes)
	engine.Watch = watch
	for limit := 1; limit < x.found.Moves; limit++ {
		engine.Restart(limit)
		c, seen, err := x.search(ctx, engine)
		if err != nil {
			return err
		}
		if seen {
			x.found = c
		}
	}
	x.least = true
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
	status, done := exitOK, err == nil && !x.seen
	switch {
	case x.engine.Broken > 0:
		status = exitViolation
	case errors.Is(err, context.Canceled):
		status = exitInterrupted
	case errors.Is(err, sim.ErrFull):
		status = exitTrouble
	case err != nil:
		return 0, err
	}
	if asJSON {
		if err := x.printJSON(done); err != nil {
			return 0, err
		}
	} else {
		x.print(done, err)
	}
	if x.state == "" || x.seen {
		return status, nil
	}
	if done {
		os.Remove(x.state) // nothing is left to go on with
		return status, nil
	}
	if err := x.save(); err != nil {
		return 0, err
	}
	fmt.Fprintf(x.env.stderr, "saved: the same command goes on from %s\n", x.state)
	return status, nil
}

// temporary makes a file beside the state file, which may become it.
func (x *exploration) temporary() (*os.File, error) {
	file, err := os.CreateTemp(filepath.Dir(x.state), ".explore-*")
	if err != nil {
		return nil, fmt.Errorf("keep the state: %w", err)
	}
	return file, nil
}

// save writes the state file, whole or not at all.
func (x *exploration) save() error {
	file, err := x.temporary()
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	if err := errors.Join(x.engine.Save(file), file.Close()); err != nil {
		return fmt.Errorf("keep the state: %w", err)
	}
	if err := os.Rename(file.Name(), x.state); err != nil {
		return fmt.Errorf("keep the state: %w", err)
	}
	return nil
}
