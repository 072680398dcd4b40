package authority_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"tokenscale/authority/authoritytest"
	"tokenscale/authority/integrity"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/fault"
	"tokenscale/store/bolt"
	"tokenscale/store/bolt/boltfile"
)

func TestIdempotencyKey_IsSavedByASalvage(t *testing.T) {
	h := authoritytest.Open(t)
	v, _, err := keyed(h, root(), "k1", draft("nurse"))
	must(t, err)
	_, _, err = keyed(h, root(), "k2", draft("nurse"))
	must(t, err)
	by := withKey(as(root(), "createIPFilter"), "k3")
	f, err := h.CreateFilter(t.Context(), by, "office", "allow all")
	must(t, err)
	h.Close()
	from, saved := boltfile.Path(filepath.Join(h.Folder(), "data")), filepath.Join(h.Folder(), "saved")
	keys, err := keyring.Load(h.KeyFile())
	must(t, err)
	db, err := bolt.Open(bolt.Options{Folder: saved, Tables: rows.Tables()})
	must(t, err)
	s := integrity.NewSalvager(db, keys)
	_, err = boltfile.Rows(from, func(f boltfile.Find) error { return s.Take(context.Background(), f.Table, f.Key, f.Value) })
	must(t, err)
	_, err = s.Finish(t.Context(), h.Clock.Millis(), nil)
	must(t, err)
	must(t, db.Close())
	must(t, os.Rename(boltfile.Path(saved), from))
	must(t, h.TryOpen())
	must(t, h.Check(t.Context()))
	_, _, err = keyed(h, root(), "k1", draft("nurse"))
	repeated(t, err, v.ID, "string was shown once")
	_, err = h.CreateFilter(t.Context(), by, "office", "allow all")
	refusal(t, err, fault.Conflict, "made the IP filter "+string(f.ID))
}
