package authority

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"tokenscale/token"
)

const (
	keyHeader = "tokenscale-keys-1"
	oldMark   = " old" // behind a key that seals nothing any more

	// maxKeyFile is more than any key file needs, in bytes.
	maxKeyFile = 64 << 10
)

// ErrNoKeys means that there is no key file at the path.
var ErrNoKeys = errors.New("there is no key file")

// LoadKeys reads the key file at path. It refuses one that is no plain file,
// that belongs to another user, or that others may read or write, and returns an
// error that wraps ErrNoKeys if there is none. [Keys.Remark] says whether it was
// a close thing.
func LoadKeys(path string) (*Keys, error) {
	f, remark, err := readKeyFile(path)
	if err != nil {
		return nil, err
	}
	keys, err := f.keys()
	if err != nil {
		return nil, fmt.Errorf("the key file %s: %w", path, err)
	}
	keys.remark = remark
	return keys, nil
}

// CreateKeys makes a key file at path, readable by its owner only, and loads
// it. It never writes over an existing file. random must be fit for keys.
func CreateKeys(path string, random io.Reader) (*Keys, error) {
	line, err := newKeyLine(random)
	if err != nil {
		return nil, err
	}
	if err := writeNew(path, keyFile{line}.text()); err != nil {
		return nil, fmt.Errorf("creating the key file: %w", err)
	}
	return LoadKeys(path)
}

// A keyFile is what a key file says, the newest key first.
type keyFile []keyLine

// A keyLine is one key.
type keyLine struct {
	secret []byte
	old    bool
}

func newKeyLine(random io.Reader) (keyLine, error) {
	secret := make([]byte, keyLength)
	if _, err := io.ReadFull(random, secret); err != nil {
		return keyLine{}, fmt.Errorf("reading random bytes: %w", err)
	}
	return keyLine{secret: secret}, nil
}

// text returns f as it is written.
func (f keyFile) text() []byte {
	var b strings.Builder
	b.WriteString(keyHeader + "\n")
	for _, line := range f {
		b.WriteString(hex.EncodeToString(line.secret))
		if line.old {
			b.WriteString(oldMark)
		}
		b.WriteString("\n")
	}
	return []byte(b.String())
}

// keys derives the keys of all lines. No two of them may have one id, which
// rows and digests name.
func (f keyFile) keys() (*Keys, error) {
	keys := &Keys{all: map[token.KeyID]*key{}}
	for i, line := range f {
		k, err := derive(line.secret)
		if err != nil {
			return nil, err
		}
		k.old = line.old
		if _, twice := keys.all[k.id]; twice {
			return nil, fmt.Errorf("line %d has the id %v, as a line above it: take one of the two away", i+2, k.id)
		}
		keys.lines, keys.all[k.id] = append(keys.lines, k), k
	}
	keys.current = keys.lines[0]
	return keys, nil
}

func readKeyFile(path string) (f keyFile, remark string, err error) {
	text, remark, err := readOwn(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", fmt.Errorf("%w at %s", ErrNoKeys, path)
	}
	if err != nil {
		return nil, "", fmt.Errorf("reading the key file: %w", err)
	}
	if f, err = parseKeyFile(string(text)); err != nil {
		return nil, "", fmt.Errorf("the key file %s: %w", path, err)
	}
	return f, remark, nil
}

func parseKeyFile(text string) (keyFile, error) {
	if len(text) > maxKeyFile {
		return nil, fmt.Errorf("it has more than %d bytes", maxKeyFile)
	}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if lines[0] != keyHeader {
		return nil, fmt.Errorf("its first line is not %q", keyHeader)
	}
	var f keyFile
	for i, line := range lines[1:] {
		digits, old := strings.CutSuffix(strings.TrimSpace(line), oldMark)
		secret, err := hex.DecodeString(digits)
		if err != nil || len(secret) != keyLength {
			return nil, fmt.Errorf("line %d is not a key of %d hexadecimal digits", i+2, 2*keyLength)
		}
		f = append(f, keyLine{secret, old})
	}
	switch {
	case len(f) == 0:
		return nil, errors.New("it holds no key")
	case f[0].old:
		return nil, errors.New("its first key is marked as an old one; the newest must come first")
	}
	return f, nil
}

// without returns f without the keys.
func (f keyFile) without(ids []token.KeyID) (keyFile, error) {
	keys, err := f.keys()
	if err != nil {
		return nil, err
	}
	var left keyFile
	for i, line := range f {
		if !slices.Contains(ids, keys.lines[i].id) {
			left = append(left, line)
		}
	}
	return left, nil
}
