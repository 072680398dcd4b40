package faulttest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"tokenscale/authority/keyring"
	"tokenscale/store/bolt/boltfile"
)

// TestBackupsUnderLoadAreOneMoment makes backups of a server that is being
// changed. Each is sound, has everything that was acknowledged before it
// began, and together with the others tells one history.
func TestBackupsUnderLoadAreOneMoment(t *testing.T) {
	p, w := newPlace(t, ""), newWitness(t)
	s := p.start(t)
	keys, err := keyring.Load(p.keys)
	must(t, err)
	folder, a := t.TempDir(), p.api(s)
	w.run(p, s)
	n := rounds(20, 200)
	for i := range n {
		mark, err := a.create("before the backup")
		must(t, err)
		path := filepath.Join(folder, fmt.Sprint(i))
		if out, code := p.run(t, "backup", path); code != 0 {
			t.Fatalf("backup %d ended with %d: %s", i, code, out)
		}
		must(t, sound(path, keys))
		k := newKnown()
		k.doubts = 1 << 30 // the oracle's tokens
		k.learn([]record{{Op: "create", Token: mark}})
		q := &place{data: filepath.Join(folder, "q"), keys: p.keys}
		must(t, os.Mkdir(q.data, 0o700))
		must(t, os.Rename(path, boltfile.Path(q.data)))
		k.policy = anyPolicy
		if o := k.judge(q); o.bad() {
			t.Fatalf("backup %d: %v", i, o)
		}
		must(t, os.RemoveAll(q.data))
	}
	acked := len(w.stop(t))
	t.Logf("%d backups during %d changes", n, acked)
	if acked < 5*n {
		t.Errorf("only %d changes were made meanwhile", acked)
	}
}
