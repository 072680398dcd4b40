package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"

	"tokenscale/authority"
	"tokenscale/authority/integrity"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/platform"
	"tokenscale/store"
	"tokenscale/store/bolt"
	"tokenscale/store/bolt/boltfile"
	"tokenscale/token"
)

// openAuthority opens the store and what stands on it: to be served, or, where
// nothing can be written, to verify.
func (a *App) openAuthority(ctx context.Context) error {
	hash, err := rootHash(a.opts.RootHash)
	if err != nil {
		return err // before anything is made in the data folder
	}
	open := a.openToServe
	if boltfile.OnlyToRead(a.opts.Data) {
		open = a.openToVerify
	}
	out, err := open(ctx)
	if err != nil {
		return a.advised(err)
	}
	if err := a.openUpon(ctx, hash, out); err != nil {
		return a.advised(err)
	}
	return nil
}

// openToServe opens where audit entries are written out to, and then the
// store: what is opened last is closed first, and writes its last entries.
func (a *App) openToServe(ctx context.Context) (out io.Writer, err error) {
	if out, err = a.openSink(); err != nil {
		return nil, err
	}
	a.db, a.keys, err = OpenStore(ctx, a.opts, true)
	return out, err
}

// openUpon opens the authority upon the store.
func (a *App) openUpon(ctx context.Context, hash *token.Hash, out io.Writer) (err error) {
	db := a.db
	a.undoes("store", func(context.Context) error { return db.Close() })
	a.auth, err = authority.Open(ctx, authority.Options{
		DB: db, Keys: a.keys, Now: a.opts.Now, Random: a.opts.Random, Log: a.log, RootHash: hash, AuditSink: out,
		StateFile: a.opts.StatePath(), AcceptRollback: a.opts.AcceptRollback,
		Steady: a.opts.Steady, AcceptClock: a.opts.AcceptClock,
	})
	if err != nil {
		return err
	}
	a.undoes("authority", a.auth.Close)
	if remark := a.keys.Remark(); remark != "" {
		a.log.Info("the key file: " + remark)
	}
	if m, ok := db.(store.MemoryReleaser); ok {
		m.ReleaseMemory() // all of it was read, and the index has what is asked for
	}
	return nil
}

// advised tells whoever cannot have their store which file it is and what to do.
func (a *App) advised(err error) error {
	if errors.Is(err, boltfile.ErrHome) {
		return fmt.Errorf("%w. --allow-network-storage allows it", err)
	}
	if !integrity.Broken(err) {
		return err
	}
	return fmt.Errorf("%s cannot be used: %w. tokenscale doctor tells what is wrong, and saves what is left; tokenscale restore puts a backup in its place", boltfile.Path(a.opts.Data), err)
}

// OpenStore opens the store and its keys. Only for a store that is still
// empty, and only if mayMake is set, keys are made: to a store with rows in
// it, new keys would be wrong ones.
func OpenStore(ctx context.Context, o Options, mayMake bool) (store.DB, *keyring.Keys, error) {
	keys, err := keyring.Load(o.KeyPath())
	missing := errors.Is(err, keyring.ErrNoFile)
	if err != nil && !(missing && mayMake) {
		return nil, nil, err
	}
	db, err := OpenFolder(o, false)
	if err != nil {
		return nil, nil, err
	}
	if missing {
		if keys, err = makeKeys(ctx, db, o); err != nil {
			return nil, nil, errors.Join(err, db.Close())
		}
	}
	return db, keys, nil
}

// OpenFolder opens the store in the data folder, or makes one unless it is
// only read. It is the one place that knows what keeps a store.
func OpenFolder(o Options, readOnly bool) (store.DB, error) {
	return bolt.Open(bolt.Options{
		Folder: o.Data, Tables: rows.Tables(), MaxSize: int64(o.MaxStoreSize), Now: o.Now,
		AnyHome: o.AllowNetworkStorage, ReadOnly: readOnly,
	})
}

func makeKeys(ctx context.Context, db store.DB, o Options) (*keyring.Keys, error) {
	empty, err := isEmpty(ctx, db)
	if err != nil {
		return nil, err
	}
	if !empty {
		return nil, fmt.Errorf("there is a store in %s but no key file at %s: give the key file it was made with", o.Data, o.KeyPath())
	}
	return keyring.Create(o.KeyPath(), o.Random)
}

// isEmpty reports whether db has no row in any table.
func isEmpty(ctx context.Context, db store.DB) (bool, error) {
	empty := true
	err := db.View(ctx, func(r store.Reader) error {
		for _, t := range rows.Tables() {
			if err := r.Scan(t, store.Range{}, func(_, _ []byte) error { empty = false; return store.Stop }); err != nil {
				return err
			}
		}
		return nil
	})
	return empty, err
}

func rootHash(text string) (*token.Hash, error) {
	text = strings.TrimSpace(text) // which it has when it was read from a file
	if text == "" {
		return nil, nil
	}
	h, err := token.ParseHash(text)
	if err != nil {
		return nil, fmt.Errorf("BOOTSTRAP_ROOT_TOKEN_HASHED: %w", err)
	}
	return &h, nil
}

// firstRoot makes the root token of a new store and shows it, once.
func (a *App) firstRoot(ctx context.Context) error {
	secret, made, err := a.auth.FirstRoot(ctx)
	if err != nil {
		return fmt.Errorf("making the root token: %w", err)
	}
	if made {
		fmt.Fprintf(a.opts.Stderr, "Root token (shown once): %s\n", secret.Reveal())
	}
	return nil
}

// announce says where the server can be reached.
func (a *App) announce() {
	if a.opts.MemoryBy != "" {
		a.log.Info("memory is limited", "bytes", a.opts.Memory, "by", a.opts.MemoryBy)
	}
	for _, lack := range platform.Lacks() {
		a.log.Warn("on this operating system " + lack)
	}
	base := a.base()
	if a.opts.LogFormat == "json" {
		a.log.Info("listening", "page", base+"/", "explorer", base+"/docs/api-explorer", "api", base+"/graphql", "version", a.opts.Version.String())
		return
	}
	fmt.Fprintf(a.opts.Stderr, "tokenscale %s is listening.\n  Page      %s/\n  Explorer  %s/docs/api-explorer\n  API       %s/graphql\n",
		a.opts.Version, base, base, base)
}

// base returns the address that a browser on this machine reaches us by.
func (a *App) base() string {
	host, port, err := net.SplitHostPort(a.ln.Addr().String())
	if err != nil {
		return a.ln.Addr().String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	scheme := "http"
	if a.opts.TLSCert != "" {
		scheme = "https"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

// NewLog returns the log on standard error.
func NewLog(o Options) *slog.Logger {
	h := &slog.HandlerOptions{Level: o.LogLevel, ReplaceAttr: withoutSecrets}
	if o.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(o.Stderr, h))
	}
	return slog.New(slog.NewTextHandler(o.Stderr, h))
}

// withoutSecrets takes out of the log what may be the secret half of a token.
// Nothing we log should hold one; this is for the error of a library that quotes
// what it was given, and for what nobody has thought of.
func withoutSecrets(_ []string, a slog.Attr) slog.Attr {
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(token.Hide(a.Value.String()))
	case slog.KindAny: // errors, and the causes of panics
		if a.Key == slog.LevelKey { // in every line, and never from outside
			break
		}
		if text := fmt.Sprint(a.Value.Any()); token.Hide(text) != text {
			a.Value = slog.StringValue(token.Hide(text))
		}
	}
	return a
}

// openSink opens where audit entries are written out to. It is closed last,
// after the store: the last entries come when the authority closes.
func (a *App) openSink() (io.Writer, error) {
	switch a.opts.AuditFile {
	case "":
		return nil, nil // not a *sink that is nil: the authority asks for nil
	case "-":
		a.sink = &sink{out: a.opts.Stdout, now: a.opts.Now}
		return a.sink, nil
	}
	f, err := openLines(a.opts.AuditFile, a.opts.notAudit())
	if err != nil {
		return nil, err
	}
	a.lines = f
	a.undoes("audit file", func(context.Context) error { return f.Close() })
	a.sink = &sink{out: f, now: a.opts.Now}
	return a.sink, nil
}
