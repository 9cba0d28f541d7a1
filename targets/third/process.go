package third

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/listentest/listentest"
)

// A process is a worker. It is told a schedule and answers with the lines of a
// history, each when it is seen, so that what it did is known when it ends.
type process struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	stderr *tail
	dead   bool
}

// start starts a worker of a target.
func start(name string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	answers, theirs, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	p := &process{cmd: exec.Command(self), out: bufio.NewReader(answers), stderr: &tail{}}
	p.cmd.Env = append(os.Environ(), workerVariable+"="+name, "GOTRACEBACK=all")
	p.cmd.Stderr = p.stderr
	p.cmd.ExtraFiles = []*os.File{theirs}
	p.cmd.WaitDelay = time.Second
	if p.in, err = p.cmd.StdinPipe(); err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		return nil, errors.Join(err, answers.Close())
	}
	return p, nil
}

// stop lets the process end, which it does when it is told nothing more.
func (p *process) stop() error {
	p.dead = true
	_ = p.in.Close()                                                          // it is a pipe of ours
	timer := time.AfterFunc(time.Minute, func() { _ = p.cmd.Process.Kill() }) // it has nothing to do; a machine may be that busy
	defer timer.Stop()
	if err := p.cmd.Wait(); err != nil {
		return fmt.Errorf("end a worker: %w\n%s", err, p.stderr)
	}
	return nil
}

// kill ends the process at once.
func (p *process) kill() {
	p.dead = true
	_ = p.cmd.Process.Kill() // what is dead already needs none
	_ = p.in.Close()
	_ = p.cmd.Wait() // it was killed
}

// run has the process run a schedule. Where it does not survive that, dead is
// set and the history ends as far as it was seen.
func (p *process) run(ctx context.Context, s listentest.Schedule, pace, grace, silence time.Duration) (listentest.History, error) {
	stop := context.AfterFunc(ctx, func() { _ = p.cmd.Process.Kill() }) // what is dead already needs none
	defer stop()
	asked := false
	watch := time.AfterFunc(silence, func() {
		asked = true
		_ = p.cmd.Process.Signal(syscall.SIGQUIT) // it tells all stacks, and ends
		time.AfterFunc(silence, func() { _ = p.cmd.Process.Kill() })
	})
	defer watch.Stop()
	text, err := p.exchange(s, pace, grace, func() { watch.Reset(silence) })
	if !stop() { // it was killed, if not before its answer was there
		p.kill()
		return listentest.History{}, context.Cause(ctx)
	}
	if err == nil {
		return listentest.ParseHistory(text)
	}
	if trouble := (*troubleError)(nil); errors.As(err, &trouble) {
		return listentest.History{}, err
	}
	p.dead = true
	_ = p.in.Close()
	_ = p.cmd.Wait() // how it ended is in what it printed
	h, err := listentest.ParseHistory(text)
	if err != nil {
		return h, fmt.Errorf("a worker said what is no history: %w", err)
	}
	end, err := death(p.stderr.String(), asked)
	waits := end.Outcome == listentest.Timeout && holds(h) // who spins may wait for who is held, and that is our doing
	if err == nil && end.Verb == listentest.Died && !waits {
		h.Events = append(h.Events, end)
	}
	return h, err
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

// exchange sends a schedule and reads the history, as far as it comes: an
// error is trouble, or the end of the process. A line that is not whole was not
// seen.
func (p *process) exchange(s listentest.Schedule, pace, grace time.Duration, heard func()) (string, error) {
	if _, err := fmt.Fprintf(p.in, "%v%s %v %v\n", s, runWord, pace, grace); err != nil {
		return fmt.Sprintf("backlog %d\n", s.Backlog), err
	}
	var text strings.Builder
	fmt.Fprintf(&text, "backlog %d\n", s.Backlog)
	for {
		line, err := p.out.ReadString('\n')
		heard()
		switch {
		case err != nil:
			return text.String(), err
		case line == doneWord+"\n":
			return text.String(), nil
		case strings.HasPrefix(line, troubleWord+" "):
			return text.String(), &troubleError{strings.TrimSpace(strings.TrimPrefix(line, troubleWord))}
		}
		text.WriteString(line)
	}
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
