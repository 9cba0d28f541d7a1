package osnet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"
)

// A wire sends and takes hand-made TCP segments in a target's own namespace.
// They come from addresses of 10.0.0.0/8, which nobody there has: a route says
// that they are behind lo, so that answers to them are sent, and a packet
// socket sees these go by. The kernel's TCP sees them as well, and would answer
// with RST, but may not: it sends from addresses of its own only (__ip_dev_find
// in ip_route_output_key_hash_rcu, net/ipv4/route.c).
//
// As with every packet over lo, an answer is there when the call that sent the
// question returns.
type wire struct {
	out, in int
	net     byte   // ours is 10.net.0.0/16
	last    uint32 // address that was given out
	buffer  [128]byte
	cleanup runtime.Cleanup
}

// wires are those of a target that nobody uses now: to close a packet socket
// costs the kernel a grace period, so a session gives its wire back.
type wires struct {
	mu   sync.Mutex
	free []*wire
	made int
}

// takeWire returns a wire on which nothing is left from before.
func (t *Target) takeWire() (*wire, error) {
	t.wires.mu.Lock()
	defer t.wires.mu.Unlock()
	if n := len(t.wires.free); n > 0 {
		w := t.wires.free[n-1]
		t.wires.free = t.wires.free[:n-1]
		for {
			if _, ok, err := w.receive(); err != nil || !ok {
				return w, err
			}
		}
	}
	if t.wires.made > 0xff {
		return nil, errors.New("open a wire: there are no more networks for them")
	}
	w := &wire{net: byte(t.wires.made)}
	if err := t.inside(w.open); err != nil {
		return nil, fmt.Errorf("open a wire: %w", err)
	}
	t.wires.made++
	return w, nil
}

func (t *Target) giveWire(w *wire) {
	t.wires.mu.Lock()
	defer t.wires.mu.Unlock()
	t.wires.free = append(t.wires.free, w)
}

// close closes the wires that are free.
func (f *wires) close() (err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, w := range f.free {
		w.cleanup.Stop()
		err = errors.Join(err, unix.Close(w.out), unix.Close(w.in))
	}
	f.free = nil
	return err
}

// loIndex is lo's in every namespace (LOOPBACK_IFINDEX, include/net/flow.h).
const loIndex = 1

func (w *wire) open() (err error) {
	if w.out, err = unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_RAW); err != nil {
		return fmt.Errorf("raw socket: %w", err)
	}
	// Protocol 0 sees nothing until the filter is there.
	if w.in, err = unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0); err != nil {
		return errors.Join(fmt.Errorf("packet socket: %w", err), unix.Close(w.out))
	}
	const load, equal, give = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, unix.BPF_RET | unix.BPF_K
	filter := []unix.SockFilter{ // to 10.net.0.0/16
		{Code: load, K: 16},
		{Code: unix.BPF_ALU | unix.BPF_AND | unix.BPF_K, K: 0xffff0000},
		{Code: equal, K: 10<<24 | uint32(w.net)<<16, Jf: 1},
		{Code: give, K: uint32(len(w.buffer))},
		{Code: give},
	}
	err = unix.SetsockoptSockFprog(w.in, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]})
	if err == nil {
		ip := binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, unix.ETH_P_IP))
		err = unix.Bind(w.in, &unix.SockaddrLinklayer{Protocol: ip, Ifindex: loIndex})
	}
	if err != nil {
		return errors.Join(fmt.Errorf("packet socket: %w", err), unix.Close(w.out), unix.Close(w.in))
	}
	w.cleanup = runtime.AddCleanup(w, func(fds [2]int) {
		for _, fd := range fds {
			_ = unix.Close(fd) // nobody is left who could be told
		}
	}, [2]int{w.out, w.in})
	return nil
}

// endpoint returns one that this wire has not had of late.
func (w *wire) endpoint() endpoint {
	w.last++
	n := w.last
	return endpoint{[4]byte{10, w.net, byte(n >> 8), byte(n)}, 1024 + uint16(n>>16%(1<<15))}
}

func (w *wire) send(s segment) error {
	if err := unix.Sendto(w.out, s.packet(), 0, &unix.SockaddrInet4{Addr: s.to.addr}); err != nil {
		return fmt.Errorf("send a segment: %w", err)
	}
	return nil
}

// receive returns the next segment that came; ok is false if there is none.
func (w *wire) receive() (s segment, ok bool, err error) {
	for {
		n, _, err := unix.Recvfrom(w.in, w.buffer[:], 0)
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.EAGAIN:
			return s, false, nil
		case err != nil:
			return s, false, fmt.Errorf("receive a segment: %w", err)
		}
		if s, ok := parseSegment(w.buffer[:n]); ok {
			return s, true, nil
		}
	}
}

// routeWires says, in the namespace of the thread, that 10.0.0.0/8 is behind lo.
func routeWires() error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("route to a wire: %w", err)
	}
	defer unix.Close(fd)
	e := binary.NativeEndian
	b := e.AppendUint32(nil, 44)                                                                            // the message's length
	b = e.AppendUint16(b, unix.RTM_NEWROUTE)                                                                // struct nlmsghdr
	b = e.AppendUint16(b, unix.NLM_F_REQUEST|unix.NLM_F_ACK|unix.NLM_F_CREATE)                              //
	b = append(b, make([]byte, 8)...)                                                                       //
	b = append(b, unix.AF_INET, 8, 0, 0)                                                                    // struct rtmsg, of a /8
	b = append(b, unix.RT_TABLE_MAIN, unix.RTPROT_STATIC, unix.RT_SCOPE_LINK, unix.RTN_UNICAST, 0, 0, 0, 0) //
	b = append(e.AppendUint16(e.AppendUint16(b, 8), unix.RTA_DST), 10, 0, 0, 0)
	b = e.AppendUint32(e.AppendUint16(e.AppendUint16(b, 8), unix.RTA_OIF), loIndex)
	if err = unix.Sendto(fd, b, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err == nil {
		b = make([]byte, 256)
		_, _, err = unix.Recvfrom(fd, b, 0)
	}
	if errno := -int32(e.Uint32(b[unix.NLMSG_HDRLEN:])); err == nil && errno != 0 {
		err = unix.Errno(errno)
	}
	if err != nil {
		return fmt.Errorf("route to a wire: %w", err)
	}
	return nil
}
