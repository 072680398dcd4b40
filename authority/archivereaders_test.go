package authority_test

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.etcd.io/bbolt"

	"tokenscale/audit"
	"tokenscale/audit/segment"
	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/authority/integrity"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/fault"
	"tokenscale/store"
	"tokenscale/store/bolt/boltfile"
	"tokenscale/token"
)

// The doctor's look at all rows fits them to what has left, and says so where a file is missing.
func TestArchive_TheDoctorReadsThroughIt(t *testing.T) {
	h := moved(t)
	inspect := func() (rep integrity.Report) {
		keys, err := keyring.Load(h.KeyFile())
		must(t, err)
		must(t, h.DB.View(t.Context(), func(r store.Reader) error {
			rep, err = integrity.Inspect(t.Context(), h.Whole(r), keys)
			return err
		}))
		return rep
	}
	if rep := inspect(); len(rep.Odd) > 0 || rep.First != 1 {
		t.Errorf("the rows do not fit together, or the log does not begin with entry 1: %v, %d", rep.Odd, rep.First)
	}
	h.Unchecked = true
	must(t, os.Remove(filepath.Join(h.AuditFolder(), segment.FileName(1))))
	if rep := inspect(); len(rep.Odd) == 0 || !strings.Contains(fmt.Sprint(rep.Odd), "Segment 1 ") || rep.Err() != nil {
		t.Errorf("with a file missing: %v, %v", rep.Odd, rep.Err())
	}
}

// Of a store part of whose log has left it a salvage loses nothing more: the log fits together, a
// token that is gone has its history, and no number is given twice, whatever was lost, and whether
// or not the files were there by then.
func TestArchive_ASalvageReadsThroughIt(t *testing.T) {
	for _, lost := range []store.Table{"-", rows.SubjectsTable, rows.TreeTable} {
		for _, missing := range []bool{false, true} {
			t.Run(fmt.Sprintf("lost %s, files missing %v", lost, missing), func(t *testing.T) {
				h := archiving(t)
				ids := eventful(t, h)
				last, _ := h.Token(draft("last"))
				must(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), last.ID))
				lengthen(t, h, 200)
				signed(t, h)
				h.Clock.Pass(91 * day)
				must(t, h.Archiver().Move(t.Context()))
				before := about(t, h, ids[0])
				h.Unchecked = true // checkpoints begin anew
				h.Close()
				aside := h.AuditFolder() + ".aside"
				if missing {
					must(t, os.Rename(h.AuditFolder(), aside))
				}
				done := salvage(t, h, func(f boltfile.Find) bool { return f.Table != lost })
				if done.Gaps != 0 || done.Lost != 0 {
					t.Errorf("%d entries and %d tokens are said to be lost", done.Gaps, done.Lost)
				}
				must(t, h.TryOpen())
				if missing {
					must(t, os.Rename(aside, h.AuditFolder()))
				}
				if diff := cmp.Diff(about(t, h, ids[0]), before); diff != "" {
					t.Errorf("what is about a token that is gone (-got +want):\n%s", diff)
				}
				if next, _ := h.Token(draft("next")); next.Number != last.Number+1 {
					t.Errorf("the token after number %d has number %d", last.Number, next.Number)
				}
				if err := h.Check(t.Context()); err != nil {
					t.Errorf("the rows do not fit together: %v", err)
				}
			})
		}
	}
}

// What can be read of the log does not refute a token that was made in a part of it that cannot;
// but it still refutes one that it knows to be gone.
func TestArchive_ASalvageWithoutTheFilesKeepsTheTokens(t *testing.T) {
	h := moved(t)
	h.Unchecked = true // checkpoints begin anew
	var gone token.Token
	for _, v := range h.All() {
		if v.Name == "t20" { // of the first segment, and not touched since
			gone = v.Token
		}
	}
	row := storedRow(t, h, rows.TokensTable, authority.RowKey(gone))
	must(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), gone.ID))
	want := h.State()
	h.Close()
	aside := h.AuditFolder() + ".aside"
	must(t, os.Rename(h.AuditFolder(), aside))
	inFile(t, h, func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte(rows.TokensTable)).Put([]byte(authority.RowKey(gone)), row)
	})
	salvageOf(t, h, func(boltfile.Find) bool { return true }, nil)
	must(t, h.TryOpen())
	must(t, os.Rename(aside, h.AuditFolder()))
	if diff := cmp.Diff(h.State(), want, cmpopts.EquateComparable(netip.Addr{})); diff != "" {
		t.Errorf("the tokens (-got +want):\n%s", diff)
	}
}

// storedRow returns a row as it lies in the store.
func storedRow(t *testing.T, h *authoritytest.House, table store.Table, key string) (row []byte) {
	t.Helper()
	must(t, h.DB.View(t.Context(), func(r store.Reader) error {
		v, err := r.Get(table, []byte(key))
		row = bytes.Clone(v)
		return err
	}))
	return row
}

// A server that is not told where the files are takes no entry that has left for a lost one: it
// makes no node of the tree of them, which would stay wrong.
func TestArchive_WhatHasLeftIsNotTakenForLost(t *testing.T) {
	h := moved(t)
	h.Unchecked = true
	size := int64(600)
	without, err := authoritytest.On(h, h.DB, func(o *authority.Options) { o.Archive.Folder = "" })
	must(t, err)
	_, err = without.ProveEntry(t.Context(), root(), "300", &size)
	refusal(t, err, fault.Unavailable, "cannot be read")
	must(t, h.DB.Update(t.Context(), func(w store.Writer) error {
		return w.Delete(rows.TreeTable, []byte(rows.NodeKey(8, 1)))
	}))
	_, err = without.ProveGrowth(t.Context(), root(), 500, size)
	refusal(t, err, fault.Unavailable, "cannot be read")
	must(t, without.Close(t.Context()))
	_, err = h.ProveEntry(t.Context(), root(), "300", &size)
	must(t, err)
	if rep := wholly(t, h); len(rep.Found) > 0 {
		t.Errorf("what does not fit: %v", rep.Found)
	}
}

// A sink that was away for long gets what has left the store as well.
func TestArchive_TheAuditFileGetsWhatHasLeft(t *testing.T) {
	h := moved(t)
	var out bytes.Buffer
	late, err := authoritytest.On(h, h.DB, func(o *authority.Options) { o.AuditSink = &out })
	must(t, err)
	must(t, late.Close(t.Context()))
	if want := lines(t, h); !bytes.Equal(out.Bytes(), want) || bytes.Count(want, []byte("\n")) < 512 {
		t.Errorf("the sink got %d bytes, and the log has %d", out.Len(), len(want))
	}
}

// Who stops waiting ends the reading of files, also in the middle of one.
func TestArchive_ReadingEndsWithItsContext(t *testing.T) {
	h := moved(t)
	ctx, cancel := context.WithCancel(t.Context())
	after := 0
	_, _, err := h.Events(ctx, root(), audit.Query{Limit: 1000, Actor: audit.ActorSystem, Each: func(e *audit.Entry) error {
		if e.Seq <= 240 { // in the first file, of which most follows
			cancel()
			after++
		}
		return nil
	}})
	refusal(t, err, fault.Unavailable, "ended before")
	if after > 70 {
		t.Errorf("%d more entries were read", after)
	}
}
