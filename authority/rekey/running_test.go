package rekey_test

import (
	"crypto/rand"
	"testing"
	"time"

	"tokenscale/authority/keyring"
	"tokenscale/authority/rekey"
	"tokenscale/authority/rows"
	"tokenscale/authority/rows/rowstest"
	"tokenscale/store"
)

// readFor is a store in which the longest read has lasted for so long.
type readFor struct {
	store.DB
	oldest time.Duration
}

func (r *readFor) Stats() store.Stats { return store.Stats{OldestRead: r.oldest} }

// One look may follow another at once, if that one came late.
func TestOlderKeysAreShutWhenNobodyReadsAnyMoreWhatWasThereBefore(t *testing.T) {
	file := rowstest.KeyFile(t, "a")
	newest, err := rekey.Add(file, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	keys := load(t, file)
	row := load(t, rowstest.KeyFile(t, "a")).Seal("t", []byte("k"), nil)
	if err := keys.Heed(keyring.Sealing{Key: newest, Done: true, Step: 1}); err != nil {
		t.Fatal(err)
	}
	now, db := time.Unix(1000, 0), &readFor{}
	k := rekey.Running{Turn: rekey.Turn{DB: db, Rows: rows.New(keys)}, Time: func() time.Time { return now }}
	for _, look := range []struct {
		after, oldest time.Duration
		opens         bool
		when          string
	}{
		{0, 0, true, "at the first look"},
		{0, 0, true, "at one of the same moment"},
		{time.Second, 3 * time.Second, true, "while somebody reads since before the first look"},
		{time.Hour, time.Hour + time.Second, true, "and since the moment of the first look"},
		{time.Second, time.Hour + time.Second, false, "when only those read that began later"},
	} {
		now, db.oldest = now.Add(look.after), look.oldest
		if err := k.Shut(t.Context()); err != nil {
			t.Error(err)
		}
		if _, err := keys.Open("t", []byte("k"), row); (err == nil) != look.opens {
			t.Errorf("%s a row under the old key opens with %v", look.when, err)
		}
	}
}
