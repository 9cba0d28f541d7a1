package third

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"net"
	"sync"
	"time"

	"github.com/listentest/listentest"
	"golang.org/x/crypto/ssh"
)

// sshTarget is the listener of connections that an SSH server forwards to its
// client (Client.Listen). The server is ours, and dials by opening channels. All
// listeners of a case, one after the other, are of one client.
func sshTarget(wire wire) listentest.Target {
	one := &sshShared{wire: wire}
	return listentest.Net{
		Title:   "ssh-forward",
		Listen:  func(int) (net.Listener, error) { return one.listen() },
		Dial:    func(_ context.Context, l net.Listener) (net.Conn, error) { return l.(*sshListener).dial() },
		End:     func(net.Listener) { one.leave() },
		Promise: promise("ssh-forward"),
	}
}

// An sshShared is the SSH connection of a case, if there is one.
type sshShared struct {
	wire wire
	mu   sync.Mutex
	pair *sshPair
}

func (s *sshShared) listen() (net.Listener, error) {
	p, err := s.connected()
	if err != nil {
		return nil, err
	}
	l, err := p.client.Listen("tcp", sshAddress)
	return &sshListener{l, p}, err
}

// connected returns the connection, which it makes for the first listener.
func (s *sshShared) connected() (*sshPair, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	if s.pair == nil {
		s.pair, err = connectSSH(s.wire)
	}
	return s.pair, err
}

// leave ends the connection: a case ends with all of its listeners.
func (s *sshShared) leave() {
	s.mu.Lock()
	p := s.pair
	s.pair = nil
	s.mu.Unlock()
	if p != nil {
		_ = p.client.Close() // its error is that it is over already
		_ = p.server.Close()
	}
}

// An sshPair is both sides of an SSH connection.
type sshPair struct {
	client *ssh.Client
	server ssh.Conn
}

// An sshListener is a listener of the client, and whom it hears from.
type sshListener struct {
	net.Listener
	*sshPair
}

const sshAddress = "127.0.0.1:80"

func connectSSH(wire wire) (*sshPair, error) {
	a, b := wire()
	p := &sshPair{}
	config := &ssh.ServerConfig{NoClientAuth: true}
	config.AddHostKey(sshKey())
	failed := make(chan error, 1)
	go func() {
		server, channels, requests, err := ssh.NewServerConn(a, config)
		if p.server = server; err == nil {
			go grant(requests)
			go refuse(channels)
		}
		failed <- err
	}()
	c, channels, requests, err := ssh.NewClientConn(b, "", &ssh.ClientConfig{HostKeyCallback: ssh.InsecureIgnoreHostKey()})
	if err != nil {
		return nil, err
	}
	if err := <-failed; err != nil {
		return nil, err
	}
	p.client = ssh.NewClient(c, channels, requests)
	return p, nil
}

// grant says yes to whatever the client asks for, as to listen.
func grant(requests <-chan *ssh.Request) {
	for r := range requests {
		if r.WantReply {
			_ = r.Reply(true, nil) // it fails where the connection is over
		}
	}
}

func refuse(channels <-chan ssh.NewChannel) {
	for c := range channels {
		_ = c.Reject(ssh.Prohibited, "") // it fails where the connection is over
	}
}

// dial opens a channel as RFC 4254, 7.2 has it: where it was connected to, and
// by whom.
func (l *sshListener) dial() (net.Conn, error) {
	at := struct {
		Address    string
		Port       uint32
		Originator string
		From       uint32
	}{"127.0.0.1", 80, "127.0.0.1", 1}
	c, requests, err := l.server.OpenChannel("forwarded-tcpip", ssh.Marshal(&at))
	if err != nil {
		return nil, err
	}
	go ssh.DiscardRequests(requests)
	return sshConn{c}, nil
}

var sshKey = sync.OnceValue(func() ssh.Signer {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err) // the system has no randomness
	}
	s, err := ssh.NewSignerFromKey(private)
	if err != nil {
		panic(err) // it is a key of a kind that is known
	}
	return s
})

// An sshConn is the server's end of a channel.
type sshConn struct{ ssh.Channel }

func (sshConn) LocalAddr() net.Addr  { return address{} }
func (sshConn) RemoteAddr() net.Addr { return address{} }

// SetDeadline does nothing: whoever reads is ended by Close.
func (sshConn) SetDeadline(time.Time) error      { return nil }
func (sshConn) SetReadDeadline(time.Time) error  { return nil }
func (sshConn) SetWriteDeadline(time.Time) error { return nil }
