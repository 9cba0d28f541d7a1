package osnet

import (
	"encoding/binary"
	"fmt"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// backlog returns the limit of a foreign accept queue as the kernel has it, from
// outside (sock_diag(7): the write queue of a listener is sk_max_ack_backlog). Of
// several at one address it is the least, and 0 of one that is not found, as one
// with a path that is written in another way.
func (f *foreign) backlog(of *family) (int32, error) {
	b := encode(f.addr)
	least, found := int32(0), false
	note := func(limit uint32) {
		if n := int32(min(limit, 1<<30)); !found || n < least {
			least, found = n, true
		}
	}
	var err error
	if !of.addressed {
		err = unixListeners(func(name string, limit uint32) {
			if name == f.addr.(*unix.SockaddrUnix).Name {
				note(limit)
			}
		})
	} else {
		err = tcpListeners(func(sa []byte, limit uint32) {
			if match(sa, b) {
				note(limit)
			}
		})
	}
	if err != nil {
		return 0, fmt.Errorf("read the backlog: %w", err)
	}
	return least, nil
}

// match reports whether a listener at a, port and 16 bytes of address, takes what
// is dialed at the kernel's form of an address.
func match(a, dialed []byte) bool {
	host := dialed[4:8]
	if len(dialed) > 16 {
		host = dialed[8:24]
	}
	any := strings.Trim(string(a[2:]), "\x00") == ""
	return string(a[:2]) == string(dialed[2:4]) && (any || string(a[2:2+len(host)]) == string(host))
}

// states are those of listeners.
const states = 1 << 10 // TCP_LISTEN of include/net/tcp_states.h

// tcpListeners calls f with the place and limit of each listener.
func tcpListeners(f func(sa []byte, limit uint32)) error {
	for _, domain := range []byte{unix.AF_INET, unix.AF_INET6} {
		req := make([]byte, 56) // struct inet_diag_req_v2
		req[0], req[1] = domain, unix.IPPROTO_TCP
		binary.NativeEndian.PutUint32(req[4:], states)
		err := diagnose(req, func(msg []byte) { // struct inet_diag_msg
			if len(msg) >= 64 {
				f(append(append([]byte(nil), msg[4:6]...), msg[8:24]...), binary.NativeEndian.Uint32(msg[60:]))
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// unixListeners calls f with the name and limit of each listener.
func unixListeners(f func(name string, limit uint32)) error {
	req := make([]byte, 24) // struct unix_diag_req
	req[0] = unix.AF_UNIX
	binary.NativeEndian.PutUint32(req[4:], states)
	binary.NativeEndian.PutUint32(req[12:], 0x11) // the name and the lengths of queues
	return diagnose(req, func(msg []byte) {
		name, limit := "", uint32(0)
		for b := msg[min(16, len(msg)):]; len(b) >= 4; { // behind struct unix_diag_msg
			n, kind := int(binary.NativeEndian.Uint16(b)), binary.NativeEndian.Uint16(b[2:])
			if n < 4 || n > len(b) {
				break
			}
			switch value := b[4:n]; {
			case kind == 0 && len(value) > 0: // UNIX_DIAG_NAME
				if name = strings.TrimRight(string(value), "\x00"); value[0] == 0 {
					name = "@" + string(value[1:])
				}
			case kind == 4 && len(value) >= 8: // UNIX_DIAG_RQLEN
				limit = binary.NativeEndian.Uint32(value[4:])
			}
			b = b[min((n+3)&^3, len(b)):]
		}
		f(name, limit)
	})
}

// diagnose asks for sockets, and calls f with what is told of each.
func diagnose(req []byte, f func(msg []byte)) error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	msg := binary.NativeEndian.AppendUint32(nil, uint32(16+len(req)))
	msg = binary.NativeEndian.AppendUint16(msg, unix.SOCK_DIAG_BY_FAMILY)
	msg = binary.NativeEndian.AppendUint16(msg, unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	msg = append(append(msg, make([]byte, 8)...), req...)
	if err := unix.Sendto(fd, msg, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	buf := make([]byte, 1<<16)
	for {
		n, _, err := unix.Recvfrom(fd, buf, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		all, err := syscall.ParseNetlinkMessage(buf[:n])
		if err != nil {
			return err
		}
		for _, m := range all {
			switch m.Header.Type {
			case unix.NLMSG_DONE:
				return nil
			case unix.NLMSG_ERROR:
				return unix.Errno(-int32(binary.NativeEndian.Uint32(m.Data)))
			}
			f(m.Data)
		}
	}
}
