package faulttest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tokenscale/authority/integrity"
	"tokenscale/authority/rows"
	"tokenscale/store"
	"tokenscale/store/bolt"
	"tokenscale/store/bolt/boltfile"
)

// states makes n states of what is not certain and looks at each that was not
// there before.
func (x *folderExplorer) states(n int) {
	for i := range n {
		if n < 16 {
			i = x.chance.IntN(32)
		}
		x.state(i)
	}
}

func (x *folderExplorer) state(i int) {
	names := x.someNames(i)
	file, there := names["store.db"]
	if !there {
		x.count++
		x.blame(errors.New("there is no store"))
		return
	}
	picks := x.files[file].some(i, x.chance)
	defer x.files[file].undo()
	state := fmt.Sprint(names, x.files[file].kept, picks, x.acked)
	if x.seen[state] {
		return
	}
	x.seen[state] = true
	if half, there := names["store.db.compact"]; there && half != file {
		x.files[half].some(x.chance.IntN(32), x.chance)
		defer x.files[half].undo()
	}
	x.count++
	if x.exchanging() {
		x.between++
	}
	x.blame(x.look(names))
}

func (x *folderExplorer) blame(err error) {
	if err == nil {
		return
	}
	if x.bad++; x.first == nil {
		x.first = fmt.Errorf("after %d answers: %w", x.acked, err)
	}
}

// someNames returns what may be in the folder: nothing of what is not certain,
// all of it, the first few changes, or any of them.
func (x *folderExplorer) someNames(i int) map[string]int {
	names := maps.Clone(x.certain)
	until := [...]int{0, len(x.namings), x.chance.IntN(len(x.namings) + 1), len(x.namings)}[i%4]
	for _, e := range x.namings[:until] {
		if i%4 < 3 || x.chance.IntN(2) == 0 {
			put(names, e)
		}
	}
	return names
}

// some puts into the file what may be in it, and returns what that is.
func (f *inode) some(i int, chance *rand.Rand) string {
	var picks strings.Builder
	odd := chance.IntN(len(f.pending) + 1)
	pick := func(n int) bool {
		// Nothing, all, all but one, the first few.
		taken := [...]bool{false, true, n != odd, n < odd}[i/4%4]
		if i >= 16 {
			taken = chance.IntN(2) == 0
		}
		if taken {
			picks.WriteByte('1')
		} else {
			picks.WriteByte('0')
		}
		return taken
	}
	for n, c := range f.pending {
		if i >= 16 && i%8 >= 4 {
			f.apply(c.step, func() bool { return pick(n) })
		} else if pick(n) {
			f.apply(c.step, nil)
		}
	}
	return picks.String()
}

// look makes the folder and starts from it.
func (x *folderExplorer) look(names map[string]int) error {
	old, err := filepath.Glob(filepath.Join(x.at, "store.db*"))
	must(x.t, err)
	for _, path := range old {
		must(x.t, os.Remove(path))
	}
	for name, file := range names {
		must(x.t, os.Link(x.files[file].file.Name(), filepath.Join(x.at, name)))
	}
	if err := x.inspect(); err != nil {
		return err
	}
	db, err := bolt.Open(bolt.Options{Folder: x.at, Tables: rows.Tables(), Now: time.Now})
	if err != nil {
		return err
	}
	if _, err := os.Stat(boltfile.CompactPath(x.at)); !errors.Is(err, os.ErrNotExist) {
		x.t.Errorf("a start leaves half a compaction: %v", err)
	}
	return db.Close()
}

// inspect looks whether the store is sound and has the tokens of all changes
// that were answered, or of one more.
func (x *folderExplorer) inspect() error {
	var rep integrity.Report
	var ids []string
	err := boltfile.Inspect(context.Background(), boltfile.Path(x.at), func(r store.Reader) (err error) {
		if rep, err = integrity.Inspect(context.Background(), r, x.keys); err != nil {
			return err
		}
		return rows.New(x.keys).Tokens.Each(r, store.Range{}, func(_ []byte, v rows.StoredToken) error { ids = append(ids, string(v.ID)); return nil })
	})
	slices.Sort(ids)
	if err := errors.Join(append(rep.Odd, err, rep.Err())...); err != nil {
		return err
	}
	got, all := strings.Join(ids, " "), x.history.all
	for n, want := range all {
		if got == want && (n < x.acked || n > x.acked+1) {
			return fmt.Errorf("it is as after %d changes", n)
		}
	}
	if got != all[x.acked] && (x.acked+1 == len(all) || got != all[x.acked+1]) {
		return fmt.Errorf("it has tokens as never before: %d", len(ids))
	}
	return nil
}
