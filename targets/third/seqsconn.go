package third

import (
	"errors"
	"io"
	"net"
	"os"
	"reflect"
	"time"

	"github.com/soypat/seqs"
	tcp "github.com/soypat/seqs/stacks"
)

// A seqsConn is one end of a connection.
type seqsConn struct {
	*tcp.TCPConn
	on   *seqsListener
	late bool
}

// number returns what changes when the library has another connection in the
// same place.
func (c *seqsConn) number() uint64 {
	return reflect.ValueOf(c.TCPConn).Elem().FieldByName("connid").Uint()
}

func (c *seqsConn) Read(b []byte) (int, error) {
	c.on.mu.Lock()
	defer c.on.mu.Unlock()
	for n := c.number(); c.State() == seqs.StateEstablished && c.BufferedInput() == 0; c.on.moved.Wait() {
		switch {
		case c.late:
			return 0, os.ErrDeadlineExceeded
		case c.number() != n:
			return 0, net.ErrClosed
		}
	}
	return c.TCPConn.Read(b)
}

// Write writes what there is room for, piece by piece: given more at once, the
// library waits for ever.
func (c *seqsConn) Write(b []byte) (int, error) {
	c.on.mu.Lock()
	defer c.on.mu.Unlock()
	const piece = 1 << 10
	for done := 0; ; {
		if done == len(b) {
			return done, nil
		}
		if c.unsent() > seqsBytes-piece {
			c.on.moved.Wait()
			continue
		}
		n, err := c.TCPConn.Write(b[done:min(done+piece, len(b))])
		if done += n; err != nil {
			return done, err
		}
		c.on.move()
	}
}

// unsent returns how many bytes wait for the other side's window.
func (c *seqsConn) unsent() int {
	tx := reflect.ValueOf(c.TCPConn).Elem().FieldByName("tx")
	off, end := int(tx.FieldByName("off").Int()), int(tx.FieldByName("end").Int())
	if n := end - off; n > 0 || off == 0 {
		return n
	}
	return seqsBytes - (off - end)
}

// Close is a hangup; there is no half-close.
func (c *seqsConn) Close() error {
	c.on.mu.Lock()
	defer c.on.mu.Unlock()
	err := c.TCPConn.Close()
	c.on.move()
	return err
}

// Abort says that there is none.
func (*seqsConn) Abort() error { return errors.ErrUnsupported }

// SetReadDeadline ends who reads: no deadline is set but one that is past.
func (c *seqsConn) SetReadDeadline(time.Time) error {
	c.on.mu.Lock()
	defer c.on.mu.Unlock()
	c.late = true
	c.on.moved.Broadcast()
	return nil
}

// A seqsClient is a client's end.
type seqsClient struct {
	*seqsConn
	end *seqsEnd
}

// Read takes what the cable brought, and tells the end as it was there: the
// library says that the connection is closed, whoever closed it.
func (c seqsClient) Read(b []byte) (int, error) {
	c.on.mu.Lock()
	defer c.on.mu.Unlock()
	for len(c.end.got) == 0 {
		switch {
		case c.late:
			return 0, os.ErrDeadlineExceeded
		case c.end.ended:
			return 0, io.EOF
		case c.State() != seqs.StateEstablished:
			return 0, net.ErrClosed
		}
		c.on.moved.Wait()
	}
	n := copy(b, c.end.got)
	c.end.got = c.end.got[n:]
	return n, nil
}

// Close is a hangup, of a client that has said something in the last three seconds:
// any other forgets the connection with its FIN (TCPConn.stateCheck), so that the
// listener waits for an acknowledgement that never comes.
func (c seqsClient) Close() error {
	c.on.mu.Lock()
	idle := time.Since(c.end.said)
	c.on.mu.Unlock()
	if idle > 3*time.Second {
		return errors.ErrUnsupported
	}
	return c.seqsConn.Close()
}
