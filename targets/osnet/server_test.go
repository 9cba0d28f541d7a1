//go:build linux

package osnet

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"sync"

	"golang.org/x/sys/unix"
)

// serverEnv marks a process of this test that is a server: it names which.
const serverEnv = "LISTENTEST_SERVER"

// servers by name. They end by an error, or never.
var servers = map[string]func() error{
	"inherits": func() error { return acceptLoop(3) },
	"tcp":      func() error { return serve("tcp", "127.0.0.1:0", drop) },
	"tcp6":     func() error { return serve("tcp6", "[::1]:0", drop) },
	"unix":     func() error { return serve("unix", abstractName(), drop) },
	"threads":  threads,
	"prefork":  prefork,
	// It serves its clients in turn, so it is not always in accept.
	"serial": func() error {
		return serve("tcp", "127.0.0.1:0", func(c net.Conn) error {
			_, err := io.Copy(io.Discard, c)
			return errors.Join(drop(c), ignored(err))
		})
	},
	"restarts": restarts,
	// It ends when accept fails once.
	"gives up": func() error {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		for err == nil {
			var c net.Conn
			if c, err = l.Accept(); err == nil {
				err = drop(c)
			}
		}
		return err
	},
}

// serve accepts and handles one connection after the other.
func serve(network, addr string, handle func(net.Conn) error) error {
	l, err := net.Listen(network, addr)
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	return handleAll(l, handle)
}

func handleAll(l net.Listener, handle func(net.Conn) error) error {
	for {
		c, err := l.Accept()
		if passing(err) {
			continue
		}
		if err != nil {
			return err
		}
		if err := handle(c); err != nil {
			return err
		}
	}
}

func drop(c net.Conn) error { return c.Close() }

// passing reports whether accept may succeed when it is called again.
func passing(err error) bool { return errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENOMEM) }

// ignored takes a client's abort for no error.
func ignored(err error) error {
	if errors.Is(err, unix.ECONNRESET) {
		return nil
	}
	return err
}

// threads accepts on several, in blocking calls.
func threads() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return err
	}
	if err := unix.Listen(fd, 1); err != nil {
		return err
	}
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() { err = errors.Join(err, acceptLoop(fd)) })
	}
	all.Wait()
	return err
}

// prefork has three processes accept.
func prefork() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	f, err := l.(*net.TCPListener).File()
	if err != nil {
		return err
	}
	for range 3 {
		cmd := exec.Command("/proc/self/exe")
		cmd.Env, cmd.ExtraFiles = append(os.Environ(), serverEnv+"=inherits"), []*os.File{f}
		if err := cmd.Start(); err != nil {
			return err
		}
	}
	select {}
}

// restarts closes its listener after each accept and opens it again, which is
// wrong: who was pending is reset, and who comes in between refused.
func restarts() error {
	addr := "127.0.0.1:0"
	for {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			return err
		}
		addr = l.Addr().String()
		c, err := l.Accept()
		if err := errors.Join(err, l.Close()); err != nil {
			return err
		}
		if err := c.Close(); err != nil {
			return err
		}
	}
}

// acceptLoop accepts until that fails, and sends a byte on each connection: so
// its client sees that accept has returned it.
func acceptLoop(listener int) error {
	for {
		fd, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC)
		if passing(err) {
			continue
		}
		if err != nil {
			return err
		}
		if _, err := unix.Write(fd, []byte{1}); err != nil && err != unix.EPIPE && err != unix.ECONNRESET {
			return err
		}
		if err := unix.Close(fd); err != nil {
			return err
		}
	}
}
