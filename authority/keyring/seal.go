package keyring

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"strconv"
	"sync"

	"tokenscale/store"
	"tokenscale/token"
)

// A sealed row is
//
//	format (1 byte) | key id (4 bytes) | payload | MAC (16 bytes)
//
// The MAC is HMAC-SHA-256, cut to 128 bits, over the table, the row's key and
// everything before it. So no row can be made, changed, moved to another key
// or copied to another table without the key file. bbolt itself notices none
// of that.
const (
	sealFormat   = 1
	sealHead     = 1 + 4
	sealMAC      = 16
	sealOverhead = sealHead + sealMAC
)

// ErrSeal means that a row is not as this server wrote it. It is never taken
// for "not there".
var ErrSeal = errors.New("the row does not carry a valid seal")

// A SealError is an ErrSeal about one row.
type SealError struct {
	Table store.Table
	Key   string
	Why   string
	Name  string // the key as people write it, if it is known

	unknown bool // it names a key that is not there
}

// Error implements error.
func (e *SealError) Error() string {
	return fmt.Sprintf("table %s, key %s: %s", e.Table, cmp.Or(e.Name, strconv.Quote(e.Key)), e.Sentence())
}

// Sentence leaves out which row it is.
func (e *SealError) Sentence() string { return ErrSeal.Error() + ": " + e.Why }

// Unwrap makes it an ErrSeal.
func (e *SealError) Unwrap() error { return ErrSeal }

// Is makes it a store.ErrUnknownKey as well, if it is that.
func (e *SealError) Is(target error) bool { return e.unknown && target == store.ErrUnknownKey }

// A sealer computes MACs under one key. It is safe for concurrent use.
type sealer struct{ macs sync.Pool }

// sealing is one HMAC with room for what it reads and writes, kept together so
// that a MAC allocates nothing.
type sealing struct {
	mac  hash.Hash
	head []byte
	sum  [sha256.Size]byte
}

func newSealer(key []byte) *sealer {
	return &sealer{macs: sync.Pool{New: func() any { return &sealing{mac: hmac.New(sha256.New, key)} }}}
}

// appendMAC appends the MAC of row, which stands under k in t, to out.
func (s *sealer) appendMAC(out []byte, t store.Table, k, row []byte) []byte {
	m := s.macs.Get().(*sealing)
	defer s.macs.Put(m)
	return m.appendMAC(out, t, k, row)
}

func (m *sealing) appendMAC(out []byte, t store.Table, k, row []byte) []byte {
	// The lengths keep table and key apart.
	m.head = binary.BigEndian.AppendUint32(m.head[:0], uint32(len(t)))
	m.head = binary.BigEndian.AppendUint32(m.head, uint32(len(k)))
	m.head = append(append(m.head, t...), k...)
	m.mac.Reset()
	m.mac.Write(m.head)
	m.mac.Write(row)
	return append(out, m.mac.Sum(m.sum[:0])[:sealMAC]...)
}

// Seal returns payload as it is stored under k in t.
func (k *Keys) Seal(t store.Table, rowKey, payload []byte) []byte {
	row := make([]byte, 0, sealOverhead+len(payload))
	by := k.ring().sealing
	row = append(by.appendHead(row), payload...)
	return by.seal.appendMAC(row, t, rowKey, row)
}

// Begin appends what stands before the payload of a sealed row to out, which
// must be empty. The payload goes behind it, and then End completes the row.
func (k *Keys) Begin(out []byte) []byte { return k.ring().sealing.appendHead(out) }

// End appends the MAC to a row that was begun with Begin and is to stand under
// rowKey in t. It is sealed under the key that sealed when it was begun.
func (k *Keys) End(row []byte, t store.Table, rowKey []byte) []byte {
	return k.ring().all[KeyOf(row)].seal.appendMAC(row, t, rowKey, row)
}

func (k *key) appendHead(row []byte) []byte {
	return binary.BigEndian.AppendUint32(append(row, sealFormat), uint32(k.id))
}

// Open returns the payload of a sealed row, or an error that wraps ErrSeal, and store.ErrUnknownKey
// if the row names a key that is not there. The payload shares the memory of the row.
func (k *Keys) Open(t store.Table, rowKey, row []byte) ([]byte, error) {
	if len(row) < sealOverhead || row[0] != sealFormat {
		return nil, Damaged(t, rowKey, changedOutside)
	}
	r := k.ring()
	key, why := r.opener(KeyOf(row), k.oldSeals)
	if key == nil {
		return nil, &SealError{Table: t, Key: string(rowKey), Why: why, unknown: r.all[KeyOf(row)] == nil}
	}
	body := row[:len(row)-sealMAC]
	var buf [sealMAC]byte
	if !hmac.Equal(key.seal.appendMAC(buf[:0], t, rowKey, body), row[len(body):]) {
		return nil, Damaged(t, rowKey, changedOutside)
	}
	return body[sealHead:], nil
}

// KeyOf returns the key that a sealed row names.
func KeyOf(row []byte) token.KeyID { return token.KeyID(binary.BigEndian.Uint32(row[1:])) }

const changedOutside = "it was changed outside the server, or the key file is another one"

// Damaged returns a SealError about the row under rowKey in t.
func Damaged(t store.Table, rowKey []byte, why string) error {
	return &SealError{Table: t, Key: string(rowKey), Why: why}
}
