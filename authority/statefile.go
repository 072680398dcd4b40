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
	"tokenscale/authority/rows"
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
	u := &rows.Unpacker{In: payload}
	u.Expect(rows.Version)
	m.epoch, m.seq = u.Number(), u.Number()
	copy(m.sum[:], u.Raw(sha256.Size))
	return m, true, u.End()
}

// write replaces the file by one with m, or leaves it as it was.
func (f stateFile) write(m milestone) error {
	var p rows.Packer
	p.Number(rows.Version)
	p.Number(m.epoch)
	p.Number(m.seq)
	p.Raw(m.sum[:])
	text := stateHeader + "\n" + hex.EncodeToString(f.keys.Seal(stateTable, []byte(stateKey), p.Out)) + "\n"
	if err := durable.Replace(f.path, []byte(text)); err != nil {
		return fmt.Errorf("writing the record of the store's state (it may stand elsewhere: --state-file): %w", err)
	}
	return nil
}
