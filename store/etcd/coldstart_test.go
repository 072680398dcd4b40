package etcd

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenscale/store"
	"tokenscale/store/bolt/boltfile"
	"tokenscale/store/etcd/mirror"
)

// fillNumbered writes n rows under the numbers from 0 on, as tokens and audit entries are.
func fillNumbered(t testing.TB, db *DB, n int) {
	t.Helper()
	rows, _ := db.Limits()
	value := make([]byte, 200)
	for from := 0; from < n; from += rows {
		must(t, db.Update(t.Context(), func(w store.Writer) error {
			for i := from; i < min(from+rows, n); i++ {
				if err := w.Put("left", binary.BigEndian.AppendUint64(nil, uint64(i)), value); err != nil {
					return err
				}
			}
			return nil
		}))
	}
}

func BenchmarkAStartWithoutAMirror(b *testing.B) {
	const rows = 300_000
	endpoints := members(b, 1)
	first := node(b, endpoints, "first")
	fillNumbered(b, first, rows)
	folder := ""
	before := spent()
	for b.Loop() {
		db := node(b, endpoints, "second", func(o *Options) { folder = o.Folder })
		must(b, db.Close())
		must(b, os.RemoveAll(folder))
	}
	b.ReportMetric(float64((spent()-before).Milliseconds())/float64(b.N), "cpu-ms/op")
}

func spent() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// Keys lie close and far apart, are long and short, and begin alike; a page holds four of them.
func TestPagesMissNoRow(t *testing.T) {
	endpoints := members(t, 1)
	a := node(t, endpoints, "a", func(o *Options) { o.Page = 4 })
	want := map[string]bool{"\x00": true, "x": true, "x\x00": true, "\xff\xff\xff\xff\xff\xff\xff\xff\xff": true}
	for i := range uint64(40) {
		for _, n := range []uint64{i, 1_000_000 + i, 1 << 60 * (i % 16), ^uint64(0) - i} {
			want[string(binary.BigEndian.AppendUint64(nil, n))] = true
			want["the same for all of them"+string(binary.BigEndian.AppendUint64(nil, n*n))] = true
		}
		want[strings.Repeat("z", int(i)+1)] = true
	}
	for keys := range slices.Chunk(slices.Sorted(maps.Keys(want)), 100) {
		must(t, a.Update(t.Context(), func(w store.Writer) (err error) {
			for _, k := range keys {
				err = errors.Join(err, w.Put("left", []byte(k), []byte("1")))
			}
			return err
		}))
	}
	rows, err := a.book(a.applied, nil).Open(t.Context(), "left", a.keys.rows("left"))
	must(t, err)
	var got []string
	for rows.Row.Key != nil {
		got = append(got, string(rows.Row.Key))
		must(t, rows.Next())
	}
	if diff := cmp.Diff(got, slices.Sorted(maps.Keys(want))); diff != "" {
		t.Error(diff)
	}
	b := node(t, endpoints, "b", func(o *Options) { o.Page = 4 })
	if diff := cmp.Diff(keysOf(t, b), keysOf(t, a)); diff != "" {
		t.Errorf("a mirror that was filled from them: %s", diff)
	}
}

// All tables are read at the same time, a few pages of each at a time.
func TestAMirrorIsFilledWithAllTables(t *testing.T) {
	endpoints := members(t, 1)
	a := node(t, endpoints, "a")
	tables, want := a.options.Tables, map[string]string{}
	must(t, a.Update(t.Context(), func(w store.Writer) (err error) {
		for i := range 50 {
			for n, table := range tables[:2] {
				key, value := fmt.Sprintf("%c%02d", 'a'+n, i), strings.Repeat("v", i)
				want[string(table)+" "+key] = value
				err = errors.Join(err, w.Put(table, []byte(key), []byte(value)))
			}
		}
		return err
	}))
	b := node(t, endpoints, "b", func(o *Options) { o.Page = 2 })
	got := map[string]string{}
	must(t, b.View(t.Context(), func(r store.Reader) (err error) {
		for _, table := range tables {
			err = errors.Join(err, r.Scan(table, store.Range{}, func(key, value []byte) error {
				got[string(table)+" "+string(key)] = string(value)
				return nil
			}))
		}
		return err
	}))
	if diff := cmp.Diff(got, want); diff != "" {
		t.Error(diff)
	}
}

func TestAMirrorThatAStartCouldNotFillIsComparedByTheNext(t *testing.T) {
	endpoints := members(t, 1)
	a := node(t, endpoints, "a")
	must(t, a.Update(t.Context(), func(w store.Writer) error { return w.Put("left", []byte("there"), []byte("1")) }))
	folder := filepath.Join(t.TempDir(), "b")
	left, err := mirror.Open(folder, boltfile.Schema{Version: a.options.Schema, Tables: a.options.Tables})
	must(t, err)
	must(t, left.Add("left", []store.Row{{Key: []byte("deleted since"), Value: []byte("1")}}))
	must(t, left.Close())
	b := node(t, endpoints, "b", func(o *Options) { o.Folder = folder })
	if got := keysOf(t, b); got != "[there]" {
		t.Errorf("the mirror has %s", got)
	}
}

// A page without an end has a member count all the rest, so only the last ones may have none.
func TestPagesOfNumberedRowsHaveAnEnd(t *testing.T) {
	const rows, page = 1500, 100
	endpoints := members(t, 1)
	a := node(t, endpoints, "a", func(o *Options) { o.Page = page })
	fillNumbered(t, a, rows)
	walk, err := a.book(a.applied, nil).Open(t.Context(), "left", a.keys.rows("left"))
	must(t, err)
	seen, endless := 0, rows // where the first page that has none begins
	for ; walk.Row.Key != nil; must(t, walk.Next()) {
		if seen++; walk.Endless() {
			endless = min(endless, seen)
		}
	}
	if seen != rows || endless < rows-2*page {
		t.Errorf("of %d rows, those behind the %dth are in a page without an end", seen, endless)
	}
}
