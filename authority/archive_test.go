package authority_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenscale/audit"
	"tokenscale/audit/segment"
	"tokenscale/authority"
	"tokenscale/authority/archive"
	"tokenscale/authority/authoritytest"
	"tokenscale/authority/keyring"
	"tokenscale/authority/ledger"
	"tokenscale/authority/rows"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/store/bolt"
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

// moved returns a House two segments of whose log have left.
func moved(t *testing.T, change ...func(*archive.Settings)) *authoritytest.House {
	t.Helper()
	h := archiving(t, change...)
	move(t, h)
	return h
}

// move has two segments of a log leave.
func move(t *testing.T, h *authoritytest.House) {
	t.Helper()
	eventful(t, h)
	signed(t, h)
	h.Clock.Pass(91 * day)
	must(t, h.Archiver().Move(t.Context()))
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
