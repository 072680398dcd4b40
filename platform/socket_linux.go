package platform

import (
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// SocketPath returns a short path of a socket in folder, which works until
// done is called: the system takes only 107 letters, and folders may lie deep.
func SocketPath(folder, name string) (path string, done func(), err error) {
	d, err := os.Open(folder)
	if err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", d.Fd(), name), func() { _ = d.Close() }, nil
}

// Peer returns the user at the other end of a connection.
func Peer(c *net.UnixConn) (uid int, err error) {
	err = onSocket(c, func(fd int) error {
		cred, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
		if err == nil {
			uid = int(cred.Uid)
		}
		return err
	})
	return uid, err
}
