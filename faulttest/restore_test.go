package faulttest

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tokenscale/authority/keyring"
	"tokenscale/authority/rollback"
	"tokenscale/store/bolt/boltfile"
)

// TestAKilledBackupOrRestoreLeavesAWholeStore kills both commands at random
// moments. A backup then has its name only if it is whole; the store is the
// one before or the one after, and a restore that is done again succeeds.
func TestAKilledBackupOrRestoreLeavesAWholeStore(t *testing.T) {
	p := newPlace(t, "")
	s := p.start(t)
	for range 30 {
		_, err := p.api(s).create("kept")
		must(t, err)
	}
	s.stop(t)
	keys, err := keyring.Load(p.keys)
	must(t, err)
	folder := t.TempDir()
	first := filepath.Join(folder, "first")
	if out, code := p.run(t, "backup", first); code != 0 {
		t.Fatalf("the backup ended with %d: %s", code, out)
	}
	whole, refused := 0, 0
	for n := range rounds(30, 600) {
		path := filepath.Join(folder, "again")
		killed(t, p, "backup", path)
		switch _, err := os.Stat(path); {
		case err == nil:
			whole++
			must(t, sound(path, keys))
			must(t, os.Remove(path))
		case !errors.Is(err, fs.ErrNotExist):
			t.Fatal(err)
		}
		killed(t, p, "restore", "--replace", first)
		must(t, sound(boltfile.Path(p.data), keys))
		s := p.launch(t)
		if !s.listens(10 * time.Second) {
			refused++ // the new store is there, and the record beside the key file not yet
			if !strings.Contains(s.out.String(), rollback.ErrRollback.Error()) {
				t.Fatalf("after %d kills: %s", n, s.out)
			}
			if out, code := p.run(t, "restore", "--replace", first); code != 0 {
				t.Fatalf("the restore that was done again ended with %d: %s", code, out)
			}
			s = p.start(t)
		}
		s.kill()
		kept, err := filepath.Glob(boltfile.Path(p.data) + ".before-*")
		must(t, err)
		for _, old := range kept {
			must(t, os.Remove(old))
		}
	}
	t.Logf("%d kills of each: %d backups were whole, the others had no name; %d restores had to be done again", rounds(30, 600), whole, refused)
}

// killed starts a command and kills it at a random moment, or lets it end.
func killed(t *testing.T, p *place, args ...string) {
	t.Helper()
	cmd := p.command(args...)
	must(t, cmd.Start())
	// By then the command may have ended by itself.
	timer := time.AfterFunc(time.Duration(rand.IntN(90))*time.Millisecond, func() { _ = cmd.Process.Kill() })
	// How it ended does not matter.
	_ = cmd.Wait()
	timer.Stop()
}
