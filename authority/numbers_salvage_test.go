package authority_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/authority/integrity"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/store/bolt"
	"tokenscale/store/bolt/boltfile"
)

// salvage makes the closed House anew from the rows of its file that pass take.
func salvage(t *testing.T, h *authoritytest.House, take func(boltfile.Find) bool) integrity.Salvaged {
	t.Helper()
	return salvageOf(t, h, take, map[store.Table]int{"": 1})
}

// salvageOf is salvage of a file parts of which could not be read, by table.
func salvageOf(t *testing.T, h *authoritytest.House, take func(boltfile.Find) bool, damaged map[store.Table]int) integrity.Salvaged {
	t.Helper()
	from, saved := boltfile.Path(filepath.Join(h.Folder(), "data")), filepath.Join(t.TempDir(), "saved")
	keys, err := keyring.Load(h.KeyFile())
	must(t, err)
	db, err := bolt.Open(bolt.Options{Folder: saved, Tables: rows.Tables()})
	must(t, err)
	s := integrity.NewSalvager(db, keys)
	s.ReadPast(h.Whole)
	_, err = boltfile.Rows(from, func(f boltfile.Find) error {
		if !take(f) {
			return nil
		}
		return s.Take(context.Background(), f.Table, f.Key, f.Value)
	})
	must(t, err)
	done, err := s.Finish(t.Context(), h.Clock.Millis(), damaged)
	must(t, err)
	must(t, db.Close())
	must(t, os.Rename(boltfile.Path(saved), from))
	return done
}

// Of a store that lost the index of its log, or the log, a salvage knows which numbers were given:
// the next token gets another, and each token is found by all of its ids.
func TestNumbers_ASalvageMakesTheIndexOfTheLogAnew(t *testing.T) {
	for name, lost := range map[string]store.Table{"the index": authority.Names.Subjects, "the log": authority.Names.Audit, "nothing": "-"} {
		t.Run(name, func(t *testing.T) {
			h := authoritytest.OpenWith(t, authoritytest.Setup{File: true})
			h.Unchecked = true
			h.Token(draft("a"))
			v, old := h.Token(draft("b"))
			next, secret := rotate(t, h, v.ID, time.Hour)
			gone, _ := h.Token(draft("c"))
			must(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), gone.ID))
			h.Close()
			salvage(t, h, func(f boltfile.Find) bool { return f.Table != lost })
			must(t, h.TryOpen())
			if lost == authority.Names.Audit {
				set(t, h, policy.Security{Enabled: true}) // they are disabled after a loss
			}
			verdict(t, h, secret, policy.Accepted)
			verdict(t, h, old, policy.Accepted)
			made, _ := h.Token(draft("d"))
			if made.Number != gone.Number+1 {
				t.Errorf("the next token has the number %d, and %d was given before", made.Number, gone.Number)
			}
			if got := shown(t, h, next.ID); got.Number != v.Number {
				t.Errorf("the rotated token has the number %d", got.Number)
			}
			if lost == authority.Names.Audit {
				return
			}
			must(t, h.Check(t.Context()))
			if n := len(about(t, h, gone.ID)); n != 2 {
				t.Errorf("%d entries are found about a token that is gone", n)
			}
		})
	}
}

// A row of the index that is gone, or one too many, shows in a check and to the doctor.
func TestNumbers_ACheckFindsWhatDoesNotFit(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(w store.Writer, all *rows.Rows) error
		want string
	}{
		"an entry that is not found": {func(w store.Writer, _ *rows.Rows) error {
			return w.Delete(rows.SubjectsTable, []byte(rows.SubjectKey(1, 1)))
		}, "its index has"},
		"an entry that is not there": {func(w store.Writer, all *rows.Rows) error {
			return all.Subjects.Put(w, rows.SubjectKey(1, 77), "")
		}, "there is no entry"},
		"a token without an id": {func(w store.Writer, all *rows.Rows) error {
			return all.Subjects.Put(w, rows.SubjectKey(1, 0), "")
		}, "there is no entry"},
		"a token that is another's": {func(w store.Writer, all *rows.Rows) error {
			v, _, err := all.Tokens.Get(w, rows.TokenKey(1, false))
			if err != nil {
				return err
			}
			v.Number = 9
			if err := all.Tokens.Put(w, rows.TokenKey(9, false), v); err != nil {
				return err
			}
			return w.Delete(rows.TokensTable, []byte(rows.TokenKey(1, false)))
		}, "the audit log says 1"},
	} {
		t.Run(name, func(t *testing.T) {
			h := authoritytest.OpenWith(t, authoritytest.Setup{File: true})
			h.Unchecked = true
			h.Token(draft("nurse"))
			keys, err := keyring.Load(h.KeyFile())
			must(t, err)
			must(t, h.DB.Update(t.Context(), func(w store.Writer) error { return c.do(w, rows.New(keys)) }))
			var rep integrity.Report
			must(t, h.DB.View(t.Context(), func(r store.Reader) (err error) {
				rep, err = integrity.Inspect(t.Context(), r, keys)
				return err
			}))
			found := ""
			for _, err := range rep.Odd {
				found += err.Error() + "\n"
			}
			if !strings.Contains(found, c.want) {
				t.Errorf("the doctor says %q, want %q", found, c.want)
			}
		})
	}
}
