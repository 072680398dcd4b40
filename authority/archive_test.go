package authority_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"tokenscale/audit"
	"tokenscale/audit/segment"
	"tokenscale/authority"
	"tokenscale/authority/archive"
	"tokenscale/authority/archive/bucket"
	"tokenscale/authority/authoritytest"
	"tokenscale/authority/integrity"
	"tokenscale/authority/keyring"
	"tokenscale/authority/ledger"
	"tokenscale/authority/rows"
	"tokenscale/fault"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/store/bolt"
	"tokenscale/store/bolt/boltfile"
	"tokenscale/token"
)

// short are the settings of an archive whose segments have 256 entries.
func short(a *archive.Settings) {
	a.Keep, a.Entries = 90*day, 256
}

// archiving returns a House whose audit log leaves the store in short segments.
func archiving(t testing.TB, change ...func(*archive.Settings)) *authoritytest.House {
	t.Helper()
	return authoritytest.OpenWith(t, authoritytest.Setup{File: true, Options: func(o *authority.Options) {
		short(&o.Archive)
		for _, c := range change {
			c(&o.Archive)
		}
	}})
}

// eventful writes a log of some 700 entries in which tokens live and die over the borders of
// segments, and returns all ids that tokens ever had.
func eventful(t *testing.T, h *authoritytest.House) (ids []token.ID) {
	t.Helper()
	ctx, alive := context.Background(), []token.ID{}
	create := func(n int) {
		for i := range n {
			v, _, err := h.CreateToken(ctx, as(root(), "createSystemToken"), draft(fmt.Sprint("t", len(ids)+i)))
			must(t, err)
			alive, ids = append(alive, v.ID), append(ids, v.ID)
		}
	}
	turn := func() {
		for i := range 6 {
			next, _ := rotate(t, h, alive[i], time.Duration(i%2)*day)
			ids = append(ids, next.ID)
			alive[i] = next.ID
		}
		for _, id := range alive[len(alive)-5:] {
			must(t, h.DeleteToken(ctx, as(root(), "deleteToken"), id))
		}
		alive = alive[:len(alive)-5]
		must(t, h.UpdatePermissions(ctx, as(root(), "updateSystemPermissions"), alive[7], health|cluster))
	}
	set(t, h, policy.Security{Enabled: true, AllowUpdates: true})
	create(30)
	turn()
	set(t, h, policy.Security{Enabled: true, AllowUpdates: true, FilterID: filter(t, h, "everybody", "allow all")})
	lengthen(t, h, 300)
	create(20)
	turn()
	set(t, h, policy.Security{Enabled: true, AllowUpdates: true, MaxAgeMs: (4000 * day).Milliseconds()})
	lengthen(t, h, 230)
	turn()
	create(10)
	must(t, h.DeleteToken(ctx, as(root(), "deleteToken"), alive[0]))
	return ids
}

// signed makes a checkpoint of all there is.
func signed(t *testing.T, h *authoritytest.House) string {
	t.Helper()
	note, err := h.SignedCheckpoint(context.Background())
	must(t, err)
	return note
}

// inStore returns how many rows there are of what leaves the store.
func inStore(t *testing.T, h *authoritytest.House) map[store.Table]int {
	t.Helper()
	n := map[store.Table]int{}
	for _, table := range []store.Table{rows.AuditTable, rows.SubjectsTable, rows.EvidenceTable, rows.SegmentsTable} {
		n[table] = len(rowsOf(t, h, table))
	}
	return n
}

// wholly examines the whole log, with what has left the store.
func wholly(t testing.TB, h *authoritytest.House, notes ...ledger.NamedNote) (rep ledger.Report) {
	t.Helper()
	keys, err := keyring.Load(h.KeyFile())
	must(t, err)
	must(t, h.DB.View(t.Context(), func(r store.Reader) error {
		rep, err = ledger.Examine(t.Context(), h.Whole(r), keys, notes...)
		return err
	}))
	return rep
}

// lines returns the whole log as it is written out.
func lines(t *testing.T, h *authoritytest.House) []byte {
	t.Helper()
	keys, err := keyring.Load(h.KeyFile())
	must(t, err)
	var out bytes.Buffer
	must(t, h.DB.View(t.Context(), func(r store.Reader) error {
		_, err := ledger.Export(t.Context(), h.Whole(r), keys, 1, &out)
		return err
	}))
	return out.Bytes()
}

// Whatever is asked of the log, the answer is the same before and after most of it has left the
// store: lists, histories of tokens that live, died or were rotated, export, proofs, and
// checkpoints that were kept elsewhere.
func TestArchive_ChangesNoAnswer(t *testing.T) {
	h := archiving(t)
	ids := eventful(t, h)
	note := signed(t, h)
	type proof struct {
		audit.InclusionProof
		Grown audit.ConsistencyProof
	}
	size := int64(len(rowsOf(t, h, rows.AuditTable)))
	proofs := func() (all []proof) {
		for id := int64(1); id <= size; id += 37 {
			p, err := h.ProveEntry(t.Context(), root(), fmt.Sprint(id), &size)
			must(t, err)
			g, err := h.ProveGrowth(t.Context(), root(), id, size)
			must(t, err)
			all = append(all, proof{p, g})
		}
		return all
	}
	histories := func() map[token.ID][]audit.Entry {
		all := map[token.ID][]audit.Entry{}
		for _, id := range ids {
			all[id] = about(t, h, id)
		}
		return all
	}
	stored, trail, of, proved, exported := inStore(t, h), h.Trail(), histories(), proofs(), lines(t, h)

	h.Clock.Pass(91 * day)
	must(t, h.Archiver().Move(t.Context()))

	left := inStore(t, h)
	if left[rows.SegmentsTable] != 2 || left[rows.AuditTable] != stored[rows.AuditTable]+2-512 || left[rows.EvidenceTable] != 0 {
		t.Errorf("the store has the rows %v, and had %v", left, stored)
	}
	if left[rows.SubjectsTable] >= stored[rows.SubjectsTable]-60 {
		t.Errorf("of %d rows that find entries by token %d are left", stored[rows.SubjectsTable], left[rows.SubjectsTable])
	}
	now := h.Trail()
	for len(now) > 0 && now[0].Type == audit.Archived {
		now = now[1:]
	}
	if diff := cmp.Diff(now, trail); diff != "" {
		t.Errorf("the log (-got +want):\n%s", diff)
	}
	if diff := cmp.Diff(histories(), of); diff != "" {
		t.Errorf("what is about each token (-got +want):\n%s", diff)
	}
	if diff := cmp.Diff(proofs(), proved); diff != "" {
		t.Errorf("the proofs (-got +want):\n%s", diff)
	}
	if got := lines(t, h); !bytes.HasPrefix(got, exported) {
		t.Error("the log is written out otherwise than before")
	}
	if rep := wholly(t, h, ledger.NamedNote{Name: "of before", Note: note}); len(rep.Found) > 0 {
		t.Errorf("what does not fit: %v", rep.Found)
	}
	if len(of[ids[0]]) == 0 || !listed(h, ids[len(ids)-1]) || listed(h, ids[0]) {
		t.Fatal("this test asks for nothing") // of a token that is gone, and one that is there
	}
}

// A page that lies in segments, or begins before and ends in them, is the same as in the store.
func TestArchive_PagesGoOverTheBorder(t *testing.T) {
	h := archiving(t)
	eventful(t, h)
	signed(t, h)
	ask := func(q audit.Query) []audit.Entry {
		total, page, err := h.Events(t.Context(), root(), q)
		must(t, err)
		return append(page, audit.Entry{Seq: uint64(total)})
	}
	total, _, err := h.Events(t.Context(), root(), audit.Query{Limit: 1})
	must(t, err)
	queries := []audit.Query{{Types: []audit.Type{audit.TokenChanged}, Limit: 100}, {Actor: "localroot", Skip: 20, Limit: 50}}
	for _, behind := range []int{1, 255, 256, 257, 400, 511, 512, 513, 600} {
		queries = append(queries, audit.Query{Skip: total - behind, Limit: 20})
	}
	var before [][]audit.Entry
	for _, q := range queries {
		before = append(before, ask(q))
	}
	h.Clock.Pass(91 * day)
	must(t, h.Archiver().Move(t.Context()))
	for i, q := range queries {
		if q.Actor == "" && len(q.Types) == 0 {
			q.Skip += 2 // of what tells of the two segments
			before[i][len(before[i])-1].Seq += 2
		}
		if diff := cmp.Diff(ask(q), before[i]); diff != "" {
			t.Errorf("%+v (-got +want):\n%s", q, diff)
		}
	}
}

// What is too young stays, and what no signed checkpoint covers, and the newest entry in any case.
func TestArchive_LetsNothingGoTooEarly(t *testing.T) {
	tests := []struct {
		name   string
		change func(*archive.Settings)
		do     func(h *authoritytest.House)
		want   int // segments
	}{
		{"young", nil, func(h *authoritytest.House) { signed(t, h); h.Clock.Pass(89 * day) }, 0},
		{"old", nil, func(h *authoritytest.House) { signed(t, h); h.Clock.Pass(90 * day) }, 1},
		{"not covered by a checkpoint", nil, func(h *authoritytest.House) { h.Clock.Pass(200 * day) }, 0},
		{"kept for ever", func(a *archive.Settings) { a.Keep = 0 }, func(h *authoritytest.House) { signed(t, h); h.Clock.Pass(9000 * day) }, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			change := test.change
			if change == nil {
				change = func(*archive.Settings) {}
			}
			h := archiving(t, change)
			lengthen(t, h, 256)
			set(t, h, policy.Security{Enabled: true})
			test.do(h)
			must(t, h.Archiver().Move(t.Context()))
			if got := inStore(t, h)[rows.SegmentsTable]; got != test.want {
				t.Errorf("%d segments have left, want %d", got, test.want)
			}
		})
	}
	h := archiving(t)
	lengthen(t, h, 256)
	signed(t, h)
	h.Clock.Pass(99 * day)
	must(t, h.Archiver().Move(t.Context()))
	if got := inStore(t, h)[rows.SegmentsTable]; got != 0 {
		t.Error("the newest entry has left, which the numbers go on from")
	}
}

// A token's number is never given twice, though the row that tells the highest is of an entry that
// has left.
func TestArchive_KeepsTheHighestNumber(t *testing.T) {
	h := archiving(t)
	v, _, err := h.CreateToken(t.Context(), as(root(), "createSystemToken"), draft("last"))
	must(t, err)
	must(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), v.ID))
	lengthen(t, h, 300)
	signed(t, h)
	h.Clock.Pass(91 * day)
	must(t, h.Archiver().Move(t.Context()))
	next, _, err := h.CreateToken(t.Context(), as(root(), "createSystemToken"), draft("next"))
	must(t, err)
	if next.Number != v.Number+1 {
		t.Errorf("the token after number %d has number %d", v.Number, next.Number)
	}
	if got := about(t, h, v.ID); len(got) != 2 {
		t.Errorf("there are %d entries about the token that is gone, want 2", len(got))
	}
}

var errKilled = errors.New("killed")

// Wherever the work is cut off, the log is whole, and the next start brings it to the same end.
func TestArchive_MayBeKilledAnywhere(t *testing.T) {
	steps := map[string]int{}
	count := func(a *archive.Settings) {
		a.Copy, a.Step = archive.Folder(t.TempDir()), func(step string) error { steps[step]++; return nil }
	}
	h := archiving(t, count)
	eventful(t, h)
	signed(t, h)
	h.Clock.Pass(91 * day)
	must(t, h.Archiver().Move(t.Context()))
	if len(steps) < 6 {
		t.Fatalf("the steps are only %v", steps)
	}
	for step, times := range steps {
		for at := range times {
			t.Run(fmt.Sprint(step, " ", at+1), func(t *testing.T) {
				seen, second := 0, t.TempDir()
				h := archiving(t, func(a *archive.Settings) {
					a.Copy = archive.Folder(second)
					a.Step = func(s string) error {
						if s == step {
							seen++
						}
						if s == step && seen == at+1 {
							return errKilled
						}
						return nil
					}
				})
				eventful(t, h)
				note := ledger.NamedNote{Name: "of before", Note: signed(t, h)}
				h.Clock.Pass(91 * day)
				if err := h.Archiver().Move(t.Context()); !errors.Is(err, errKilled) {
					t.Fatalf("it was not cut off: %v", err)
				}
				h.Crash()
				must(t, os.WriteFile(filepath.Join(second, ".segment-half"), []byte("half"), 0o600))
				must(t, h.TryOpen())
				if rep := wholly(t, h, note); len(rep.Found) > 0 {
					t.Errorf("after it was cut off: %v", rep.Found)
				}
				must(t, h.Archiver().Move(t.Context()))
				if rep := wholly(t, h, note); len(rep.Found) > 0 {
					t.Errorf("at the end: %v", rep.Found)
				}
				left := inStore(t, h)
				if left[rows.SegmentsTable] != 2 || left[rows.EvidenceTable] != 0 {
					t.Errorf("the store has the rows %v", left)
				}
				for _, folder := range []string{h.AuditFolder(), second} {
					if got, _ := filepath.Glob(filepath.Join(folder, "*")); len(got) != 2 {
						t.Errorf("in %s are %v", folder, got)
					}
					if got, _ := filepath.Glob(filepath.Join(folder, ".*")); len(got) != 0 {
						t.Errorf("left over in %s: %v", folder, got)
					}
				}
			})
		}
	}
}

// moved returns a House two segments of whose log have left.
func moved(t *testing.T, change ...func(*archive.Settings)) *authoritytest.House {
	t.Helper()
	h := archiving(t, change...)
	eventful(t, h)
	signed(t, h)
	h.Clock.Pass(91 * day)
	must(t, h.Archiver().Move(t.Context()))
	return h
}

// Each way to change what has left is found, and the number of what was changed is told, by a
// server that had read the files before and by one that had not. The server runs on.
func TestArchive_WhatWasChangedIsFoundByItsNumber(t *testing.T) {
	path := func(h *authoritytest.House, n uint64) string {
		return filepath.Join(h.AuditFolder(), segment.FileName(n))
	}
	tests := []struct {
		name string
		harm func(h *authoritytest.House) error
		want []uint64
	}{
		{"nothing", func(*authoritytest.House) error { return nil }, nil},
		{"one byte", func(h *authoritytest.House) error {
			b, err := os.ReadFile(path(h, 2))
			if err != nil {
				return err
			}
			b[len(b)/2] ^= 1
			return os.WriteFile(path(h, 2), b, 0o600)
		}, []uint64{2}},
		{"two files swapped", func(h *authoritytest.House) error {
			return errors.Join(os.Rename(path(h, 1), path(h, 9)), os.Rename(path(h, 2), path(h, 1)), os.Rename(path(h, 9), path(h, 2)))
		}, []uint64{1, 2}},
		{"one deleted", func(h *authoritytest.House) error { return os.Remove(path(h, 1)) }, []uint64{1}},
		{"one cut short", func(h *authoritytest.House) error {
			info, err := os.Stat(path(h, 2))
			if err != nil {
				return err
			}
			return os.Truncate(path(h, 2), info.Size()-1)
		}, []uint64{2}},
	}
	for _, test := range tests {
		for _, reopen := range []bool{false, true} {
			t.Run(fmt.Sprint(test.name, ", opened again ", reopen), func(t *testing.T) {
				h := moved(t)
				h.Unchecked = true
				read := func() error {
					_, _, err := h.Events(t.Context(), root(), audit.Query{Types: []audit.Type{audit.TokenChanged}, Limit: 200})
					return err
				}
				must(t, read())
				must(t, test.harm(h))
				if reopen {
					h.Reopen()
				}
				if err := read(); len(test.want) == 0 {
					must(t, err)
				} else {
					refusal(t, err, fault.Unavailable, fmt.Sprintf("Segment %d ", test.want[len(test.want)-1]))
				}
				var found []error
				must(t, h.DB.View(t.Context(), func(r store.Reader) (err error) {
					found, err = h.Archiver().Segments.Check(t.Context(), r)
					return err
				}))
				var numbers []uint64
				for _, f := range found {
					u, ok := errors.AsType[*archive.Unreadable](f)
					if !ok {
						t.Fatal(f)
					}
					numbers = append(numbers, u.Segment.Number)
				}
				if diff := cmp.Diff(numbers, test.want); diff != "" {
					t.Errorf("found by number (-got +want):\n%s\n%v", diff, found)
				}
				if _, _, err := h.CreateToken(t.Context(), as(root(), "createSystemToken"), draft("on")); err != nil {
					t.Errorf("the server does not run on: %v", err)
				}
				if _, _, err := h.Events(t.Context(), root(), audit.Query{Limit: 20}); err != nil {
					t.Errorf("what is in the store cannot be read: %v", err)
				}
			})
		}
	}
}

func TestArchive_SaysWhichFilesAreMissing(t *testing.T) {
	h := moved(t)
	h.Unchecked = true
	whole, err := h.Archiver().State(t.Context())
	must(t, err)
	if whole.Segments != 2 || whole.Entries != 512 || len(whole.Missing) > 0 {
		t.Errorf("it says %+v, want two segments of 256 entries", whole)
	}
	must(t, os.Remove(filepath.Join(h.AuditFolder(), segment.FileName(2))))
	lost, err := h.Archiver().State(t.Context())
	must(t, err)
	if len(lost.Missing) != 1 || !strings.Contains(lost.Missing[0].Error(), "Segment 2 ") {
		t.Errorf("it says that %v are missing, want segment 2", lost.Missing)
	}
}

// A file that is lost comes back from its second place, when it is needed.
func TestArchive_AMissingFileComesFromTheSecondPlace(t *testing.T) {
	second := t.TempDir()
	h := moved(t, func(a *archive.Settings) { a.Copy = archive.Folder(second) })
	before := h.Trail()
	must(t, os.RemoveAll(h.AuditFolder()))
	_, _, err := h.Events(t.Context(), root(), audit.Query{Types: []audit.Type{audit.TokenChanged}, Limit: 200})
	must(t, err)
	if diff := cmp.Diff(h.Trail(), before); diff != "" {
		t.Errorf("the log (-got +want):\n%s", diff)
	}
	h.Unchecked = true
	bad := filepath.Join(second, segment.FileName(1))
	must(t, os.RemoveAll(h.AuditFolder()))
	must(t, os.WriteFile(bad, []byte("another"), 0o600))
	_, _, err = h.Events(t.Context(), root(), audit.Query{Types: []audit.Type{audit.TokenChanged}, Limit: 200})
	refusal(t, err, fault.Unavailable, "Segment 1 ")
}

// A bucket is a second place like a folder: what is in it was read back, and comes back.
func TestArchive_KeepsASecondCopyInABucket(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "key")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	held := s3mem.New()
	must(t, held.CreateBucket("logs"))
	var fail atomic.Bool
	server := gofakes3.New(held).Server()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if fail.Load() {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		server.ServeHTTP(w, r)
	}))
	transport := &http.Transport{}
	t.Cleanup(func() { transport.CloseIdleConnections(); s.Close() })
	b, err := bucket.Open(bucket.Options{Address: "s3://logs/audit", Endpoint: s.URL, Region: "us-east-1", Transport: transport})
	must(t, err)
	h := archiving(t, func(a *archive.Settings) { a.Copy = b })
	eventful(t, h)
	signed(t, h)
	h.Clock.Pass(91 * day)
	fail.Store(true)
	if err := h.Archiver().Move(t.Context()); err == nil || inStore(t, h)[rows.SegmentsTable] != 0 {
		t.Fatalf("a segment has left though its second place does not take it: %v", err)
	}
	fail.Store(false)
	must(t, h.Archiver().Move(t.Context()))
	if _, err := held.HeadObject("logs", "audit/"+segment.FileName(2)); err != nil {
		t.Errorf("the second segment is not in the bucket: %v", err)
	}
	must(t, os.RemoveAll(h.AuditFolder()))
	_, page, err := h.Events(t.Context(), root(), audit.Query{Types: []audit.Type{audit.TokenChanged}, Limit: 200})
	if err != nil || page[len(page)-1].Seq > 10 {
		t.Errorf("the log is not read from the bucket: %v", err)
	}
}

// Two nodes with the same rows build the same file.
func TestArchive_TheFileIsAFunctionOfTheRows(t *testing.T) {
	h := archiving(t)
	eventful(t, h)
	signed(t, h)
	h.Clock.Pass(91 * day)
	folders := []string{t.TempDir(), h.AuditFolder()}

	f, err := os.OpenFile(filepath.Join(folders[0], "store.db"), os.O_CREATE|os.O_WRONLY, 0o600)
	must(t, err)
	_, err = h.DB.Backup(t.Context(), f)
	must(t, errors.Join(err, f.Close()))
	must(t, h.Archiver().Move(t.Context()))

	db, err := bolt.Open(bolt.Options{Folder: folders[0], Tables: rows.Tables(), Now: h.Clock.Now})
	must(t, err)
	other, err := authoritytest.On(h, db, func(o *authority.Options) { o.Archive.Folder = folders[0] })
	must(t, err)
	h.Clock.Pass(day)
	must(t, other.Archiver().Move(t.Context()))
	must(t, errors.Join(other.Close(t.Context()), db.Close()))

	for _, n := range []uint64{1, 2} {
		var files [2][]byte
		for i, folder := range folders {
			files[i], err = os.ReadFile(filepath.Join(folder, segment.FileName(n)))
			must(t, err)
		}
		if !bytes.Equal(files[0], files[1]) {
			t.Errorf("the files of segment %d differ", n)
		}
	}
}

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
