package authority

import (
	"bufio"
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"tokenscale/audit"
	"tokenscale/token"
)

// Keys are the server's own secrets: what turns a token string into its
// digest, what seals each row of the store, what seals the page's sessions,
// and what signs checkpoints of the audit log. All are derived from the key file, which should not lie where the
// store lies: whoever has only one of the two can neither use nor forge a
// token. Keys are never changed after they were loaded, so they are safe for
// concurrent use.
type Keys struct {
	current *key
	all     map[token.KeyID]*key
}

// key is one line of the key file and what is derived from it.
type key struct {
	id       token.KeyID
	digester *token.Digester
	seal     *sealer
	session  []byte
	signer   *audit.Signer
}

const (
	keyLength = 32
	keyHeader = "tokenscale-keys-1"
)

// ErrNoKeys means that there is no key file at the path.
var ErrNoKeys = errors.New("there is no key file")

// LoadKeys reads the key file at path. It refuses a file that others than its
// owner may read or write, and returns an error that wraps ErrNoKeys if there
// is none.
func LoadKeys(path string) (*Keys, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w at %s", ErrNoKeys, path)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the key file: %w", err)
	}
	if mode := info.Mode(); !mode.IsRegular() || mode.Perm()&0o077 != 0 {
		return nil, fmt.Errorf("the key file %s has the mode %v; it must be a file that only its owner may read: chmod 600 it", path, mode)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the key file: %w", err)
	}
	keys, err := parseKeys(text)
	if err != nil {
		return nil, fmt.Errorf("the key file %s: %w", path, err)
	}
	return keys, nil
}

// CreateKeys makes a key file at path, readable by its owner only, and loads
// it. It never writes over an existing file. random must be fit for keys.
func CreateKeys(path string, random io.Reader) (*Keys, error) {
	secret := make([]byte, keyLength)
	if _, err := io.ReadFull(random, secret); err != nil {
		return nil, fmt.Errorf("reading random bytes: %w", err)
	}
	text := keyHeader + "\n" + hex.EncodeToString(secret) + "\n"
	if err := writeNew(path, []byte(text)); err != nil {
		return nil, fmt.Errorf("creating the key file: %w", err)
	}
	return LoadKeys(path)
}

// writeNew writes a whole durable file or none: under another name first,
// then linked into place, which fails if something is there already.
func writeNew(path string, text []byte) error {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(folder, ".keys-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil {
		return err
	}
	return syncFolder(folder)
}

func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// parseKeys reads a header and then one key a line, the newest first.
func parseKeys(text []byte) (*Keys, error) {
	lines := bufio.NewScanner(bytes.NewReader(text))
	if !lines.Scan() || lines.Text() != keyHeader {
		return nil, fmt.Errorf("its first line is not %q", keyHeader)
	}
	keys := &Keys{all: map[token.KeyID]*key{}}
	for lines.Scan() {
		secret, err := hex.DecodeString(strings.TrimSpace(lines.Text()))
		if err != nil || len(secret) != keyLength {
			return nil, fmt.Errorf("line %d is not a key of %d hexadecimal digits", len(keys.all)+2, 2*keyLength)
		}
		k, err := derive(secret)
		if err != nil {
			return nil, err
		}
		if keys.current == nil {
			keys.current = k
		}
		keys.all[k.id] = k
	}
	if keys.current == nil {
		return nil, errors.New("it holds no key")
	}
	return keys, lines.Err()
}

// derive makes from one secret a key for each purpose (HKDF, RFC 5869), so
// that no two of them ever share one.
func derive(secret []byte) (*key, error) {
	var parts [5][]byte
	for i, purpose := range []string{"id", "digest", "seal", "session", "checkpoint"} {
		part, err := hkdf.Key(sha256.New, secret, nil, "tokenscale "+purpose, keyLength)
		if err != nil {
			return nil, fmt.Errorf("deriving the %s key: %w", purpose, err)
		}
		parts[i] = part
	}
	signer, err := audit.NewSigner(parts[4])
	if err != nil {
		return nil, fmt.Errorf("deriving the checkpoint key: %w", err)
	}
	return &key{
		id:       token.KeyID(binary.BigEndian.Uint32(parts[0])),
		digester: token.NewDigester(parts[1]),
		seal:     newSealer(parts[2]),
		session:  parts[3],
		signer:   signer,
	}, nil
}

// Session returns the 32 bytes that seal the page's session cookies.
func (k *Keys) Session() []byte { return k.current.session }

// VerifierKey returns the key that checks the signatures of new checkpoints
// of the audit log, as one line. It is no secret.
func (k *Keys) VerifierKey() string { return k.current.signer.VerifierKey() }

// openCheckpoint reads a signed checkpoint, made under any of the keys.
func (k *Keys) openCheckpoint(signed string) (audit.Checkpoint, error) {
	var known []note.Verifier
	for _, key := range k.all {
		known = append(known, key.signer)
	}
	return audit.OpenCheckpoint(signed, note.VerifierList(known...))
}

// digest returns the digest of s under the key id.
func (k *Keys) digest(id token.KeyID, s token.Secret) token.Digest {
	return k.digester(id).Digest(s)
}

// digestHash returns the digest of a root token under the key id.
func (k *Keys) digestHash(id token.KeyID, h token.Hash) token.Digest {
	return k.digester(id).DigestHash(h)
}

// digester returns that of the key id, or of the current key if that one is
// not known: an unknown token costs as much as a known one.
func (k *Keys) digester(id token.KeyID) *token.Digester {
	if old, ok := k.all[id]; ok {
		return old.digester
	}
	return k.current.digester
}
