package token

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"strconv"
	"strings"
	"sync"
)

// A Digest is what is kept of a Secret: its HMAC-SHA-256 under a key that does
// not lie in the store. A fast function is enough, because 38 random letters
// (226 bits) leave a slow one nothing to slow down.
type Digest [sha256.Size]byte

// A KeyID names one of the server's keys. It is no secret.
type KeyID uint32

// String returns id as people read it: eight hexadecimal digits.
func (id KeyID) String() string { return fmt.Sprintf("%08x", uint32(id)) }

// ParseKeyID reads what KeyID.String wrote.
func ParseKeyID(text string) (KeyID, error) {
	n, err := strconv.ParseUint(text, 16, 32)
	if err != nil || KeyID(n).String() != text {
		return 0, fmt.Errorf("%q is not the id of a key, which has eight hexadecimal digits", text)
	}
	return KeyID(n), nil
}

// Equal compares two digests in a time that does not depend on them: as crypto/subtle does, but
// eight bytes at once, since it stands in front of every request.
func (d Digest) Equal(e Digest) bool {
	var differ uint64
	for i := 0; i < len(d); i += 8 {
		differ |= binary.LittleEndian.Uint64(d[i:]) ^ binary.LittleEndian.Uint64(e[i:])
	}
	return differ == 0
}

// Mark returns a short fingerprint of d: enough to notice that a token has
// got another Secret, too little to be of use to anyone else.
func (d Digest) Mark() [8]byte {
	sum := sha256.Sum256(append([]byte("mark:"), d[:]...))
	return [8]byte(sum[:8])
}

// A Hash is the plain SHA-256 of a root token string. Unlike a Digest it can
// be made without the server's key, so that a root token can be set from
// outside (BOOTSTRAP_ROOT_TOKEN_HASHED).
type Hash [sha256.Size]byte

const hashPrefix = "sha256:"

// Hash returns the hash of s.
func (s Secret) Hash() Hash { return sha256.Sum256([]byte(s.text)) }

// String returns h as it is written in a setting: sha256: and 64 hexadecimal digits.
func (h Hash) String() string { return hashPrefix + hex.EncodeToString(h[:]) }

// ParseHash reads what Hash.String wrote. There is one way to write each
// hash: capital digits and spaces are refused.
func ParseHash(text string) (Hash, error) {
	digits, ok := strings.CutPrefix(text, hashPrefix)
	b, err := hex.DecodeString(digits)
	if !ok || err != nil || len(b) != sha256.Size || Hash(b).String() != text {
		return Hash{}, fmt.Errorf("a root token hash is written %q and 64 hexadecimal digits in lower case, as `tokenscale hash-token` prints it", hashPrefix)
	}
	return Hash(b), nil
}

// A Digester makes digests under one key. It is safe for concurrent use.
type Digester struct{ states sync.Pool }

// state is one HMAC with room for its input and output, kept together so that
// making a digest allocates nothing.
type state struct {
	mac hash.Hash
	in  [MaxLength]byte
	out [sha256.Size]byte
}

// NewDigester returns a Digester for key.
func NewDigester(key []byte) *Digester {
	return &Digester{states: sync.Pool{New: func() any {
		return &state{mac: hmac.New(sha256.New, key)}
	}}}
}

// Digest returns the digest of s.
func (d *Digester) Digest(s Secret) Digest {
	st := d.states.Get().(*state)
	defer d.states.Put(st)
	n := copy(st.in[:], s.text)
	defer clear(st.in[:n]) // a pool may live long
	return st.sum(st.in[:n])
}

// DigestHash returns the digest that root is known by, from the hash of its
// string.
func (d *Digester) DigestHash(h Hash) Digest {
	st := d.states.Get().(*state)
	defer d.states.Put(st)
	return st.sum(h[:])
}

func (st *state) sum(in []byte) Digest {
	st.mac.Reset()
	st.mac.Write(in)
	return Digest(st.mac.Sum(st.out[:0]))
}
