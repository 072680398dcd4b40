package authority

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"tokenscale/audit"
	"tokenscale/authority/index"
	"tokenscale/ipfilter"
	"tokenscale/store"
	"tokenscale/token"
)

// noticed refuses whoever a bad row concerns, and tells of it: in the log, the
// audit log, the metrics and the health. Its token, or whoever is bound by its
// filter, is let in again when the server has written the row anew.
//
// Rows of other kinds concern nobody by name. What was read of them at the
// start was sound, and goes on to hold.
func (a *Authority) noticed(ctx context.Context, err error) {
	bad, ok := errors.AsType[*sealError](err)
	if !ok {
		return
	}
	switch bad.table {
	case tokensTable:
		a.index.Update(func(b index.Batch) { b.Distrust(token.ID(bad.key)) })
	case filtersTable:
		a.index.DistrustFilter(ipfilter.ID(bad.key))
	}
	if !a.scrub.news(bad.table, []byte(bad.key)) {
		return
	}
	name := shortKey(bad.key)
	a.log.ErrorContext(ctx, "a stored row is not what the server wrote; tokens that it concerns are refused. tokenscale doctor tells more", "table", bad.table, "key", name, "why", bad.why)
	if err := a.recordUnsound(ctx, bad, name); err != nil {
		a.log.ErrorContext(ctx, "that could not be written to the audit log", "err", err)
	}
}

func (a *Authority) recordUnsound(ctx context.Context, bad *sealError, name string) error {
	var about []string
	if bad.table == tokensTable && len(bad.key) <= token.MaxLength {
		about = []string{bad.key}
	}
	if a.verifyOnly {
		return nil // the log has it
	}
	now := a.clock()
	return a.store.Update(context.WithoutCancel(ctx), func(w store.Writer) error {
		return a.trail.append(w, audit.Entry{
			Time: now, Type: audit.Unsound, Action: "integrity", Sensitive: true, Actor: audit.System(),
			Fields: []audit.Field{audit.One("table", string(bad.table)), audit.One("key", name), audit.One("reason", bad.why)},
		}, about...)
	}, store.UseReserve)
}

// shortKey writes a row's key for people. It may be anything.
func shortKey(key string) string {
	const most = 64
	if len(key) > most {
		return fmt.Sprintf("%s… (%d bytes)", strconv.Quote(key[:most]), len(key))
	}
	return strconv.Quote(key)
}
