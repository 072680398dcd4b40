//go:build darwin || freebsd

package platform

import (
	"net"

	"golang.org/x/sys/unix"
)

// Peer returns the user at the other end of a connection.
func Peer(c *net.UnixConn) (uid int, err error) {
	err = onSocket(c, func(fd int) error {
		const local = 0 // SOL_LOCAL
		cred, err := unix.GetsockoptXucred(fd, local, unix.LOCAL_PEERCRED)
		if err == nil {
			uid = int(cred.Uid)
		}
		return err
	})
	return uid, err
}
