package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// The commands that need the running server speak to it through a socket in
// the data folder. Whoever can reach it could as well read the store that lies
// beside it, so it gives nobody more than they have; and no token, however
// strong and however far away its thief, can ask for a copy of everything.

// socketName is the name of the socket in the data folder.
const socketName = "admin.sock"

// backupPatience is how long the client of a backup may take for the next
// piece. A backup under way keeps space of the store from being used again.
const backupPatience = 10 * time.Second

// openAdmin begins to listen on the socket. A server that cannot have one
// works all the same; only its backups and compactions wait until it is stopped.
func (a *App) openAdmin() {
	ln, err := listenLocal(a.opts.Data)
	if err != nil {
		a.log.Warn("there are no backups and no compactions while this server runs, for want of a socket", "err", err)
		return
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /backup", a.serveBackup)
	mux.HandleFunc("POST /compact", a.serveCompact)
	mux.HandleFunc("POST /checkpoint", a.serveCheckpoint)
	s := &http.Server{Handler: mux, ReadHeaderTimeout: readHeaderTimeout, IdleTimeout: idleTimeout}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ln) }()
	a.undoes("socket for commands", func(context.Context) error {
		err := s.Close()
		if e := <-ended; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
		return errors.Join(err, os.Remove(filepath.Join(a.opts.Data, socketName)))
	})
}

// listenLocal makes the socket. The folder is ours alone while we hold its
// lock, so a socket that is there already is one that a crash has left.
func listenLocal(folder string) (net.Listener, error) {
	path, done, err := socketPath(folder)
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

// socketPath returns a short path of the socket, which works until done is
// called: the system takes only 107 letters, and folders may lie deep.
func socketPath(folder string) (path string, done func(), err error) {
	d, err := os.Open(folder)
	if err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", d.Fd(), socketName), func() { _ = d.Close() }, nil
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
		if uid, err := peer(c); err == nil && (uid == 0 || int(uid) == os.Geteuid()) {
			return c, nil
		}
		_ = c.Close()
	}
}

// peer returns the user on the other end of c.
func peer(c *net.UnixConn) (uid uint32, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	var cred *unix.Ucred
	var failed error
	err = raw.Control(func(fd uintptr) {
		cred, failed = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	})
	if err = errors.Join(err, failed); err != nil {
		return 0, err
	}
	return cred.Uid, nil
}

// serveBackup streams a copy of the store. If it cannot be finished the
// connection breaks off in the middle, which the client sees.
func (a *App) serveBackup(w http.ResponseWriter, r *http.Request) {
	if err := a.auth.RecordBackup(r.Context()); err != nil { // a store that takes no more changes needs its backup most
		a.log.Warn("a backup could not be written to the audit log", "err", err)
	}
	out := &patientWriter{w: w, control: http.NewResponseController(w), now: a.opts.Now}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	n, err := a.db.Backup(ctx, out)
	if err != nil {
		a.log.Error("a backup failed", "err", err)
		if n == 0 && out.n == 0 {
			text(w, http.StatusInternalServerError, err.Error())
			return
		}
		panic(http.ErrAbortHandler)
	}
	a.log.Info("a backup was made", "bytes", n)
}

// patientWriter gives its client some time for each piece.
type patientWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	now     func() time.Time
	n       int64
}

// Write implements io.Writer.
func (p *patientWriter) Write(b []byte) (int, error) {
	if err := p.control.SetWriteDeadline(p.now().Add(backupPatience)); err != nil {
		return 0, err
	}
	n, err := p.w.Write(b)
	p.n += int64(n)
	return n, err
}

// errNotRunning means that no server answers at the socket.
var errNotRunning = errors.New("no server is running")

// fetchBackup has the server that runs on folder write a copy of its store to
// w.
func fetchBackup(ctx context.Context, folder string, w io.Writer) error {
	res, done, err := askServer(ctx, folder, "/backup")
	if err != nil {
		return err
	}
	defer done()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the running server makes no backup: %s", reason(res))
	}
	if _, err := io.Copy(w, res.Body); err != nil {
		return fmt.Errorf("the backup broke off: %w", err)
	}
	return nil
}

// askServer posts to the server that runs on folder. done frees the answer.
func askServer(ctx context.Context, folder, path string) (res *http.Response, done func(), err error) {
	socket, closed, err := socketPath(folder)
	if err != nil {
		return nil, nil, err
	}
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://tokenscale"+path, nil)
	if err == nil {
		res, err = client.Do(req)
	}
	if err != nil {
		client.CloseIdleConnections()
		closed()
		if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ECONNREFUSED) {
			return nil, nil, errNotRunning
		}
		return nil, nil, fmt.Errorf("asking the running server: %w", err)
	}
	return res, func() { _ = res.Body.Close(); client.CloseIdleConnections(); closed() }, nil
}

// reason returns the sentence of a refusal.
func reason(res *http.Response) string {
	why, _ := io.ReadAll(io.LimitReader(res.Body, 1000)) // what is missing of it is not missed
	return string(why)
}

// serveCheckpoint writes a signed checkpoint of all entries.
func (a *App) serveCheckpoint(w http.ResponseWriter, r *http.Request) {
	note, err := a.auth.SignedCheckpoint(r.Context())
	if err != nil {
		a.log.Error("no checkpoint could be made", "err", err)
		text(w, http.StatusInternalServerError, err.Error())
		return
	}
	text(w, http.StatusOK, note)
}

// fetchCheckpoint returns a checkpoint from the server that runs on folder.
func fetchCheckpoint(ctx context.Context, folder string) (string, error) {
	res, done, err := askServer(ctx, folder, "/checkpoint")
	if err != nil {
		return "", err
	}
	defer done()
	if res.StatusCode != http.StatusOK {
		return "", fmt.Errorf("the running server makes no checkpoint: %s", reason(res))
	}
	note, err := io.ReadAll(io.LimitReader(res.Body, 1<<16))
	return string(note), err
}
