//go:build linux

package osnet

import "golang.org/x/sys/unix"

// acceptsEnv marks the process of this test that only accepts, at descriptor 3.
const acceptsEnv = "LISTENTEST_ACCEPTS"

// acceptLoop accepts until that fails, and sends a byte on each connection: so
// its client sees that accept has returned it.
func acceptLoop(listener int) error {
	for {
		fd, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC)
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
