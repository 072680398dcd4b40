package rollback

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/durable"
	"tokenscale/platform"
	"tokenscale/store"
)

// A file keeps a milestone, sealed.
type file struct {
	path string
	keys *keyring.Keys
}

const (
	fileHeader = "tokenscale-state-1"
	sealTable  = store.Table("state file") // what its seal is bound to; no table of a store
	sealKey    = "milestone"

	maxFile = 64 << 10 // is more than any record needs, in bytes
)

// read returns the milestone, and whether there is one.
func (f file) read() (m milestone, ok bool, err error) {
	text, err := platform.ReadPlain(f.path, maxFile)
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
	if head != fileHeader || err != nil {
		return m, false, fmt.Errorf("%s is no record of a store's state", f.path)
	}
	payload, err := f.keys.Open(sealTable, []byte(sealKey), sealed)
	if err != nil {
		return m, false, fmt.Errorf("the record of the store's state in %s: %w", f.path, err)
	}
	u := &rows.Unpacker{In: payload}
	u.Expect(rows.Version)
	m.epoch, m.seq = u.Number(), u.Number()
	copy(m.sum[:], u.Raw(sha256.Size))
	return m, true, u.End()
}

// guarded refuses a file that every user may change: it is sealed, but an older
// one is too. There is no harm in reading it.
func (f file) guarded() error {
	info, err := os.Stat(f.path)
	if err != nil || !platform.HasModes || info.Mode().Perm()&0o002 == 0 {
		return err
	}
	return fmt.Errorf("the record of the store's state, %s, has the mode %04o, so every user of the machine can put an older one there: chmod o-w %s",
		f.path, info.Mode().Perm(), f.path)
}

// write replaces the file by one with m, or leaves it as it was.
func (f file) write(m milestone) error {
	var p rows.Packer
	p.Number(rows.Version)
	p.Number(m.epoch)
	p.Number(m.seq)
	p.Raw(m.sum[:])
	text := fileHeader + "\n" + hex.EncodeToString(f.keys.Seal(sealTable, []byte(sealKey), p.Out)) + "\n"
	if err := durable.Replace(f.path, []byte(text)); err != nil {
		return fmt.Errorf("writing the record of the store's state (it may stand elsewhere: --state-file): %w", err)
	}
	return nil
}

// Reseal seals the record at path under the newest of the keys, if there is one.
func Reseal(path string, keys *keyring.Keys) error {
	f := file{path, keys}
	m, found, err := f.read()
	if err != nil || !found {
		return err
	}
	return f.write(m)
}
