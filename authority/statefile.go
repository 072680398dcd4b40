package authority

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"tokenscale/platform"
	"tokenscale/store"
)

// A stateFile keeps a milestone, sealed.
type stateFile struct {
	path string
	keys *Keys
}

const (
	stateHeader = "tokenscale-state-1"
	stateTable  = store.Table("state file") // what its seal is bound to; no table of a store
	stateKey    = "milestone"
)

// read returns the milestone, and whether there is one.
func (f stateFile) read() (m milestone, ok bool, err error) {
	text, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return m, false, nil
	}
	if err != nil {
		return m, false, fmt.Errorf("reading the record of the store's state: %w", err)
	}
	if err := f.guarded(); err != nil {
		return m, false, err
	}
	head, line, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	sealed, err := hex.DecodeString(line)
	if head != stateHeader || err != nil {
		return m, false, fmt.Errorf("%s is no record of a store's state", f.path)
	}
	payload, err := f.keys.open(stateTable, []byte(stateKey), sealed)
	if err != nil {
		return m, false, fmt.Errorf("the record of the store's state in %s: %w", f.path, err)
	}
	u := &unpacker{in: payload}
	u.expect(rowVersion)
	m.epoch, m.seq = u.number(), u.number()
	copy(m.sum[:], u.raw(sha256.Size))
	return m, true, u.end()
}

// guarded refuses a file that every user may change: it is sealed, but an older
// one is too. There is no harm in reading it.
func (f stateFile) guarded() error {
	info, err := os.Stat(f.path)
	if err != nil || !platform.HasModes || info.Mode().Perm()&0o002 == 0 {
		return err
	}
	return fmt.Errorf("the record of the store's state, %s, has the mode %04o, so every user of the machine can put an older one there: chmod o-w %s",
		f.path, info.Mode().Perm(), f.path)
}

// write replaces the file by one with m, or leaves it as it was.
func (f stateFile) write(m milestone) error {
	var p packer
	p.number(rowVersion)
	p.number(m.epoch)
	p.number(m.seq)
	p.raw(m.sum[:])
	text := stateHeader + "\n" + hex.EncodeToString(f.keys.seal(stateTable, []byte(stateKey), p.out)) + "\n"
	if err := replaceFile(f.path, []byte(text)); err != nil {
		return fmt.Errorf("writing the record of the store's state (it may stand elsewhere: --state-file): %w", err)
	}
	return nil
}

// replaceFile puts a whole durable file at path, whatever was there.
func replaceFile(path string, text []byte) error {
	folder := filepath.Dir(path)
	t, err := os.CreateTemp(folder, ".state-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(t.Name())
	_, err = t.Write(text)
	if err = errors.Join(err, t.Sync(), t.Close()); err != nil {
		return err
	}
	if err := os.Rename(t.Name(), path); err != nil {
		return err
	}
	return platform.SyncFolder(folder)
}
