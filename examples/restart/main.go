//go:build linux

// Restart is a server that is restarted under load, in three ways, and counts who
// was turned away:
//
//	go run ./examples/restart -mode handover -addr 127.0.0.1:8080
//
// Another client may watch meanwhile: listentest run -target listener:127.0.0.1:8080.
// In mode handover the new process gets the listener of the old one; there is one
// accept queue all along. In mode naive the old process ends before the new one
// listens. In mode reuseport the new process opens a listener beside the old one, and
// who waits at that when it closes is lost, unless net.ipv4.tcp_migrate_req is set.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"sync"
	"syscall"
)

// The modes.
const (
	handover  = "handover"
	naive     = "naive"
	reuseport = "reuseport"
)

var modes = []string{handover, naive, reuseport}

func main() {
	if os.Getenv(modeEnv) != "" {
		exit(serveMain())
	}
	mode := flag.String("mode", handover, "`how` the server is restarted: handover, naive or reuseport")
	restarts := flag.Int("restarts", 20, "how many times")
	per := flag.Int("per", 200, "connections between two restarts")
	clients := flag.Int("clients", 8, "clients that connect all the time")
	addr := flag.String("addr", "127.0.0.1:0", "where it listens; any port if that is 0")
	flag.Parse()
	if !slices.Contains(modes, *mode) || *restarts < 0 || *per < 1 || *clients < 1 {
		flag.Usage()
		os.Exit(64)
	}
	t, err := run(*mode, *addr, *restarts, *per, *clients)
	fmt.Printf("%s: %d restarts, %v\n", *mode, *restarts, t)
	exit(err)
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "restart:", err)
		os.Exit(2)
	}
	os.Exit(0)
}

// A tally is what became of connections.
type tally struct{ served, refused, reset int }

func (t tally) String() string {
	return fmt.Sprintf("%d connections served, %d refused, %d reset", t.served, t.refused, t.reset)
}

// load is clients that connect to an address one after the other.
type load struct {
	addr    string
	mu      sync.Mutex
	changed sync.Cond
	tally
	over bool
	err  error // the first that is no answer of a server
	all  sync.WaitGroup
}

func startLoad(addr string, clients int) *load {
	l := &load{addr: addr}
	l.changed.L = &l.mu
	for range clients {
		l.all.Go(func() {
			for l.enter(connect(l.addr)) {
			}
		})
	}
	return l
}

// dialer dials from an address of its own: none of its ports is the server's,
// which could not be opened again then.
var dialer = net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}

// connect makes one connection and takes the byte that a server says.
func connect(addr string) error {
	c, err := dialer.Dial("tcp", addr)
	if err != nil {
		return err
	}
	// With RST, for the ports of loopback are few and would all be in TIME_WAIT.
	defer c.Close()
	if err := c.(*net.TCPConn).SetLinger(0); err != nil {
		return err
	}
	_, err = io.ReadFull(c, make([]byte, 1))
	return err
}

// enter counts what became of a connection, and reports whether to go on.
func (l *load) enter(err error) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err == nil:
		l.served++
	case errors.Is(err, syscall.ECONNREFUSED):
		l.refused++
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF):
		l.reset++
	default:
		l.err = errors.Join(l.err, err)
		l.over = true
	}
	l.changed.Broadcast()
	return !l.over
}

// wait waits until n more connections have come to their end.
func (l *load) wait(n int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	count := func() int { return l.served + l.refused + l.reset }
	for until := count() + n; count() < until && l.err == nil; {
		l.changed.Wait()
	}
	return l.err
}

// end ends the clients.
func (l *load) end() (tally, error) {
	l.mu.Lock()
	l.over = true
	l.mu.Unlock()
	l.all.Wait()
	return l.tally, l.err
}

// run restarts a server under load.
func run(mode, addr string, restarts, per, clients int) (tally, error) {
	p, err := start(mode, addr, nil)
	if err != nil {
		return tally{}, err
	}
	l := startLoad(p.addr, clients)
	for range restarts {
		if err = l.wait(per); err != nil {
			break
		}
		var next *process
		if mode == naive {
			if err = errors.Join(p.stop(), l.wait(clients+1)); err != nil { // one of these came when nobody listened
				p = nil
				break
			}
			p, err = start(mode, l.addr, nil)
		} else if next, err = start(mode, l.addr, p); err == nil {
			err = p.ended()
			p = next
		}
		if err != nil {
			break
		}
	}
	if err == nil {
		err = l.wait(per)
	}
	t, lerr := l.end()
	return t, errors.Join(err, lerr, p.stop())
}

// A process is a server.
type process struct {
	cmd   *exec.Cmd
	stdin io.Closer
	addr  string
}

// start starts a server, in the place of old if that is not nil, and returns when
// it accepts.
func start(mode, addr string, old *process) (*process, error) {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), modeEnv+"="+mode, addrEnv+"="+addr)
	if old != nil {
		cmd.Env = append(cmd.Env, fromEnv+"="+controlAddr(old.cmd.Process.Pid))
	}
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, stdin: stdin}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the server did not start: %w", err), p.stop())
	}
	p.addr = line[:len(line)-1]
	return p, nil
}

// stop has a server end.
func (p *process) stop() error {
	if p == nil {
		return nil
	}
	return errors.Join(p.stdin.Close(), p.ended())
}

// ended waits until a server has ended, which it does when it was replaced.
func (p *process) ended() error { return p.cmd.Wait() }
