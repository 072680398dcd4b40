package faulttest

import (
	"bytes"
	"cmp"
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"tokenscale/authority"
	"tokenscale/authority/integrity"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rollback"
	"tokenscale/authority/rows"
	"tokenscale/epoch"
	"tokenscale/permission"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/store/bolt"
	"tokenscale/store/bolt/boltfile"
)

const pageSize = 4096

// A sample is a store that was closed in order, with what is in it.
type sample struct {
	keys  *keyring.Keys
	p     *place
	known *known
	file  []byte // as far as it is used
	inUse []int  // its pages that are not free
	list  int    // the one that holds the list of tables
	state []byte // the record beside the key file
}

// openAt opens the store in folder as a server does.
func (s *sample) openAt(folder, state string) (*authority.Authority, *bolt.DB, error) {
	db, err := bolt.Open(bolt.Options{Folder: folder, Tables: rows.Tables(), Now: time.Now, Reserve: 64 << 10})
	if err != nil {
		return nil, nil, err
	}
	a, err := authority.Open(context.Background(), authority.Options{
		DB: db, Keys: s.keys, Now: time.Now, Random: crand.Reader, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), StateFile: state,
	})
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return a, db, nil
}

// newSample makes a store of many tokens: some were given other permissions,
// and some deleted, the very last change among them.
func newSample(t *testing.T, tokens int) *sample {
	t.Helper()
	p := newPlace(t, filepath.Join(t.TempDir(), "data"))
	keys, err := keyring.Create(p.keys, crand.Reader)
	must(t, err)
	s := &sample{keys: keys, p: p, known: newKnown()}
	a, db, err := s.openAt(p.data, p.keys+".state")
	must(t, err)
	root, ctx := policy.RootActor(), context.Background()
	narrow, wide := permission.Of(permission.ReadHealthCheck), permission.Of(permission.ReadHealthCheck, permission.ManageCluster)
	on := true
	_, err = a.SetSecurity(ctx, authority.Caller{Actor: root, Action: "updateTokenSecurityPolicies"}, policy.Change{
		Personal: policy.KindChange{Enabled: true}, View: policy.KindChange{Enabled: true}, Organization: policy.KindChange{Enabled: true},
		System: policy.SystemChange{Enabled: &on, AllowUpdates: &on},
	})
	must(t, err)
	var ids []string
	for n := range tokens {
		v, secret, err := a.CreateToken(ctx, authority.Caller{Actor: root, Action: "createSystemToken"}, policy.Draft{Name: fmt.Sprint("sample ", n), Permissions: wide})
		must(t, err)
		s.known.tokens[string(v.ID)] = &life{secret: secret.Reveal(), alive: true, wide: true}
		ids = append(ids, string(v.ID))
	}
	for n, id := range ids {
		v := s.known.tokens[id]
		switch {
		case n%7 == 0:
			must(t, a.UpdatePermissions(ctx, authority.Caller{Actor: root, Action: "updateSystemPermissionsTokenPermissions"}, tokenID(id), narrow))
			v.wide = false
		case n%5 == 0 || n == len(ids)-1:
			must(t, a.DeleteToken(ctx, authority.Caller{Actor: root, Action: "deleteToken"}, tokenID(id)))
			v.alive = false
		}
	}
	must(t, errors.Join(a.Close(ctx), db.Close()))
	metas, err := boltfile.Metas(boltfile.Path(p.data))
	must(t, err)
	file, err := os.ReadFile(boltfile.Path(p.data))
	must(t, err)
	s.file = file[:max(metas[0].Pages, metas[1].Pages)*pageSize]
	s.inUse = pagesInUse(t, boltfile.Path(p.data))
	s.list = int(slices.MaxFunc(metas[:], func(a, b boltfile.Meta) int { return cmp.Compare(a.Commit, b.Commit) }).Root)
	s.state, err = os.ReadFile(p.keys + ".state")
	must(t, err)
	return s
}

// pagesInUse returns the pages of a file that are not free. A free page may be an older copy of
// one in use, with rows whose seals are sound: docs/security.md says what is not promised there.
func pagesInUse(t *testing.T, path string) (used []int) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, PreLoadFreelist: true})
	must(t, err)
	must(t, db.View(func(tx *bbolt.Tx) error {
		for id := 0; ; id++ {
			page, err := tx.Page(id)
			if page == nil || err != nil {
				return err
			}
			if page.Type != "free" {
				used = append(used, id)
			}
		}
	}))
	must(t, db.Close())
	return used
}

// TestDamagedPagesAreFoundAndNeverServed damages each page of a store in four
// ways. The server refuses what it cannot trust; whatever it starts with, it
// accepts no token that was revoked and none with more than it may. Then the
// doctor saves what is left: no row of a page that is whole is lost for that
// reason, and nothing that was revoked comes back.
func TestDamagedPagesAreFoundAndNeverServed(t *testing.T) {
	s := newSample(t, rounds(400, 9000))
	folder := memory(t)
	random := rand.New(rand.NewPCG(4, 2))
	count := map[string]int{}
	for page := range len(s.file) / pageSize {
		for _, kind := range []string{"zeros", "random", "a bit", "torn"} {
			image := bytes.Clone(s.file)
			s.spoil(image[page*pageSize:(page+1)*pageSize], kind, random)
			if bytes.Equal(image, s.file) {
				continue
			}
			count["images"]++
			count[s.serve(t, folder, image, page, kind)]++
			s.salvage(t, folder, image, page, kind, count)
		}
	}
	t.Logf("%d images of %d pages: %d refused, %d served, none of them wrongly; from all of them %d of %d tokens were saved, and from pages nothing led to %d",
		count["images"], len(s.file)/pageSize, count["refused"], count["served"], count["saved"], count["there"], count["strays"])
	if count["refused"] < count["images"]/4 {
		t.Error("few images were refused; is anything checked at all?")
	}
}

// spoil damages one page. Torn means that all but its first sector is of another page in use.
func (s *sample) spoil(page []byte, kind string, random *rand.Rand) {
	switch kind {
	case "zeros":
		clear(page)
	case "random":
		for i := range page {
			page[i] = byte(random.Uint32())
		}
	case "a bit":
		page[random.IntN(len(page))] ^= 1 << random.IntN(8)
	case "torn":
		from := s.inUse[random.IntN(len(s.inUse))] * pageSize
		copy(page[512:], s.file[from+512:from+pageSize])
	}
}

// memory returns a folder whose syncs cost nothing, if there is one.
func memory(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("/dev/shm", "faulttest-*")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	return folder
}

// serve opens an image as a server does and tries all tokens.
func (s *sample) serve(t *testing.T, folder string, image []byte, page int, kind string) string {
	t.Helper()
	data, state := filepath.Join(folder, "data"), filepath.Join(folder, "state")
	must(t, os.RemoveAll(data))
	must(t, os.MkdirAll(data, 0o700))
	must(t, os.WriteFile(boltfile.Path(data), image, 0o600))
	must(t, os.WriteFile(state, s.state, 0o600))
	a, db, err := s.openAt(data, state)
	if err != nil {
		if !integrity.Broken(err) && !errors.Is(err, rollback.ErrRollback) && !errors.Is(err, boltfile.ErrSchema) {
			t.Errorf("page %d, %s: %v does not say what is wrong", page, kind, err)
		}
		return "refused"
	}
	if wrong := s.wrongly(a); wrong != "" {
		t.Errorf("page %d, %s: %s", page, kind, wrong)
	}
	_ = a.Close(context.Background()) // a damaged store may not take the last uses
	_ = db.Close()
	return "served"
}

// wrongly returns the first token that is accepted and should not be.
func (s *sample) wrongly(a *authority.Authority) string {
	for id, v := range s.known.tokens {
		actor, outcome := a.Verify(v.secret, loopback)
		if outcome != policy.Accepted {
			continue
		}
		if !v.alive {
			return "the revoked token " + id + " is accepted"
		}
		if actor.Permissions.Has(permission.ManageCluster) && !v.wide {
			return "the token " + id + " has permissions that were taken from it"
		}
	}
	return ""
}

// salvage saves what is left of an image and looks at the result.
func (s *sample) salvage(t *testing.T, folder string, image []byte, page int, kind string, count map[string]int) {
	t.Helper()
	from, to := filepath.Join(folder, "damaged"), filepath.Join(folder, "saved")
	must(t, os.RemoveAll(to))
	must(t, os.WriteFile(from, image, 0o600))
	db, err := bolt.Open(bolt.Options{Folder: to, Tables: rows.Tables(), Reserve: 64 << 10})
	must(t, err)
	salvager := integrity.NewSalvager(db, s.keys)
	found, err := boltfile.Rows(from, func(f boltfile.Find) error { return salvager.Take(context.Background(), f.Table, f.Key, f.Value) })
	if err != nil {
		t.Errorf("page %d, %s: %v", page, kind, err)
	}
	damaged := map[store.Table]int{}
	for _, d := range found.Damage {
		damaged[d.Table]++
	}
	saved, err := salvager.Finish(context.Background(), epoch.Of(time.Now()), damaged)
	if err = errors.Join(err, db.Close()); err != nil {
		t.Errorf("page %d, %s: %v", page, kind, err)
		return
	}
	s.checkSaved(t, to, page, kind, saved, count)
}

func (s *sample) checkSaved(t *testing.T, folder string, page int, kind string, saved integrity.Salvaged, count map[string]int) {
	t.Helper()
	older := false
	err := boltfile.Inspect(context.Background(), boltfile.Path(folder), func(r store.Reader) error {
		state := filepath.Join(filepath.Dir(folder), "state")
		must(t, os.WriteFile(state, s.state, 0o600))
		older = errors.Is(rollback.Check(r, s.keys, state), rollback.ErrRollback)
		return nil
	})
	must(t, err)
	a, db, err := s.openAt(folder, "")
	if err != nil {
		t.Errorf("page %d, %s: what was saved does not open: %v", page, kind, err)
		return
	}
	if wrong := s.wrongly(a); wrong != "" && !older { // of an older one the doctor warns
		t.Errorf("page %d, %s: in what was saved %s", page, kind, wrong)
	}
	must(t, errors.Join(a.Close(context.Background()), db.Close()))
	alive, onPage := 0, 0
	for id, v := range s.known.tokens {
		if v.alive {
			alive++
			onPage += min(1, bytes.Count(s.file[page*pageSize:(page+1)*pageSize], []byte(id)))
		}
	}
	got := saved.Rows["tokens"]
	count["there"] += alive
	count["saved"] += min(got, alive)
	count["strays"] += saved.Orphans
	if isLeaf(s.file, page) && got < alive-onPage {
		t.Errorf("page %d, %s: %d of %d tokens were saved, and only %d stood on the page", page, kind, got, alive, onPage)
	}
}

// TestATornListOfTablesIsTakenFromTheCommitBefore tears the page that leads to all others in ways
// that look like small tables: the doctor must see that, and not read those.
func TestATornListOfTablesIsTakenFromTheCommitBefore(t *testing.T) {
	s := newSample(t, 400)
	folder, count := memory(t), map[string]int{}
	for _, from := range s.inUse[:24] {
		image := bytes.Clone(s.file)
		copy(image[s.list*pageSize+512:(s.list+1)*pageSize], s.file[from*pageSize+512:(from+1)*pageSize])
		s.salvage(t, folder, image, s.list, fmt.Sprint("torn as page ", from), count)
	}
	if count["saved"] < count["there"] {
		t.Errorf("%d of %d tokens were saved", count["saved"], count["there"])
	}
}

func isLeaf(file []byte, page int) bool { return page > 1 && file[page*pageSize+8] == 2 }

// TestAProgramThatFindsDamageSaysSo runs the real program on damaged stores:
// it never crashes, and names the file and what can be done.
func TestAProgramThatFindsDamageSaysSo(t *testing.T) {
	s := newSample(t, 300)
	pages := len(s.file) / pageSize
	random := rand.New(rand.NewPCG(1, 8))
	refused := 0
	for n := range rounds(24, 400) {
		image, page := bytes.Clone(s.file), 2+random.IntN(pages-2)
		kind := []string{"zeros", "random", "a bit", "torn"}[n%4]
		s.spoil(image[page*pageSize:(page+1)*pageSize], kind, random)
		p := &place{data: filepath.Join(t.TempDir(), "data"), keys: s.p.keys, root: s.p.root, hash: s.p.hash}
		must(t, os.MkdirAll(p.data, 0o700))
		must(t, os.WriteFile(boltfile.Path(p.data), image, 0o600))
		must(t, os.WriteFile(p.keys+".state", s.state, 0o600))
		server := p.launch(t)
		if server.listens(10 * time.Second) {
			server.kill()
			continue
		}
		refused++
		said := server.out.String()
		if code := server.code(t, time.Second); code != 1 || !strings.Contains(said, "store.db") || !strings.Contains(said, "tokenscale doctor") {
			t.Errorf("page %d, %s: the server ended with %d and says %s", page, kind, code, said)
		}
		out, code := p.run(t, "doctor", "--salvage", filepath.Join(p.data, "saved"))
		if code != 3 || !strings.Contains(out, "could not be read") {
			t.Errorf("page %d, %s: the doctor ended with %d and says %s", page, kind, code, out)
		}
		if out, code := p.run(t, "restore", "--replace", filepath.Join(p.data, "saved")); code != 0 {
			t.Errorf("page %d, %s: the restore ended with %d and says %s", page, kind, code, out)
		}
		p.start(t).kill()
	}
	t.Logf("%d of %d were refused, and started again from what the doctor saved", refused, rounds(24, 400))
	if refused == 0 {
		t.Error("no damage was found")
	}
}
