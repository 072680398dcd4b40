package app

import (
	"context"
	"fmt"

	"tokenscale/authority/keyring"
	"tokenscale/store"
)

// A server whose data folder nobody can write to, most likely because its disk
// has failed and is read-only since, verifies tokens and answers queries as
// long as it runs. Whoever asks it whether a token is good must not be left
// without an answer because nothing can be changed.

// openServed opens the store to be served: to be written, or, where nothing can
// be, to be read. Then no keys are made either.
func (a *App) openServed(ctx context.Context) (store.DB, *keyring.Keys, error) {
	if !a.verifyOnly {
		return OpenStore(ctx, a.opts, true)
	}
	keys, err := keyring.Load(a.opts.KeyPath())
	if err != nil {
		return nil, nil, err
	}
	db, err := OpenFolder(a.opts, true)
	return db, keys, err
}

// warnVerifyOnly says loudly that nothing can be changed.
func (a *App) warnVerifyOnly() {
	if !a.verifyOnly {
		return
	}
	a.log.Error("this server only verifies tokens; nothing can be changed, and no token revoked", "err", a.db.Err())
	if a.opts.LogFormat != "json" {
		fmt.Fprintf(a.opts.Stderr, "\n  *** VERIFY ONLY ***\n"+
			"  The disk of %s is read-only. Tokens are verified; nothing can be changed, and no token revoked.\n"+
			"  Make it writable, and start the server again.\n\n", a.opts.Data)
	}
}
