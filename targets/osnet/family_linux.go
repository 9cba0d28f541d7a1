package osnet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/listentest/listentest"
	"golang.org/x/sys/unix"
)

// A family is a kind of socket that listens. A new one is an entry here.
type family struct {
	name      string
	domain    int
	kind      int  // of socket
	proto     int  // 0 is the kind's own
	addressed bool // has addresses of the network
	quiet     bool // a call is over when it returns: nothing moves behind our back
	contract  func() (listentest.Contract, error)
	// listenAddr returns an address to listen at that nobody uses.
	listenAddr func(*Target) unix.Sockaddr
	// dialAddr returns an address to dial from that no other dial of this
	// process has had of late: accept knows the dial by it, and it is known
	// before the call, so that nothing that comes in between (a reset, a port
	// that is given out again) makes a connection nobody's or another's.
	dialAddr func() unix.Sockaddr
	// keyOf returns what dialAddr made unique of a peer's address.
	keyOf func(unix.Sockaddr) string
}

var families = []family{
	tcp("tcp", 0),
	tcp("mptcp", unix.IPPROTO_MPTCP),
	{
		name: "tcp6", domain: unix.AF_INET6, kind: unix.SOCK_STREAM, addressed: true, contract: tcpContract,
		listenAddr: func(*Target) unix.Sockaddr { return &unix.SockaddrInet6{Addr: loopback6} },
		dialAddr:   func() unix.Sockaddr { return &unix.SockaddrInet6{Addr: loopback6, Port: port(dials.Add(1))} },
		keyOf: func(sa unix.Sockaddr) string {
			in, ok := sa.(*unix.SockaddrInet6)
			if !ok {
				return ""
			}
			return strconv.Itoa(in.Port)
		},
	},
	local("unix", unix.SOCK_STREAM),
	local("seqpacket", unix.SOCK_SEQPACKET),
}

// tcp is TCP over IPv4, or what is spoken over it.
func tcp(name string, proto int) family {
	return family{
		name: name, domain: unix.AF_INET, kind: unix.SOCK_STREAM, proto: proto, addressed: true, contract: tcpContract,
		listenAddr: func(t *Target) unix.Sockaddr { return &unix.SockaddrInet4{Addr: t.loopback()} },
		dialAddr:   func() unix.Sockaddr { return &unix.SockaddrInet4{Addr: numbered(dials.Add(1), 64, 191)} },
		keyOf: func(sa unix.Sockaddr) string {
			in, ok := sa.(*unix.SockaddrInet4)
			if !ok {
				return ""
			}
			return string(in.Addr[:])
		},
	}
}

// local is a kind of UNIX socket.
func local(name string, kind int) family {
	return family{
		name: name, domain: unix.AF_UNIX, kind: kind, quiet: true, contract: unixContract,
		listenAddr: func(*Target) unix.Sockaddr { return &unix.SockaddrUnix{Name: abstractName()} },
		dialAddr:   func() unix.Sockaddr { return &unix.SockaddrUnix{Name: abstractName()} },
		keyOf: func(sa unix.Sockaddr) string {
			un, ok := sa.(*unix.SockaddrUnix)
			if !ok {
				return ""
			}
			return un.Name
		},
	}
}

// loopback6 is the one address that IPv6 has for loopback, so that ports tell
// dials apart.
var loopback6 = [16]byte{15: 1}

// port returns the n-th port below those that the kernel gives out by itself
// (net.ipv4.ip_local_port_range).
func port(n uint32) int { return 1025 + int(n%(32768-1025)) }

// sessions and dials count the addresses that were given out.
var sessions, dials atomic.Uint32

// numbered returns address n of 127.first.0.0 and the networks after it, nets
// in all.
func numbered(n, first, nets uint32) [4]byte {
	return [4]byte{127, byte(first + n>>16%nets), byte(n >> 8), byte(n)}
}

// loopback returns the address that was set, or one of 127.1.0.0 to
// 127.63.255.255 that no other session of this process has had of late: a
// listener that is closed for a moment then loses its port to nobody.
func (t *Target) loopback() [4]byte {
	if t.addr.IsValid() {
		return t.addr.As4()
	}
	return numbered(sessions.Add(1), 1, 63)
}

// fresh returns a copy of an address: package unix writes the kernel's form
// into the one that it is given, so two threads may not share it.
func fresh(sa unix.Sockaddr) unix.Sockaddr {
	switch a := sa.(type) {
	case *unix.SockaddrInet4:
		return &unix.SockaddrInet4{Port: a.Port, Addr: a.Addr}
	case *unix.SockaddrInet6:
		return &unix.SockaddrInet6{Port: a.Port, ZoneId: a.ZoneId, Addr: a.Addr}
	case *unix.SockaddrUnix:
		return &unix.SockaddrUnix{Name: a.Name}
	}
	return sa
}

// encode returns the kernel's form of an address.
func encode(sa unix.Sockaddr) []byte {
	switch a := sa.(type) {
	case *unix.SockaddrInet4:
		b := binary.NativeEndian.AppendUint16(nil, unix.AF_INET)
		b = binary.BigEndian.AppendUint16(b, uint16(a.Port))
		return slices.Concat(b, a.Addr[:], make([]byte, 8))
	case *unix.SockaddrInet6:
		b := binary.NativeEndian.AppendUint16(nil, unix.AF_INET6)
		b = binary.BigEndian.AppendUint16(b, uint16(a.Port))
		b = slices.Concat(b, make([]byte, 4), a.Addr[:])
		return binary.NativeEndian.AppendUint32(b, a.ZoneId)
	case *unix.SockaddrUnix:
		b := append(binary.NativeEndian.AppendUint16(nil, unix.AF_UNIX), a.Name...)
		switch {
		case a.Name == "":
		case a.Name[0] == '@':
			b[2] = 0
		default:
			b = append(b, 0)
		}
		return b
	}
	return nil
}

var (
	abstractNames atomic.Uint64
	abstractFirst = "@listentest-" + strconv.Itoa(os.Getpid()) + "-"
)

// abstractName returns a name of the abstract namespace, which needs no file
// and is gone with its socket.
func abstractName() string {
	return abstractFirst + strconv.FormatUint(abstractNames.Add(1), 10)
}

// tcpContract is that of this machine's settings.
func tcpContract() (listentest.Contract, error) {
	somaxconn, err := sysctl("net/core/somaxconn")
	if err != nil {
		return listentest.Contract{}, err
	}
	cookies, err := sysctl("net/ipv4/tcp_syncookies")
	if err != nil {
		return listentest.Contract{}, err
	}
	abort, err := sysctl("net/ipv4/tcp_abort_on_overflow")
	if err != nil {
		return listentest.Contract{}, err
	}
	migrate, err := sysctl("net/ipv4/tcp_migrate_req")
	if err != nil {
		return listentest.Contract{}, err
	}
	cpus, err := processors()
	if err != nil {
		return listentest.Contract{}, err
	}
	c := tcpWith(somaxconn, cookies, abort, cpus)
	if migrate != 0 { // then another listener of the group takes over what is pending (net/ipv4/inet_connection_sock.c)
		c.Close = listentest.CloseMoves
	}
	return c, nil
}

// tcpWith is the preset linux-tcp and its variants: sk_acceptq_is_full tests
// sk_ack_backlog > sk_max_ack_backlog (include/net/sock.h), so L+1 fit;
// listen clamps its argument, taken as unsigned, to somaxconn (net/socket.c);
// the enqueue at the final ACK does not test again, so that handshakes on
// other processors may add to it (net/ipv4/inet_connection_sock.c).
func tcpWith(somaxconn, cookies, abort, cpus int32) listentest.Contract {
	c := listentest.Contract{
		Backlog:    listentest.Backlog{Zero: 0, Negative: somaxconn, High: somaxconn},
		Guaranteed: listentest.Exactly(1),
		Max:        listentest.Exactly(1),
		Race:       cpus - 1,
		Admit:      listentest.AdmitUnlessOverlapped,
		Must:       listentest.Completed | listentest.Aborted,
		May:        listentest.Completed | listentest.Aborted,
		Order:      listentest.FIFO,
		Overflow:   listentest.Drop | listentest.Ghost,
		Close:      listentest.CloseEnds,
	}
	switch cookies {
	case 0: // then half-open connections fill a queue of their own, and refuse
		c.May |= listentest.HalfOpen
	case 2: // every handshake is a cookie, which a late ACK can show again
		c.Anomalies |= listentest.Phantom
	}
	if abort != 0 { // then a last ACK that meets a full queue is answered with RST
		c.Overflow |= listentest.ResetDial | listentest.EndLater
	}
	return c
}

// unixContract is the preset linux-unix: connect tests the same way and
// enqueues under one lock (net/unix/af_unix.c), so nothing races in, and a
// non-blocking connect at a full queue is told EAGAIN.
func unixContract() (listentest.Contract, error) {
	somaxconn, err := sysctl("net/core/somaxconn")
	return listentest.Contract{
		Backlog:    listentest.Backlog{Zero: 0, Negative: somaxconn, High: somaxconn},
		Guaranteed: listentest.Exactly(1),
		Max:        listentest.Exactly(1),
		Admit:      listentest.AdmitReturn,
		Must:       listentest.Completed | listentest.Aborted,
		May:        listentest.Completed | listentest.Aborted,
		Order:      listentest.FIFO,
		Overflow:   listentest.Again,
		Close:      listentest.CloseEnds,
	}, err
}

// processors returns how many processors are online: all of them can finish
// handshakes, not only those that this process may run on.
func processors() (int32, error) {
	b, err := os.ReadFile("/sys/devices/system/cpu/online")
	if err != nil {
		return 0, fmt.Errorf("count the processors: %w", err)
	}
	n := int32(0)
	for _, part := range strings.Split(strings.TrimSpace(string(b)), ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		low, err := strconv.ParseInt(first, 10, 32)
		high, err2 := strconv.ParseInt(last, 10, 32)
		if err = errors.Join(err, err2); err != nil {
			return 0, fmt.Errorf("count the processors: %w", err)
		}
		n += int32(high-low) + 1
	}
	return n, nil
}

// sysctl reads a number from below /proc/sys.
func sysctl(name string) (int32, error) {
	b, err := os.ReadFile("/proc/sys/" + name)
	if err != nil {
		return 0, fmt.Errorf("read a kernel setting: %w", err)
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 32)
	if err != nil {
		return 0, fmt.Errorf("read a kernel setting: %s: %w", name, err)
	}
	return int32(n), nil
}
