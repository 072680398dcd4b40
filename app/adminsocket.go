package app

import (
	"errors"
	"net"
	"os"

	"tokenscale/platform"
)

// SocketName is the name of the socket in the data folder, by which commands
// reach the server that runs on it.
const SocketName = "admin.sock"

// listenLocal makes the socket. The folder is ours alone while we hold its
// lock, so a socket that is there already is one that a crash has left.
func listenLocal(folder string) (net.Listener, error) {
	path, done, err := platform.SocketPath(folder, SocketName)
	if err != nil {
		return nil, err
	}
	defer done()
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, err
	}
	ln.SetUnlinkOnClose(false) // path ends with done
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	return ownListener{ln}, nil
}

// ownListener accepts only our own user, and root.
type ownListener struct{ *net.UnixListener }

// Accept implements net.Listener.
func (l ownListener) Accept() (net.Conn, error) {
	for {
		c, err := l.AcceptUnix()
		if err != nil {
			return nil, err
		}
		if uid, err := platform.Peer(c); err == nil && (uid == 0 || uid == os.Geteuid()) {
			return c, nil
		}
		_ = c.Close()
	}
}
