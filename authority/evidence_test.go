package authority_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tokenscale/audit"
	"tokenscale/authority"
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

// exported returns the audit log as it is written out.
func exported(t testing.TB, h *authoritytest.House, from uint64) []byte {
	t.Helper()
	keys, err := keyring.Load(h.KeyFile())
	must(t, err)
	var out bytes.Buffer
	must(t, h.DB.View(t.Context(), func(r store.Reader) error {
		_, err := ledger.Export(t.Context(), r, keys, from, &out)
		return err
	}))
	return out.Bytes()
}

// compared returns what does not fit between lines and the log.
func compared(t testing.TB, h *authoritytest.House, lines []byte) []audit.Finding {
	t.Helper()
	keys, err := keyring.Load(h.KeyFile())
	must(t, err)
	var found []audit.Finding
	must(t, h.DB.View(t.Context(), func(r store.Reader) error {
		rep, err := ledger.ExamineExport(t.Context(), r, keys, bytes.NewReader(lines))
		found = rep.Found
		return err
	}))
	return found
}

// A change that touched many tokens is one entry of the log and a line a token of its export; each
// line is found by the token's id, and is proved by the piece of evidence that its entry names.
func TestEvidence_AChangeOfManyTokensIsShownExportedAndProved(t *testing.T) {
	n := 5_000
	if os.Getenv("SOAK") != "" {
		n = 100_000
	}
	h := authoritytest.Open(t)
	ids := seed(t, h, n, func(i int, v *token.Token) {
		if i%2 == 0 {
			v.ExpireAt = v.CreatedAt.Add(time.Hour)
		}
	})
	f := filter(t, h, "f", "allow all")
	before := time.Now()
	set(t, h, policy.Security{Enabled: true, FilterID: f, MaxAgeMs: day.Milliseconds()})
	t.Logf("%d tokens in %v", n, time.Since(before))
	total, page, err := h.Events(t.Context(), root(), audit.Query{Limit: 10})
	must(t, err)
	if total != 2 || len(page) != 2 { // the filter was made, and the policy set
		t.Errorf("the plain list has %d entries", total)
	}
	did, ok := audit.TightenedOf(page[0])
	if want := uint64(n / 2); !ok || did.Capped != want || did.Refiltered != want || did.Deleted != 0 {
		t.Errorf("the change tells of %+v", did)
	}
	for _, i := range []int{0, 1, n/2 + 1, n - 1} {
		proved(t, h, did, ids[i], i)
	}
	lines := exported(t, h, 1)
	if got := bytes.Count(lines, []byte("\n")); got != n+2 {
		t.Errorf("%d lines, want %d", got, n+2)
	}
	if found := compared(t, h, lines); len(found) > 0 {
		t.Errorf("the export does not fit: %v", found[0])
	}
	must(t, h.Mend(t.Context()))
	if again := exported(t, h, 1); !bytes.Equal(again, lines) {
		t.Error("bringing rows up to date changes the export")
	}
}

// proved fails the test unless the log tells what the change did to a token, and can prove it.
func proved(t *testing.T, h *authoritytest.House, did audit.Tightened, id token.ID, i int) {
	t.Helper()
	page := about(t, h, id)
	if len(page) != 1 || page[0].ID() != fmt.Sprintf("2.%d", i+1) || page[0].TokenID != string(id) {
		t.Fatalf("about token %d there is %+v", i, page)
	}
	has := page[0].ByName()
	if _, capped := has["expireAt"]; capped != (i%2 == 1) || has["ipFilterId"].Value != did.FilterID {
		t.Errorf("token %d: %+v", i, page[0])
	}
	size := int64(2)
	p, err := h.ProveEntry(t.Context(), root(), page[0].ID(), &size)
	must(t, err)
	sum := sha256.Sum256(p.Evidence)
	if hash := hex.EncodeToString(sum[:]); !bytes.Contains(p.Leaf, []byte(hash)) {
		t.Errorf("the entry does not name the piece of token %d", i)
	}
	first, effects, err := audit.OpenPiece(p.Evidence)
	must(t, err)
	if e := effects[uint64(i)+1-first]; e.Number != uint64(i+1) || e.Did != [2]audit.Did{audit.Refiltered, audit.RefilteredAndCapped}[i%2] {
		t.Errorf("token %d: the piece tells of %+v", i, e)
	}
}

func TestEvidence_NoProofOfWhatAChangeDidNotDo(t *testing.T) {
	h := authoritytest.Open(t)
	h.Token(draft("x"))
	set(t, h, policy.Security{})
	size := int64(2)
	for id, code := range map[string]fault.Code{"2.1": "", "2": "", "2.2": fault.NotFound, "1.1": fault.NotFound, "2.0": fault.NotFound, "2.01": fault.NotFound, "2.": fault.NotFound} {
		if _, err := h.ProveEntry(t.Context(), root(), id, &size); fault.CodeOf(err) != code && (code != "" || err != nil) {
			t.Errorf("%s: %v; want %q", id, err, code)
		}
	}
}

// slowSink takes some lines at a time, and fails now and then, as a disk that is full does.
type slowSink struct {
	bytes.Buffer
	dice *rand.Rand
}

func (s *slowSink) Write(p []byte) (int, error) {
	if s.dice.IntN(3) == 0 {
		n := s.dice.IntN(len(p))
		s.Buffer.Write(p[:n])
		return n, errors.New("full")
	}
	return s.Buffer.Write(p)
}

// The export goes on in the middle of what a change did: after a restart lines may come again, but
// none is left out.
func TestEvidence_TheExportGoesOnInTheMiddleOfAChange(t *testing.T) {
	for seed1 := range uint64(3) {
		sink := &slowSink{dice: rand.New(rand.NewPCG(seed1, 1))}
		h := authoritytest.OpenWith(t, authoritytest.Setup{Options: func(o *authority.Options) { o.AuditSink = sink }})
		seed(t, h, 3_500, func(int, *token.Token) {})
		set(t, h, policy.Security{})
		for range 20 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			err := h.Authority.Close(ctx)
			cancel()
			h.Crash()
			must(t, h.TryOpen())
			if err == nil {
				break
			}
		}
		lines := sink.Bytes()
		if found := compared(t, h, lines); len(found) > 0 && !strings.Contains(found[0].Why, "is no entry") {
			t.Errorf("%v", found)
		}
		seen := map[string]int{}
		for line := range bytes.Lines(lines) {
			var e struct{ ID, Effect uint64 }
			if json.Unmarshal(line, &e) == nil && e.ID != 0 {
				seen[fmt.Sprint(e.ID, ".", e.Effect)]++
			}
		}
		if len(seen) != 3_501 {
			t.Errorf("%d different lines were written, want 3,501", len(seen))
		}
	}
}

// What an export says of a change is compared line by line.
func TestEvidence_AnExportThatWasChangedIsFound(t *testing.T) {
	h := authoritytest.Open(t)
	for i := range 5 {
		h.Token(draft(fmt.Sprint("x", i)))
	}
	set(t, h, policy.Security{})
	set(t, h, policy.Security{Enabled: true})
	lines := bytes.SplitAfter(exported(t, h, 1), []byte("\n"))
	lines = lines[:len(lines)-1]
	if len(lines) != 5+1+5+1 {
		t.Fatalf("%d lines", len(lines))
	}
	join := func(parts ...[][]byte) []byte {
		var out []byte
		for _, p := range parts {
			out = append(out, bytes.Join(p, nil)...)
		}
		return out
	}
	for name, test := range map[string]struct {
		lines []byte
		words string
	}{
		"as it is":                     {join(lines), ""},
		"begun in the middle":          {join(lines[8:]), ""},
		"ended in the middle":          {join(lines[:8]), ""},
		"some again":                   {join(lines[:9], lines[7:]), ""},
		"the first effect left out":    {join(lines[:6], lines[7:]), "leaves out 1 of the tokens"},
		"two effects left out":         {join(lines[:8], lines[10:]), "leaves out 2 of the tokens"},
		"the last effect left out":     {join(lines[:10], lines[11:]), "leaves out 1 of the tokens"},
		"all effects left out":         {join(lines[:6], lines[11:]), "leaves out 5 of the tokens"},
		"the change itself left out":   {join(lines[:5], lines[6:]), "leaves it out"},
		"another token":                {bytes.Replace(join(lines), []byte(`"effect":2,`), []byte(`"effect":3,`), 1), "says something else"},
		"an effect there never was":    {bytes.Replace(join(lines[:11]), []byte(`"effect":5,`), []byte(`"effect":6,`), 1), "missing in the log"},
		"the deletion of another name": {bytes.Replace(join(lines), []byte(`"tokenName":"x0"`), []byte(`"tokenName":"x9"`), 1), "says something else"},
	} {
		found := compared(t, h, test.lines)
		if got := fmt.Sprint(found); (len(found) > 0) != (test.words != "") || !strings.Contains(got, test.words) {
			t.Errorf("%s: %s; want %q", name, got, test.words)
		}
	}
}

// Evidence that is not what was written is found by whoever verifies the log, and by the doctor.
func TestEvidence_DamageIsFound(t *testing.T) {
	for name, change := range map[string]func(all *rows.Rows, w store.Writer, key []byte) error{
		"taken out": func(_ *rows.Rows, w store.Writer, key []byte) error { return w.Delete(rows.EvidenceTable, key) },
		"exchanged": func(all *rows.Rows, w store.Writer, key []byte) error {
			var v audit.Evidence
			_, first, _ := rows.ParseEvidenceKey(key)
			v.Add(audit.Effect{Number: first >> 1, Did: audit.Refiltered})
			pieces, err := v.Pieces()
			return errors.Join(err, all.Evidence.Put(w, string(key), pieces[0].Packed))
		},
		"a bit of it": func(_ *rows.Rows, w store.Writer, key []byte) error {
			row, err := w.Get(rows.EvidenceTable, key)
			bad := bytes.Clone(row)
			bad[len(bad)-1] ^= 1
			return errors.Join(err, w.Put(rows.EvidenceTable, key, bad))
		},
	} {
		h := authoritytest.Open(t)
		h.Unchecked = true
		h.Token(draft("x"))
		set(t, h, policy.Security{})
		keys, err := keyring.Load(h.KeyFile())
		must(t, err)
		for key := range rowsOf(t, h, rows.EvidenceTable) {
			must(t, h.DB.Update(t.Context(), func(w store.Writer) error { return change(rows.New(keys), w, []byte(key)) }))
		}
		if rep := examined(t, h); len(rep.Found) != 1 || rep.Found[0].First != 2 {
			t.Errorf("%s: %v", name, rep.Found)
		}
		must(t, h.DB.View(t.Context(), func(r store.Reader) error {
			rep, err := integrity.Inspect(t.Context(), r, keys)
			if rep.Bad == 0 && len(rep.Odd) == 0 {
				t.Errorf("%s: the inspection finds nothing", name)
			}
			return err
		}))
	}
}

// A row of before a change that is put back is judged by all that came since, or not believed.
func TestTraps_AnOldRowThatComesBackGetsPastNoPolicy(t *testing.T) {
	for _, cut := range []bool{false, true} {
		h := authoritytest.Open(t)
		h.Unchecked = true
		v, secret := h.Token(draft("x"))
		key := []byte(authority.RowKey(v))
		old := rowsOf(t, h, rows.TokensTable)[string(key)]
		set(t, h, policy.Security{})
		set(t, h, policy.Security{Enabled: true})
		if cut {
			must(t, h.Mend(t.Context()))
		}
		must(t, h.DB.Update(t.Context(), func(w store.Writer) error { return w.Put(rows.TokensTable, key, []byte(old)) }))
		verdict(t, h, secret, policy.Unknown)
		h.Close()
		err := h.TryOpen()
		if (err != nil) != cut || cut && !strings.Contains(err.Error(), "outside the history") {
			t.Errorf("tightenings forgotten: %v, the start says %v", cut, err)
		}
		if err == nil {
			verdict(t, h, secret, policy.Unknown)
		}
	}
}

// A copy taken at any moment of a change restores to a store that is whole.
func TestTraps_ABackupAtAnyMomentOfAChangeIsWhole(t *testing.T) {
	h := authoritytest.Open(t)
	for i := range 100 {
		h.Token(draft(fmt.Sprint("x", i)))
	}
	keys, err := keyring.Load(h.KeyFile())
	must(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for n := range 6 {
			if _, err := h.SetSecurity(context.Background(), as(root(), setAction), change(maximum(time.Duration(20-n)*day))); err != nil {
				t.Error(err)
			}
			if err := h.Mend(context.Background()); err != nil {
				t.Error(err)
			}
		}
	}()
	copies := 0
	for over := false; !over; copies++ {
		select {
		case <-done:
			over = true
		default:
		}
		path := filepath.Join(t.TempDir(), "copy")
		file, err := os.Create(path)
		must(t, err)
		_, err = h.DB.Backup(t.Context(), file)
		must(t, errors.Join(err, file.Close()))
		must(t, boltfile.Inspect(t.Context(), path, func(r store.Reader) error {
			rep, err := integrity.Inspect(t.Context(), r, keys)
			log, bad := ledger.Examine(t.Context(), r, keys)
			if len(log.Found) > 0 {
				t.Errorf("copy %d: %v", copies, log.Found)
			}
			return errors.Join(append(rep.Odd, err, bad, rep.Err())...)
		}))
	}
	t.Logf("%d copies", copies)
}

// takesRightsAway does what takes rights away from two tokens, and what would give others more.
func takesRightsAway(t *testing.T, h *authoritytest.House, a, b token.ID, others []token.ID) {
	t.Helper()
	if err := h.UpdatePermissions(t.Context(), as(root(), "updateSystemPermissionsTokenPermissions"), a, 0); err != nil {
		t.Error("permissions are not taken away:", err)
	}
	givesNone(t, h, others)
	if _, _, err := h.RotateToken(t.Context(), as(root(), "rotateToken"), b, 0); err != nil {
		t.Error("a string is not taken away:", err)
	}
	all, err := h.Filters(root(), "", 0, nil)
	if err != nil || len(all) == 0 {
		t.Fatal("no filter to tighten", err)
	}
	text := "deny all"
	if _, err := h.UpdateFilter(t.Context(), as(root(), "updateIPFilter"), all[0].ID, nil, &text); err != nil {
		t.Error("a filter is not tightened:", err)
	}
}

// fill makes filters until not even a small one fits. They are of some pages at most: what stands
// beside a row of many is written anew with it, side by side, for which a full file may lack room.
func fill(t *testing.T, h *authoritytest.House) {
	t.Helper()
	for _, length := range []int{1_000, 1} {
		for i := 0; ; i++ {
			_, err := h.CreateFilter(t.Context(), as(root(), "createIPFilter"), "fill", strings.Repeat("# fill\n", length))
			if err != nil {
				refusal(t, err, fault.Unavailable, "full")
				break
			}
			if i > 10_000 {
				t.Fatal("it is never full")
			}
		}
	}
}

// givesNone wants a second string refused. A commit frees pages when the last reader of what was
// before it has gone, and one string may fit into those: then the store is filled again.
func givesNone(t *testing.T, h *authoritytest.House, ids []token.ID) {
	t.Helper()
	for _, id := range ids[:20] {
		fill(t, h)
		_, _, err := h.RotateToken(t.Context(), as(root(), "rotateToken"), id, time.Hour.Milliseconds())
		if err != nil {
			refusal(t, err, fault.Unavailable, "full")
			return
		}
	}
	t.Error("second strings are made in a store that is full")
}

// A full store still takes a change that forbids all tokens, with its record.
func TestTraps_AFullStoreTakesAnEmergency(t *testing.T) {
	const n = 5_000
	var size int64
	h := authoritytest.OpenWith(t, authoritytest.Setup{Bolt: func(o *bolt.Options) { o.MaxSize = size }})
	ids := seed(t, h, n, func(int, *token.Token) {})
	set(t, h, policy.Security{Enabled: true, AllowUpdates: true})
	size = h.DB.Stats().Size + 5<<20
	h.Reopen()
	fill(t, h)
	takesRightsAway(t, h, ids[0], ids[1], ids[2:])
	set(t, h, policy.Security{})
	if len(h.All()) != 0 {
		t.Error("some tokens are left")
	}
	tells(t, h, ids[n-1], setAction+" deleted ")
	if rep := examined(t, h); len(rep.Found) > 0 {
		t.Errorf("%v", rep.Found)
	}
}
