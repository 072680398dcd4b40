package integrity

import (
	"context"
	"errors"

	"tokenscale/audit"
	"tokenscale/authority/index"
	"tokenscale/authority/keyring"
	"tokenscale/authority/ledger"
	"tokenscale/authority/rows"
	"tokenscale/ipfilter"
	"tokenscale/store"
	"tokenscale/token"
)

// Notice refuses whoever a bad row concerns, and tells of it: in the log, the
// audit log, the metrics and the health. Its token, or whoever is bound by its
// filter, is let in again when the server has written the row anew.
//
// Rows of other kinds concern nobody by name. What was read of them at the
// start was sound, and goes on to hold.
func (s *Scrubber) Notice(ctx context.Context, err error) {
	bad, ok := errors.AsType[*keyring.SealError](err)
	if !ok {
		return
	}
	switch bad.Table {
	case rows.TokensTable:
		n, inGrace, _ := rows.ParseTokenKey([]byte(bad.Key))
		s.Index.Update(func(b *index.Batch) { b.DistrustRow(n, inGrace) })
	case rows.FiltersTable:
		s.Index.DistrustFilter(ipfilter.ID(bad.Key))
	}
	s.tell(ctx, bad, "a stored row is not what the server wrote; tokens that it concerns are refused. tokenscale doctor tells more")
}

// tell tells of a bad row, or of a table, once.
func (s *Scrubber) tell(ctx context.Context, bad *keyring.SealError, what string) {
	if !s.news(bad.Table, []byte(bad.Key)) {
		return
	}
	name := rows.KeyName(bad.Table, []byte(bad.Key))
	s.Log.ErrorContext(ctx, what, "table", bad.Table, "key", name, "why", bad.Why)
	if err := s.record(ctx, bad, name); err != nil {
		s.Log.ErrorContext(ctx, "that could not be written to the audit log", "err", err)
	}
}

func (s *Scrubber) record(ctx context.Context, bad *keyring.SealError, name string) error {
	if s.readOnly {
		return nil // the log has it
	}
	now, about := s.Now(), s.concerned(bad)
	return s.DB.Update(context.WithoutCancel(ctx), func(w store.Writer) error {
		return ledger.New(s.Rows).Append(w, audit.Entry{
			Time: now, Type: audit.Unsound, Action: "integrity", Sensitive: true, Actor: audit.System(), TokenID: string(about.ID), Number: uint64(about.Number),
			Fields: []audit.Field{audit.One("table", string(bad.Table)), audit.One("key", name), audit.One("reason", bad.Why)},
		})
	}, store.UseReserve)
}

// concerned returns the token whose row is bad, or nothing. Only the index is asked: a row may
// stand under any key.
func (s *Scrubber) concerned(bad *keyring.SealError) token.Token {
	if n, inGrace, ok := rows.ParseTokenKey([]byte(bad.Key)); ok && bad.Table == rows.TokensTable {
		if e, there := s.Index.At(n, inGrace); there {
			return e.Token()
		}
	}
	return token.Token{}
}
