package authority_test

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/authority/integrity"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/store"
	"tokenscale/store/bolt"
	"tokenscale/store/bolt/boltfile"
)

// A written store is the bytes of one, and every row that was ever in it.
type writtenStore struct {
	keys  *keyring.Keys
	bytes []byte
	mu    sync.Mutex
	rows  map[string]bool
}

func name(t store.Table, key, value []byte) string { return fmt.Sprintf("%s %x %x", t, key, value) }

// follow keeps the rows of each commit.
func (w *writtenStore) follow(db store.DB) store.DB {
	db.Follow(func(changes []store.Change) {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, c := range changes {
			w.rows[name(c.Table, c.Key, c.Value)] = true
		}
	})
	return db
}

// writeStore returns a small store with a row of nearly every kind, and pages
// that older rows were left on.
func writeStore(t testing.TB) *writtenStore {
	w := &writtenStore{rows: map[string]bool{}}
	h := authoritytest.OpenWith(t, authoritytest.Setup{Wrap: w.follow, Store: func(o *bolt.Options) { o.Reserve = 64 << 10 }})
	for n := range 30 {
		v, secret := h.Token(draft(fmt.Sprint("token ", n)))
		h.Verify(secret, here)
		if n%3 == 0 {
			must(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), v.ID))
		}
	}
	h.Clock.Pass(time.Minute)
	h.Close()
	keys, err := keyring.Load(h.KeyFile())
	must(t, err)
	path := boltfile.Path(filepath.Join(h.Folder(), "data"))
	metas, err := boltfile.Metas(path)
	must(t, err)
	b, err := os.ReadFile(path)
	must(t, err)
	used := max(metas[0].Pages, metas[1].Pages) * uint64(max(metas[0].PageSize, metas[1].PageSize))
	w.keys, w.bytes = keys, b[:used]
	return w
}

// spoil changes a file as the orders say: each is a kind, a place, and what to
// put there. signed makes the descriptions at its front fit again, as somebody
// does who knows the format.
func spoil(b, orders []byte, cut uint32, signed bool) []byte {
	const page = 4096
	b = append([]byte{}, b...)
	for len(orders) >= 6 {
		at, what := int(binary.LittleEndian.Uint32(orders[1:]))%len(b), orders[5]
		from, to := int(what)*page, at/page*page
		switch kind := orders[0]; {
		case kind%4 == 0:
			b[at] = what
		case kind%4 == 1:
			b[at] ^= 1 << (what % 8)
		case kind%4 == 2 && from+page <= len(b) && to+page <= len(b):
			id := [8]byte(b[to : to+8]) // each page names itself
			copy(b[to:to+page], b[from:])
			copy(b[to:], id[:])
		case kind%4 == 3:
			clear(b[at:min(at+int(what), len(b))])
		}
		orders = orders[6:]
	}
	for _, at := range []int{16, page + 16} {
		if signed {
			sum := fnv.New64a()
			sum.Write(b[at : at+56])
			binary.LittleEndian.PutUint64(b[at+56:], sum.Sum64())
		}
	}
	return b[:len(b)-int(cut)%len(b)]
}

func order(kind byte, at uint32, what byte) []byte {
	return append(binary.LittleEndian.AppendUint32([]byte{kind}, at), what)
}

// FuzzBoltFile spoils the file of a store and has it examined, as the doctor and
// every start do, and saved. Nothing panics, and no row is believed that the
// server did not write into just that place, whatever leads to it.
func FuzzBoltFile(f *testing.F) {
	f.Add([]byte{}, uint32(0), false)
	f.Add([]byte{}, uint32(5000), true)
	for page := range uint32(12) {
		f.Add(order(2, page*4096, byte(page+1)), uint32(0), false) // another page in its place
		f.Add(order(3, page*4096+8, 8), uint32(0), true)
		// Head, elements, and the fields of a meta.
		for _, at := range []uint32{0, 8, 10, 12, 16, 20, 24, 28, 32, 40, 60, 72} {
			f.Add(order(1, page*4096+at, byte(at+page)), uint32(0), true)
			f.Add(order(0, page*4096+at, 0xff), uint32(0), true)
		}
		f.Add(append(order(1, page*4096+4000, 3), order(1, page*4096+2000, 5)...), uint32(0), false)
	}
	w := writeStore(f)
	path := filepath.Join(f.TempDir(), "file")
	f.Fuzz(func(t *testing.T, orders []byte, cut uint32, signed bool) {
		must(t, os.WriteFile(path, spoil(w.bytes, orders, cut, signed), 0o600))
		believe := func(table store.Table, key, value []byte) error {
			if authority.Accepts(w.keys, table, key, value) && !w.rows[name(table, key, value)] {
				t.Errorf("a row of %s is believed that was never written: %x %x", table, key, value)
			}
			return nil
		}
		err := boltfile.Inspect(t.Context(), path, func(r store.Reader) error {
			for _, table := range rows.Tables() {
				if err := r.Scan(table, store.Range{}, func(key, value []byte) error { return believe(table, key, value) }); err != nil {
					return err
				}
			}
			_, err := integrity.Inspect(t.Context(), r, w.keys)
			return err
		})
		if len(orders) == 0 && cut == 0 && err != nil {
			t.Errorf("the store as it was written: %v", err)
		}
		// How much can be saved is for other tests.
		_, _ = boltfile.Rows(path, func(found boltfile.Find) error {
			return believe(found.Table, found.Key, found.Value)
		})
	})
}
