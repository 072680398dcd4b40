package app

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// The commands that need the running server speak to it through a socket in
// the data folder. Whoever can reach it could as well read the store that lies
// beside it, so it gives nobody more than they have; and no token, however
// strong and however far away its thief, can ask for a copy of everything.

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
