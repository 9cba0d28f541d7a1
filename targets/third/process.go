package third

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/listentest/listentest"
)

// A process is a worker. It is told a schedule, writes the lines of a history
// to a file, each when it is seen, so that what it did is known when it ends,
// and says when it is through.
type process struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *os.File // a line for each schedule
	seen   *os.File // appended to by the worker; it has no name any more
	stderr *tail
	dead   bool
}

// start starts a worker of a target.
func start(name string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	seen, err := nameless()
	if err != nil {
		return nil, err
	}
	answers, theirs, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, seen.Close())
	}
	defer theirs.Close()
	p := &process{cmd: exec.Command(self), out: answers, seen: seen, stderr: &tail{}}
	p.cmd.Env = append(os.Environ(), workerVariable+"="+name, "GOTRACEBACK=all")
	p.cmd.Stderr = p.stderr
	p.cmd.ExtraFiles = []*os.File{theirs, seen}
	p.cmd.WaitDelay = time.Second
	if p.in, err = p.cmd.StdinPipe(); err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		return nil, errors.Join(err, answers.Close(), seen.Close())
	}
	return p, nil
}

// nameless returns a new file that is appended to, and is gone when nobody has
// it open any more.
func nameless() (*os.File, error) {
	named, err := os.CreateTemp("", "listentest-history-*")
	if err != nil {
		return nil, err
	}
	defer os.Remove(named.Name())
	f, err := os.OpenFile(named.Name(), os.O_RDWR|os.O_APPEND, 0)
	return f, errors.Join(err, named.Close())
}

// stop lets the process end, which it does when it is told nothing more.
func (p *process) stop() error {
	p.dead = true
	_ = p.in.Close()                                                          // it is a pipe of ours
	timer := time.AfterFunc(time.Minute, func() { _ = p.cmd.Process.Kill() }) // it has nothing to do; a machine may be that busy
	defer timer.Stop()
	err := p.cmd.Wait()
	p.close()
	if err != nil {
		return fmt.Errorf("end a worker: %w\n%s", err, p.stderr)
	}
	return nil
}

// kill ends the process at once.
func (p *process) kill() {
	p.dead = true
	_ = p.cmd.Process.Kill() // what is dead already needs none
	_ = p.cmd.Wait()         // it was killed
	p.close()
}

// close gives back what is left of a process that has ended.
func (p *process) close() {
	for _, f := range []io.Closer{p.in, p.out, p.seen} {
		_ = f.Close() // nothing is on its way any more
	}
}

// run has the process run a schedule. Where it does not survive that, dead is
// set and the history ends as far as it was seen.
func (p *process) run(ctx context.Context, s listentest.Schedule, pace, grace, silence time.Duration) (listentest.History, error) {
	stop := context.AfterFunc(ctx, func() { _ = p.cmd.Process.Kill() }) // what is dead already needs none
	defer stop()
	over, asked := make(chan struct{}), make(chan bool)
	go func() { asked <- p.watch(silence, over) }()
	err := p.exchange(s, pace, grace)
	close(over)
	quiet := <-asked
	if !stop() { // it was killed, if not before its answer was there
		p.kill()
		return listentest.History{}, context.Cause(ctx)
	}
	if trouble := (*troubleError)(nil); errors.As(err, &trouble) {
		return listentest.History{}, err
	}
	if err == nil {
		return p.history(s.Backlog)
	}
	p.dead = true
	_ = p.in.Close()
	_ = p.cmd.Wait() // how it ended is in what it printed
	h, err := p.history(s.Backlog)
	p.close()
	if err != nil {
		return h, err
	}
	if quiet && holds(h) { // who spins may wait for who is held, and that is our doing
		return h, nil
	}
	end, err := death(p.stderr.String(), quiet)
	if err == nil && end.Verb == listentest.Died {
		h.Events = append(h.Events, end)
	}
	return h, err
}

// watch asks the process for its stacks, which ends it, when it has done nothing
// for so long, and kills it where that is of no use. Where somebody is held that
// is no finding: then it waits for a fifth of that, and nobody needs the stacks.
// It reports whether it has ended the process, when over is closed.
func (p *process) watch(silence time.Duration, over <-chan struct{}) (asked bool) {
	const looks = 5 // in that time
	tick := time.NewTicker(silence / looks)
	defer tick.Stop()
	size, same := int64(-1), 0
	for {
		select {
		case <-over:
			return asked
		case <-tick.C:
		}
		now := size
		if info, err := p.seen.Stat(); err == nil {
			now = info.Size()
		}
		if same++; now != size {
			size, same = now, 0
		}
		switch {
		case asked && same == looks, !asked && same > 0 && p.holds():
			_ = p.cmd.Process.Kill() // what is dead already needs none
		case !asked && same == looks:
			_ = p.cmd.Process.Signal(syscall.SIGQUIT)
			same = 0
		default:
			continue
		}
		asked = true
	}
}

// holds reports whether somebody is held, as far as was seen.
func (p *process) holds() bool {
	h, err := p.history(0)
	return err == nil && holds(h)
}

// holds reports whether somebody is held at the end of h.
func holds(h listentest.History) bool {
	held := map[listentest.Actor]bool{}
	for _, e := range h.Events {
		switch {
		case e.Verb == listentest.Hold:
			held[e.Step.Actor] = true
		case e.Verb == listentest.Call && e.Step.Kind == listentest.Resume:
			delete(held, e.Step.Actor)
		}
	}
	return len(held) > 0
}

// A troubleError is what a worker says of itself.
type troubleError struct{ text string }

func (e *troubleError) Error() string { return e.text }

// exchange sends a schedule and waits until it was run: an error is trouble, or
// the end of the process.
func (p *process) exchange(s listentest.Schedule, pace, grace time.Duration) error {
	if err := p.seen.Truncate(0); err != nil {
		return &troubleError{fmt.Sprintf("empty the file of a history: %v", err)}
	}
	if _, err := fmt.Fprintf(p.in, "%v%s %v %v\n", s, runWord, pace, grace); err != nil {
		return err
	}
	answer, err := bufio.NewReader(p.out).ReadString('\n')
	if err != nil {
		return err
	}
	if text, ok := strings.CutPrefix(answer, troubleWord+" "); ok {
		return &troubleError{strings.TrimSpace(text)}
	}
	return nil
}

// history reads what was seen of a run. A line that is not whole was not.
func (p *process) history(backlog int32) (listentest.History, error) {
	text, err := io.ReadAll(io.NewSectionReader(p.seen, 0, math.MaxInt64))
	if err != nil {
		return listentest.History{}, fmt.Errorf("read what a worker saw: %w", err)
	}
	text = text[:bytes.LastIndexByte(text, '\n')+1]
	h, err := listentest.ParseHistory(fmt.Sprintf("backlog %d\n%s", backlog, text))
	if err != nil {
		return h, fmt.Errorf("a worker saw what is no history: %w", err)
	}
	return h, nil
}

// A tail keeps the beginning of what is written to it, which has the panic and
// who it was, and no more than that.
type tail struct{ b []byte }

func (t *tail) Write(b []byte) (int, error) {
	const most = 1 << 20
	t.b = append(t.b, b[:min(len(b), most-len(t.b))]...)
	return len(b), nil
}

func (t *tail) String() string { return string(t.b) }
