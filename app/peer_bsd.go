//go:build darwin || freebsd

package app

import (
	"net"

	"golang.org/x/sys/unix"
)

// peer returns the user on the other end of c.
func peer(c *net.UnixConn) (uid int, err error) {
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
