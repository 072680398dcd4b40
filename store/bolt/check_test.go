package bolt

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"tokenscale/store"
	"tokenscale/store/bolt/boltfile"
)

// sound returns the bytes of a store with tables of several shapes: one with branches, one with
// large values, one small enough to stand inside its parent, one empty.
func sound(t testing.TB) []byte {
	t.Helper()
	o := options(t.TempDir())
	o.Tables, o.Reserve = []store.Table{things, "large", "small", "empty"}, 4096
	db := mustOpen(t, o)
	for round := range 2 { // the second leaves free pages behind
		err := db.Update(context.Background(), func(w store.Writer) error {
			var errs []error
			for n := range 1200 {
				errs = append(errs, w.Put(things, fmt.Appendf(nil, "%04d", n*7%1200), make([]byte, 60+round)))
			}
			for n := range 3 {
				errs = append(errs, w.Put("large", fmt.Appendf(nil, "%04d", n), make([]byte, 10_000)))
			}
			return errors.Join(append(errs, w.Put("small", []byte("a"), []byte("1")))...)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	tx, err := db.begin(false)
	must(t, err)
	used := tx.Size()
	must(t, errors.Join(tx.Rollback(), db.Close()))
	b, err := os.ReadFile(db.path)
	if err != nil {
		t.Fatal(err)
	}
	return b[:used]
}

func TestASoundFileIsFoundSound(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, sound(t), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := boltfile.Check(path); err != nil {
		t.Error(err)
	}
}

// TestADamagedPageIsAnErrorOrHarmlessAndNeverACrash damages each page in turn and opens what
// comes of it. What opens may have changed rows or fewer of them, which those who write rows
// must notice by their seals and counts.
func TestADamagedPageIsAnErrorOrHarmlessAndNeverACrash(t *testing.T) {
	t.Parallel()
	good := sound(t)
	const page = 4096
	random := rand.New(rand.NewPCG(1, 2))
	kinds := map[string]func(page []byte){
		"zeros":  func(p []byte) { clear(p) },
		"random": func(p []byte) { scribble(random, p) },
		"a bit":  func(p []byte) { p[random.IntN(200)] ^= 1 << random.IntN(8) },
		"torn":   func(p []byte) { copy(p[512:], good[2*page:]) },
	}
	folder := t.TempDir()
	refused, opened := 0, 0
	for n := 0; n*page < len(good); n += 1 + n/10%3 { // every page near the front, then some
		for name, spoil := range kinds {
			bad := append([]byte{}, good...)
			spoil(bad[n*page : (n+1)*page])
			if err := os.WriteFile(filepath.Join(folder, "store.db"), bad, 0o600); err != nil {
				t.Fatal(err)
			}
			switch err := openAndRead(folder); {
			case errors.Is(err, store.ErrDamaged):
				refused++
			case err != nil:
				t.Errorf("page %d, %s: %v; want ErrDamaged or nothing", n, name, err)
			default:
				opened++
			}
		}
	}
	t.Logf("%d pages: %d images refused, %d opened and could be read", len(good)/page, refused, opened)
	if refused < opened/2 {
		t.Errorf("only %d images were refused; is there a check at all?", refused)
	}
}

func scribble(random *rand.Rand, p []byte) {
	for i := range p {
		p[i] = byte(random.Uint32())
	}
}

// openAndRead opens the store and reads all of it.
func openAndRead(folder string) error {
	db, err := Open(Options{Folder: folder, Tables: []store.Table{things, "large", "small", "empty"}, Reserve: 4096})
	if err != nil {
		return err
	}
	err = db.View(context.Background(), func(r store.Reader) error {
		for _, table := range db.options.Tables {
			err := r.Scan(table, store.Range{}, func(_, _ []byte) error { return nil })
			if err != nil {
				return err
			}
		}
		return nil
	})
	return errors.Join(err, db.Close())
}

func TestAFileThatEndsTooEarlyIsRefused(t *testing.T) {
	t.Parallel()
	good := sound(t)
	path := filepath.Join(t.TempDir(), "file")
	for _, size := range []int{0, 1, 80, 4095, 4096, 8191, 8192, len(good) / 2, len(good) - 4096, len(good) - 1} {
		if err := os.WriteFile(path, good[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		if err := boltfile.Check(path); !errors.Is(err, store.ErrDamaged) {
			t.Errorf("%d of %d bytes: %v; want ErrDamaged", size, len(good), err)
		}
	}
}

// The file begins with two descriptions of itself, and bbolt believes the length of pages that a
// description says if its checksum fits. Whoever writes such a one must not end the process that
// looks at the file.
func TestADescriptionWhosePagesCannotBeSoLongIsRefused(t *testing.T) {
	t.Parallel()
	good := sound(t)
	const page = 4096
	for _, at := range []int{0, page} {
		for _, length := range []uint32{0, 1, 512, 1023, 2048, 4097, 8192, 1 << 25, 1<<32 - 1} {
			bad := append([]byte{}, good...)
			describe(bad[at:], length)
			path := filepath.Join(t.TempDir(), "file")
			must(t, os.WriteFile(path, bad, 0o600))
			if err := boltfile.Check(path); !errors.Is(err, store.ErrDamaged) {
				t.Errorf("the description at %d says that pages have %d bytes: got %v", at, length, err)
			}
			err := boltfile.Inspect(t.Context(), path, func(store.Reader) error { return nil })
			if !errors.Is(err, store.ErrDamaged) {
				t.Errorf("inspected, the description at %d saying %d bytes: got %v", at, length, err)
			}
		}
	}
}

// describe has the description of a file say that pages have a length, with a checksum that fits.
func describe(meta []byte, length uint32) {
	binary.LittleEndian.PutUint32(meta[24:], length)
	sum := fnv.New64a()
	sum.Write(meta[16:72])
	binary.LittleEndian.PutUint64(meta[72:], sum.Sum64())
}
