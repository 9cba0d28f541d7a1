//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"sync"
	"syscall"
)

// What a server is told, in its environment.
const (
	modeEnv = "RESTART_MODE"
	addrEnv = "RESTART_ADDR" // where it listens
	fromEnv = "RESTART_FROM" // the process that listens there until now, if one does
)

// A server says one byte to each client.
type server struct {
	*net.TCPListener
	stopped chan error     // the end of the accept loop
	inHand  sync.WaitGroup // connections that were accepted
}

// serveMain is a server process, from its start until another one has taken over
// or its standard input has ended.
func serveMain() error {
	mode := os.Getenv(modeEnv)
	s := &server{stopped: make(chan error, 1)}
	over, err := s.takeOver(mode, os.Getenv(fromEnv))
	if err != nil {
		return err
	}
	go s.accept()
	control, err := net.Listen("unix", controlAddr(os.Getpid()))
	if err != nil {
		return fmt.Errorf("control: %w", err)
	}
	if err := over(); err != nil {
		return err
	}
	fmt.Println(s.Addr()) // it is ready
	end := make(chan error, 1)
	go func() { end <- s.handOver(mode, control) }()
	go func() {
		_, err := io.Copy(io.Discard, os.Stdin)
		end <- err
	}()
	if err := <-end; err != nil {
		return err
	}
	if err := s.Close(); err != nil {
		return err
	}
	if err := <-s.stopped; !errors.Is(err, net.ErrClosed) {
		return err
	}
	s.inHand.Wait()
	return nil
}

func controlAddr(pid int) string { return "@restart-" + strconv.Itoa(pid) }

func (s *server) accept() {
	for {
		c, err := s.Accept()
		if err != nil {
			s.stopped <- err
			return
		}
		s.inHand.Go(func() {
			_, _ = c.Write([]byte{1}) // a client may have gone
			_ = c.Close()
		})
	}
}

// takeOver gets the listener: the very one of the process from, over SCM_RIGHTS, or
// one of its own. The function that it returns lets that process go.
func (s *server) takeOver(mode, from string) (over func() error, err error) {
	over = func() error { return nil }
	var old *net.UnixConn
	if from != "" && mode != naive {
		c, err := net.Dial("unix", from)
		if err != nil {
			return nil, fmt.Errorf("take over: %w", err)
		}
		old = c.(*net.UnixConn)
		over = func() error {
			_, err := old.Write([]byte{1})
			return errors.Join(err, old.Close())
		}
	}
	if old != nil && mode == handover {
		s.TCPListener, err = receive(old)
		return over, err
	}
	lc := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) (err error) {
		if mode != reuseport {
			return nil
		}
		cerr := c.Control(func(fd uintptr) { err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, soReuseport, 1) })
		return errors.Join(err, cerr)
	}}
	lc.SetMultipathTCP(false)
	l, err := lc.Listen(context.Background(), "tcp", os.Getenv(addrEnv))
	if err != nil {
		return nil, err
	}
	s.TCPListener = l.(*net.TCPListener)
	return over, nil
}

const soReuseport = 15 // include/uapi/asm-generic/socket.h

// handOver waits until another process takes over.
func (s *server) handOver(mode string, control net.Listener) error {
	c, err := control.Accept()
	if err != nil {
		return err
	}
	defer c.Close()
	if mode == handover {
		if err := send(c.(*net.UnixConn), s.TCPListener); err != nil {
			return err
		}
	}
	_, err = io.ReadFull(c, make([]byte, 1))
	return err
}

// send sends a listener. Sender and receiver have the same one: it stays open, with
// all who wait there, until both have closed it.
func send(c *net.UnixConn, l *net.TCPListener) error {
	f, err := l.File()
	if err != nil {
		return err
	}
	defer f.Close()
	_, _, err = c.WriteMsgUnix([]byte{1}, syscall.UnixRights(int(f.Fd())), nil)
	return err
}

func receive(c *net.UnixConn) (*net.TCPListener, error) {
	b, rights := make([]byte, 1), make([]byte, syscall.CmsgSpace(4))
	_, n, _, _, err := c.ReadMsgUnix(b, rights)
	if err != nil {
		return nil, err
	}
	messages, err := syscall.ParseSocketControlMessage(rights[:n])
	if err != nil || len(messages) != 1 {
		return nil, errors.Join(errors.New("no listener came"), err)
	}
	fds, err := syscall.ParseUnixRights(&messages[0])
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fds[0]), "listener")
	defer f.Close()
	l, err := net.FileListener(f)
	if err != nil {
		return nil, err
	}
	return l.(*net.TCPListener), nil
}
