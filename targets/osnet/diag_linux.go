package osnet

import (
	"encoding/binary"
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// A diag asks the kernel about UNIX sockets (sock_diag(7)), in a target's
// namespace. The zero diag has nobody to ask.
type diag struct {
	mu     sync.Mutex
	socket *os.File
	buffer [256]byte
}

func (d *diag) open() error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return fmt.Errorf("open sock_diag: %w", err)
	}
	d.socket = os.NewFile(uintptr(fd), "sock_diag")
	return nil
}

func (d *diag) close() error {
	if d.socket == nil {
		return nil
	}
	return d.socket.Close()
}

// Of include/uapi/linux/unix_diag.h.
const (
	unixDiagRqlen = 4    // UNIX_DIAG_RQLEN, the attribute,
	unixShowRqlen = 0x10 // UDIAG_SHOW_RQLEN, and what asks for it
	unixDiagMsg   = 16   // the size of struct unix_diag_msg
)

// queued returns the length of the accept queue of a listener by the kernel's
// count: of one that listens, the receive queue has the connections that wait
// (sk_diag_show_rqlen, net/unix/diag.c).
func (d *diag) queued(listener int) (int32, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var stat unix.Stat_t
	if err := unix.Fstat(listener, &stat); err != nil {
		return 0, fmt.Errorf("ask sock_diag: %w", err)
	}
	e, size := binary.NativeEndian, uint32(unix.NLMSG_HDRLEN+24)
	b := e.AppendUint32(d.buffer[:0], size) // struct nlmsghdr
	b = e.AppendUint16(b, unix.SOCK_DIAG_BY_FAMILY)
	b = e.AppendUint16(b, unix.NLM_F_REQUEST)
	b = e.AppendUint64(b, 0)
	b = e.AppendUint32(append(b, unix.AF_UNIX, 0, 0, 0), ^uint32(0)) // struct unix_diag_req: all states,
	b = e.AppendUint32(b, uint32(stat.Ino))                          // the socket by its inode,
	b = e.AppendUint32(b, unixShowRqlen)
	b = e.AppendUint64(b, ^uint64(0)) // and no cookie
	fd := int(d.socket.Fd())
	err := unix.Sendto(fd, b, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
	n := 0
	if err == nil { // the answer is there
		n, _, err = unix.Recvfrom(fd, d.buffer[:], unix.MSG_DONTWAIT)
	}
	if err != nil {
		return 0, fmt.Errorf("ask sock_diag: %w", err)
	}
	return parseRqlen(d.buffer[:n])
}

// parseRqlen reads the answer: a header, a struct unix_diag_msg, and attributes.
func parseRqlen(b []byte) (int32, error) {
	e := binary.NativeEndian
	if len(b) >= unix.NLMSG_HDRLEN+4 && e.Uint16(b[4:]) == unix.NLMSG_ERROR {
		return 0, fmt.Errorf("ask sock_diag: %w", unix.Errno(-int32(e.Uint32(b[unix.NLMSG_HDRLEN:]))))
	}
	for at := unix.NLMSG_HDRLEN + unixDiagMsg; at+4 <= len(b); {
		size := int(e.Uint16(b[at:]))
		if e.Uint16(b[at+2:]) == unixDiagRqlen && size >= 8 && at+8 <= len(b) {
			return int32(e.Uint32(b[at+4:])), nil
		}
		at += max((size+3)&^3, 4)
	}
	return 0, fmt.Errorf("ask sock_diag: no length of a queue in an answer of %d bytes", len(b))
}
