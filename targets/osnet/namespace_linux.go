package osnet

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// isolated is set in a network namespace of our own, where nobody else can
// reach our listeners.
var isolated bool

// isolatedEnv marks the process that Isolate started, and those that it starts
// itself. Its value is the namespace that was left, so that a variable which
// strayed into another process is not taken for isolation.
const isolatedEnv = "LISTENTEST_ISOLATED"

// namespace returns the name of this process's network namespace.
func namespace() (string, error) { return os.Readlink("/proc/self/ns/net") }

// Isolate runs the program in a network namespace of its own, where that is
// permitted, and returns a word on how it runs. A process that runs Go cannot
// move into a new user namespace, so Isolate starts the program again, inside;
// then the call does not return here, but ends with the status of the other
// process, to which signals are passed on. It belongs at the start of main,
// before anything is done, and calls from the second process return at once.
func Isolate() string {
	here, err := namespace()
	if err != nil {
		return fmt.Sprintf("plain loopback (%v)", err)
	}
	if left := os.Getenv(isolatedEnv); left != "" && left != here {
		if err := bringUpLoopback(); err != nil {
			return fmt.Sprintf("plain loopback (%v)", err)
		}
		isolated = true
		return "a network namespace of its own"
	}
	code, err := reexecute(here)
	if err != nil {
		return fmt.Sprintf("plain loopback (%v)", err)
	}
	os.Exit(code)
	panic("unreachable")
}

// reexecute runs the program again in a new network namespace, which is not
// the one called here, and returns its exit status. An error says that it
// could not be started.
func reexecute(here string) (int, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, fmt.Errorf("find the program: %w", err)
	}
	cmd := exec.Command(self, os.Args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), isolatedEnv+"="+here)
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWNET,
		Pdeathsig:  syscall.SIGKILL,
		Setpgid:    true, // a terminal's Ctrl-C reaches us, and the other one through us, once
	}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= unix.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: os.Geteuid(), HostID: os.Geteuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getegid(), HostID: os.Getegid(), Size: 1}}
		cmd.SysProcAttr.AmbientCaps = []uintptr{unix.CAP_NET_ADMIN, unix.CAP_SYS_ADMIN, unix.CAP_NET_RAW} // to bring lo up as who we are, for namespaces inside, and for segments made by hand
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	defer signal.Stop(signals)
	runtime.LockOSThread() // Pdeathsig goes by the thread that started it
	defer runtime.UnlockOSThread()
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("no namespace: %w", err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	for {
		select {
		case sig := <-signals:
			_ = cmd.Process.Signal(sig) // it fails only if the process is gone, and then done follows
		case err := <-done:
			return status(cmd.ProcessState, err), nil
		}
	}
}

// status returns the exit status of a process, as a shell gives it.
func status(p *os.ProcessState, err error) int {
	if w, ok := p.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return 128 + int(w.Signal())
	}
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return 2
	}
	return p.ExitCode()
}

// bringUpLoopback sets lo up, which is down in a new namespace.
func bringUpLoopback() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("bring lo up: %w", err)
	}
	defer unix.Close(fd)
	ifr, err := unix.NewIfreq("lo")
	if err == nil {
		err = unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, ifr)
	}
	if err == nil {
		ifr.SetUint16(ifr.Uint16() | unix.IFF_UP)
		err = unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, ifr)
	}
	if err != nil {
		return fmt.Errorf("bring lo up: %w", err)
	}
	return nil
}
