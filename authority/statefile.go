package authority

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"tokenscale/authority/keyring"
	"tokenscale/durable"
	"tokenscale/store"
)

// A stateFile keeps a milestone, sealed.
type stateFile struct {
	path string
	keys *keyring.Keys
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
	head, line, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	sealed, err := hex.DecodeString(line)
	if head != stateHeader || err != nil {
		return m, false, fmt.Errorf("%s is no record of a store's state", f.path)
	}
	payload, err := f.keys.Open(stateTable, []byte(stateKey), sealed)
	if err != nil {
		return m, false, fmt.Errorf("the record of the store's state in %s: %w", f.path, err)
	}
	u := &unpacker{in: payload}
	u.expect(rowVersion)
	m.epoch, m.seq = u.number(), u.number()
	copy(m.sum[:], u.raw(sha256.Size))
	return m, true, u.end()
}

// write replaces the file by one with m, or leaves it as it was.
func (f stateFile) write(m milestone) error {
	var p packer
	p.number(rowVersion)
	p.number(m.epoch)
	p.number(m.seq)
	p.raw(m.sum[:])
	text := stateHeader + "\n" + hex.EncodeToString(f.keys.Seal(stateTable, []byte(stateKey), p.out)) + "\n"
	if err := durable.Replace(f.path, []byte(text)); err != nil {
		return fmt.Errorf("writing the record of the store's state (it may stand elsewhere: --state-file): %w", err)
	}
	return nil
}
