package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/pprof"
	"os"
	"path/filepath"
	"time"

	"tokenscale/authority/rekey"
	"tokenscale/store"
	"tokenscale/token"
)

// The commands that need the running server speak to it through a socket in
// the data folder. Whoever can reach it could as well read the store that lies
// beside it, so it gives nobody more than they have; and no token, however
// strong and however far away its thief, can ask for a copy of everything.

const (
	adminHeaderTime = 5 * time.Second
	adminIdleTime   = time.Minute

	// backupTime is how long a backup may take.
	backupTime = 15 * time.Minute
)

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
	mux.HandleFunc("POST /verifier-key", a.serveVerifierKey)
	mux.HandleFunc("POST /rotate-keys", a.serveRotateKeys)
	mux.HandleFunc("POST /drop-keys", a.serveDropKeys)
	mux.HandleFunc("POST /key-status", a.serveKeyStatus)
	if a.opts.Pprof {
		routeProfiles(mux)
	}
	s := &http.Server{Handler: mux, ReadHeaderTimeout: adminHeaderTime, IdleTimeout: adminIdleTime}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ln) }()
	a.undoes("socket for commands", func(context.Context) error {
		err := s.Close()
		if e := <-ended; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
		return errors.Join(err, os.Remove(filepath.Join(a.opts.Data, SocketName)))
	})
}

// serveBackup streams a copy of the store. If it cannot be finished the
// connection breaks off in the middle, which the client sees.
func (a *App) serveBackup(w http.ResponseWriter, r *http.Request) {
	// A store that takes no more changes needs its backup most.
	if err := a.auth.RecordBackup(r.Context()); err != nil {
		a.log.Warn("a backup could not be written to the audit log", "err", err)
	}
	out := &patientWriter{w: w, control: http.NewResponseController(w), now: a.opts.Now}
	ctx, cancel := context.WithTimeout(r.Context(), backupTime)
	defer cancel()
	n, err := a.db.Backup(ctx, out)
	if err != nil {
		a.log.Error("a backup failed", "err", err)
		if n == 0 && out.n == 0 {
			http.Error(w, err.Error(), http.StatusInternalServerError)
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
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	io.WriteString(w, note)
}

// serveVerifierKey writes the key that checks the signatures of checkpoints.
func (a *App) serveVerifierKey(w http.ResponseWriter, _ *http.Request) {
	key, err := a.auth.VerifierKey()
	if err != nil {
		a.log.Error("the key that checks checkpoints cannot be told", "err", err)
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	io.WriteString(w, key)
}

// serveCompact compacts the store while it is served.
func (a *App) serveCompact(w http.ResponseWriter, r *http.Request) {
	err := a.auth.RecordCompaction(r.Context())
	var done store.Compaction
	if err == nil {
		a.log.Info("the store is being compacted", "bytes", a.db.Stats().Size)
		done, err = a.compact(r.Context())
	}
	if err != nil {
		if a.db.Err() == nil {
			err = fmt.Errorf("the store is as it was: %w", err)
		}
		a.log.Error("a compaction failed", "err", err)
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	a.log.Info("the store was compacted", "bytes", done.After, "before", done.Before, "changes_waited", done.Held)
	if err := json.NewEncoder(w).Encode(done); err != nil { // who asked is gone
		a.log.Debug("nobody was told of a compaction", "err", err)
	}
}

// compact compacts the store that is served, if it is one that can be.
func (a *App) compact(ctx context.Context) (store.Compaction, error) {
	c, ok := a.db.(store.Compacter)
	if !ok {
		return store.Compaction{}, errors.New("this store gives unused space back by itself")
	}
	return c.Compact(ctx, a.auth.SoundRow)
}

// routeProfiles answers with profiles of the process. They tell what the
// server spends its time and its memory on, and nothing of what it holds.
func routeProfiles(mux *http.ServeMux) {
	for _, name := range []string{"allocs", "block", "goroutine", "heap", "mutex", "threadcreate"} {
		mux.Handle("GET /debug/pprof/"+name, pprof.Handler(name))
	}
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
}

// serveRotateKeys has the new key seal.
func (a *App) serveRotateKeys(w http.ResponseWriter, r *http.Request) {
	a.readKeys(r.Context())
	done, err := a.auth.Keys().Rotate(r.Context())
	if done.Nothing {
		err = nil // it may be that older keys are still to be marked
	} else if err == nil {
		a.log.Info("the keys were rotated", "key", done.Key.String(), "rows", done.Rows)
	}
	a.tellKeys(w, done, err)
}

// serveDropKeys writes down which keys are dropped.
func (a *App) serveDropKeys(w http.ResponseWriter, r *http.Request) {
	var ids []token.KeyID
	for _, text := range r.URL.Query()["id"] {
		id, err := token.ParseKeyID(text)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		ids = append(ids, id)
	}
	a.readKeys(r.Context())
	dropped, err := a.auth.Keys().Drop(r.Context(), ids...)
	a.tellKeys(w, dropped, err)
}

// KeyStatus says what the keys of a server that runs are used for.
type KeyStatus struct {
	Uses  []rekey.Use
	Nodes []store.Node // that have the store open; none if nobody else can
}

// serveKeyStatus says what is under which key, and which nodes have which.
func (a *App) serveKeyStatus(w http.ResponseWriter, r *http.Request) {
	a.readKeys(r.Context())
	uses, err := a.auth.Keys().Uses(r.Context())
	s := KeyStatus{Uses: uses}
	if shared, ok := a.db.(store.Shared); ok {
		s.Nodes = shared.Nodes()
	}
	a.tellKeys(w, s, err)
}

func (a *App) tellKeys(w http.ResponseWriter, answer any, err error) {
	switch {
	case err != nil:
		a.log.Error("the keys were not changed, or not wholly", "err", err)
		http.Error(w, err.Error(), http.StatusConflict)
	default:
		if err := json.NewEncoder(w).Encode(answer); err != nil { // who asked is gone
			a.log.Debug("nobody was told of the keys", "err", err)
		}
	}
}
