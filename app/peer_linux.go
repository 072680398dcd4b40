package app

import (
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// socketPath returns a short path of the socket, which works until done is
// called: the system takes only 107 letters, and folders may lie deep.
func socketPath(folder string) (path string, done func(), err error) {
	d, err := os.Open(folder)
	if err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", d.Fd(), socketName), func() { _ = d.Close() }, nil
}

// peer returns the user on the other end of c.
func peer(c *net.UnixConn) (uid int, err error) {
	err = onSocket(c, func(fd int) error {
		cred, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
		if err == nil {
			uid = int(cred.Uid)
		}
		return err
	})
	return uid, err
}
