package bolt

import (
	"context"
	"testing"

	"tokenscale/store"
)

func TestSmoke(t *testing.T) {
	db, err := Open(Options{Folder: t.TempDir(), Tables: []store.Table{"a"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Update(t.Context(), func(w store.Writer) error { return w.Put("a", []byte("k"), []byte("v")) }); err != nil {
		t.Fatal(err)
	}
	err = db.View(context.Background(), func(r store.Reader) error {
		v, err := r.Get("a", []byte("k"))
		t.Logf("%q %v", v, err)
		return err
	})
	t.Log(err, db.Stats())
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
