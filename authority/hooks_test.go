package authority

import (
	"context"

	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/authority/tally"
	"tokenscale/authority/upkeep"
	"tokenscale/ipfilter"
	"tokenscale/store"
	"tokenscale/token"
)

// What the tests of this package need to see from outside.

const (
	HouseBatch = upkeep.Batch
	MendBatch  = upkeep.MendBatch
	MaxKinds   = tally.MaxKinds

	RefusedAtOnce = tally.RefusedAtOnce
)

// WarnOfExpiry tells of tokens that will expire soon.
func (a *Authority) WarnOfExpiry(ctx context.Context) error { return a.endings.Warn(ctx) }

// Round does what the housekeeping does from time to time, but brings no row up to date.
func (a *Authority) Round(ctx context.Context) { a.round(ctx) }

// ExpiryBatch is how many tokens one transaction tells of that they will expire.
func (a *Authority) ExpiryBatch() int { return a.batchSize(upkeep.Batch, upkeep.RowsOfExpiry) }

// HideExpired hides expired tokens.
func (a *Authority) HideExpired(ctx context.Context) error { return a.upkeep.HideExpired(ctx) }

// RemoveHidden removes tokens that were hidden long ago.
func (a *Authority) RemoveHidden(ctx context.Context) error { return a.upkeep.RemoveHidden(ctx) }

// Mend brings rows up to date with the policies.
func (a *Authority) Mend(ctx context.Context) error { return a.upkeep.Mend(ctx) }

// Scrub is one walk over the store.
func (a *Authority) Scrub(ctx context.Context) error { return a.scrub.Pass(ctx) }

// ScrubFirst reads the first rows of a table as a walk does.
func (a *Authority) ScrubFirst(ctx context.Context, t store.Table) error {
	_, err := a.scrub.Batch(ctx, t, nil)
	return err
}

// Sound says what is wrong with a row, if anything.
func Sound(keys *keyring.Keys, t store.Table, key, row []byte) error {
	return rows.New(keys).Sound(t, key, row)
}

// FlushUses writes the last uses.
func (a *Authority) FlushUses(ctx context.Context) error { return a.flushUses(ctx) }

// FollowClock does what is done every second.
func (a *Authority) FollowClock(ctx context.Context) error {
	a.time.Look()
	return a.keeper.WriteDue(ctx)
}

// FlushTried writes when the strings of ended tokens were last shown.
func (a *Authority) FlushTried(ctx context.Context) error { return a.flushTried(ctx) }

// FlushRefusals writes the refused credentials.
func (a *Authority) FlushRefusals(ctx context.Context) error { return a.refused.Flush(ctx) }

// Names are the tables by what they hold.
var Names = struct {
	Tokens, Uses, Filters, Settings, Audit, Subjects, Idempotency store.Table
}{
	rows.TokensTable, rows.UsesTable, rows.FiltersTable, rows.SettingsTable, rows.AuditTable, rows.SubjectsTable,
	rows.IdempotencyTable,
}

// Rows returns the tokens as rows, sealed as the server does, for a test that
// needs many at once. One without a number gets that of its place.
func Rows(keys *keyring.Keys, tokens []token.Token) []store.Change {
	var list []store.Change
	for i, t := range tokens {
		if t.Number == 0 {
			t.Number = token.Number(i + 1)
		}
		key, all := RowKey(t), rows.New(keys)
		subject := rows.SubjectKey(t.Number, 0)
		list = append(list,
			store.Change{Table: rows.TokensTable, Key: []byte(key), Value: all.Tokens.Seal(key, rows.StoredToken{Token: t})},
			store.Change{Table: rows.SubjectsTable, Key: []byte(subject), Value: all.Subjects.Seal(subject, t.ID)})
	}
	return list
}

// RowKey is the key of the row of a token.
func RowKey(t token.Token) string { return rows.TokenKey(t.Number, t.InGrace()) }

// FilterRow returns a filter as a row, sealed as the server does, whatever its
// text is.
func FilterRow(keys *keyring.Keys, f ipfilter.Filter) store.Row {
	return store.Row{Key: []byte(f.ID), Value: rows.New(keys).Filters.Seal(string(f.ID), f)}
}
