package keyring

import (
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"golang.org/x/mod/sumdb/note"

	"tokenscale/token"
)

// Keys are the server's own secrets: what turns a token string into its
// digest, what seals each row of the store, what seals the page's sessions,
// what signs checkpoints of the audit log, and what idempotency keys are known
// by. They are safe for concurrent use, while a server runs with them and
// which of them seals changes; see [Sealing].
type Keys struct {
	shared   *shared
	oldSeals bool            // seals of old keys are accepted
	trusted  []note.Verifier // of checkpoints, beside those of the keys
	remark   string
}

// Remark says what an administrator may want to know about the key file, or "".
func (k *Keys) Remark() string { return k.remark }

// key is one line of the key file and what is derived from it.
type key struct {
	id       token.KeyID
	old      bool // it seals nothing any more, and only verifies tokens made under it
	digester *token.Digester
	seal     *sealer
	summing  summer
	session  cipher.AEAD
	signing  ed25519.PrivateKey // of checkpoints
	repeats  []byte             // for idempotency keys
}

const keyLength = 32

// derive makes from one secret a key for each purpose (HKDF, RFC 5869), so
// that no two of them ever share one.
func derive(secret []byte) (*key, error) {
	var parts [8][]byte
	for i, purpose := range []string{"id", "digest", "seal", "session", "checkpoint", "idempotency", "shares", "sums"} {
		part, err := hkdf.Key(sha256.New, secret, nil, "tokenscale "+purpose, keyLength)
		if err != nil {
			return nil, fmt.Errorf("deriving the %s key: %w", purpose, err)
		}
		parts[i] = part
	}
	summing, err := newSummer(parts[6], parts[7])
	if err != nil {
		return nil, fmt.Errorf("deriving the keys of sums: %w", err)
	}
	session, err := newSessionCipher(parts[3])
	if err != nil {
		return nil, fmt.Errorf("deriving the key of sessions: %w", err)
	}
	return &key{
		id:       token.KeyID(binary.BigEndian.Uint32(parts[0])),
		digester: token.NewDigester(parts[1]),
		seal:     newSealer(parts[2]),
		summing:  summing,
		session:  session,
		signing:  ed25519.NewKeyFromSeed(parts[4]),
		repeats:  parts[5],
	}, nil
}

// SealingID returns the id of the key under which all is made and sealed.
func (k *Keys) SealingID() token.KeyID { return k.ring().sealing.id }

// Has reports whether the key file has the key.
func (k *Keys) Has(id token.KeyID) bool { return k.ring().all[id] != nil }

// A Line is one key, as the key file lists it.
type Line struct {
	ID  token.KeyID
	Old bool // it seals nothing any more, and only verifies tokens made under it
}

// Lines returns all keys, the newest first.
func (k *Keys) Lines() []Line {
	lines := k.ring().lines
	list := make([]Line, len(lines))
	for i, line := range lines {
		list[i] = Line{line.id, line.old}
	}
	return list
}

// IdempotencyMACs returns the MACs of two texts, about an idempotency key and about what came with
// it, under each of the keys, beginning with the one that all nodes make them under.
func (k *Keys) IdempotencyMACs(named, input []byte) [][2][sha256.Size]byte {
	r := k.ring()
	list := make([][2][sha256.Size]byte, 0, len(r.lines))
	add := func(by *key) {
		list = append(list, [2][sha256.Size]byte{by.idempotencyMAC(named), by.idempotencyMAC(input)})
	}
	add(r.sealing)
	for _, line := range r.lines {
		if line != r.sealing {
			add(line)
		}
	}
	return list
}

func (k *key) idempotencyMAC(text []byte) [sha256.Size]byte {
	mac := hmac.New(sha256.New, k.repeats)
	mac.Write(text)
	return [sha256.Size]byte(mac.Sum(nil))
}

// WithOldSeals returns the same keys, but accepting seals of old ones: for
// backups that were made before the keys were rotated. A store in use has no
// such rows, and who has a stolen old key must not be able to write any.
func (k *Keys) WithOldSeals() *Keys {
	more := *k
	more.oldSeals = true
	return &more
}

// Digest returns the digest of s under the key id.
func (k *Keys) Digest(id token.KeyID, s token.Secret) token.Digest {
	return k.digester(id).Digest(s)
}

// DigestHash returns the digest of a root token under the key id.
func (k *Keys) DigestHash(id token.KeyID, h token.Hash) token.Digest {
	return k.digester(id).DigestHash(h)
}

// digester returns that of the key id, or of the one that seals if that one is
// not known: an unknown token costs as much as a known one.
func (k *Keys) digester(id token.KeyID) *token.Digester {
	r := k.ring()
	if named, ok := r.all[id]; ok {
		return named.digester
	}
	return r.sealing.digester
}

// Names returns the ids of all keys, as people read them.
func (k *Keys) Names() []string {
	lines := k.ring().lines
	list := make([]string, len(lines))
	for i, line := range lines {
		list[i] = line.id.String()
	}
	return list
}
