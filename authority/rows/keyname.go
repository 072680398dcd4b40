package rows

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"

	"tokenscale/authority/keyring"
	"tokenscale/store"
)

// KeyName writes the key of a row for people: what it says where it is a number, and else its
// letters, of which there may be any. A key longer than 64 bytes is cut.
func KeyName(t store.Table, key []byte) string {
	switch t {
	case TokensTable, UsesTable:
		if n, inGrace, ok := ParseTokenKey(key); ok && inGrace {
			return fmt.Sprintf("number %d, in its grace period", n)
		} else if ok {
			return fmt.Sprintf("number %d", n)
		}
	case SubjectsTable:
		if n, seq, ok := ParseSubjectKey(key); ok {
			return fmt.Sprintf("number %d, entry %d", n, seq)
		}
	case EvidenceTable:
		if seq, first, ok := ParseEvidenceKey(key); ok {
			return fmt.Sprintf("entry %d, from effect %d on", seq, first)
		}
	case AuditTable, CheckpointsTable, SegmentsTable:
		if len(key) == 8 {
			return fmt.Sprintf("entry %d", binary.BigEndian.Uint64(key))
		}
	}
	const most = 64
	if len(key) > most {
		return fmt.Sprintf("%s… (%d bytes)", strconv.Quote(string(key[:most])), len(key))
	}
	return strconv.Quote(string(key))
}

// named gives an error about a row's seal the name of its key.
func named(err error) error {
	if bad, ok := errors.AsType[*keyring.SealError](err); ok {
		bad.Name = KeyName(bad.Table, []byte(bad.Key))
	}
	return err
}

// of adds which row an error is about.
func of(t store.Table, key []byte, err error) error {
	return fmt.Errorf("table %s, key %s: %w", t, KeyName(t, key), err)
}
