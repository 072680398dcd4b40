package app

import (
	"context"
	"fmt"
	"io"

	"tokenscale/authority/keyring"
)

// A server whose data folder nobody can write to, most likely because its disk
// has failed and is read-only since, verifies tokens and answers queries as
// long as it runs. Whoever asks it whether a token is good must not be left
// without an answer because nothing can be changed.

// openToVerify opens the store to be read. No keys are made, and no audit
// entries are written out: there are none.
func (a *App) openToVerify(context.Context) (out io.Writer, err error) {
	if a.keys, err = keyring.Load(a.opts.KeyPath()); err != nil {
		return nil, err
	}
	if a.db, err = OpenFolder(a.opts, true); err != nil {
		return nil, err
	}
	a.warnVerifyOnly()
	return nil, nil
}

// warnVerifyOnly says loudly that nothing can be changed.
func (a *App) warnVerifyOnly() {
	a.log.Error("this server only verifies tokens; nothing can be changed, and no token revoked", "err", a.db.Err())
	if a.opts.LogFormat != "json" {
		fmt.Fprintf(a.opts.Stderr, "\n  *** VERIFY ONLY ***\n"+
			"  The disk of %s is read-only. Tokens are verified; nothing can be changed, and no token revoked.\n"+
			"  Make it writable, and start the server again.\n\n", a.opts.Data)
	}
}
