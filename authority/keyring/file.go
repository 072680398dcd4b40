package keyring

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"tokenscale/durable"
	"tokenscale/token"
)

const (
	keyHeader = "tokenscale-keys-1"
	oldMark   = " old" // behind a key that seals nothing any more

	// maxKeyFile is more than any key file needs, in bytes.
	maxKeyFile = 64 << 10
)

// ErrNoFile means that there is no key file at the path.
var ErrNoFile = errors.New("there is no key file")

// Load reads the key file at path. It refuses one that is no plain file,
// that belongs to another user, or that others may read or write, and returns an
// error that wraps ErrNoFile if there is none. [Keys.Remark] says whether it was
// a close thing.
func Load(path string) (*Keys, error) {
	f, remark, err := read(path)
	if err != nil {
		return nil, err
	}
	keys, err := f.Keys()
	if err != nil {
		return nil, fmt.Errorf("the key file %s: %w", path, err)
	}
	keys.remark = remark
	return keys, nil
}

// Create makes a key file at path, readable by its owner only, and loads
// it. It never writes over an existing file. random must be fit for keys.
func Create(path string, random io.Reader) (*Keys, error) {
	line, err := newKeyLine(random)
	if err != nil {
		return nil, err
	}
	if err := durable.Create(path, File{line}.text()); err != nil {
		return nil, fmt.Errorf("creating the key file: %w", err)
	}
	return Load(path)
}

// A File is what a key file says, the newest key first.
type File []keyLine

// A keyLine is one key.
type keyLine struct {
	secret []byte
	old    bool
}

// Equal reports whether two files have the same keys in the same order, and the same are marked.
func (f File) Equal(g File) bool { return bytes.Equal(f.text(), g.text()) }

func newKeyLine(random io.Reader) (keyLine, error) {
	secret := make([]byte, keyLength)
	if _, err := io.ReadFull(random, secret); err != nil {
		return keyLine{}, fmt.Errorf("reading random bytes: %w", err)
	}
	return keyLine{secret: secret}, nil
}

// text returns f as it is written.
func (f File) text() []byte {
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

// Keys derives the keys of all lines. No two of them may have one id, which
// rows and digests name.
func (f File) Keys() (*Keys, error) {
	r := ring{all: map[token.KeyID]*key{}}
	for i, line := range f {
		k, err := derive(line.secret)
		if err != nil {
			return nil, err
		}
		k.old = line.old
		if _, twice := r.all[k.id]; twice {
			return nil, fmt.Errorf("line %d has the id %v, as a line above it: take one of the two away", i+2, k.id)
		}
		r.lines, r.all[k.id] = append(r.lines, k), k
	}
	r.sealing = r.lines[0]
	keys := &Keys{shared: new(shared)}
	keys.shared.now.Store(&r)
	return keys, nil
}

// ReadFile reads the key file at path, and refuses what Load refuses.
func ReadFile(path string) (File, error) {
	f, _, err := read(path)
	return f, err
}

func read(path string) (f File, remark string, err error) {
	text, remark, err := readOwn(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", fmt.Errorf("%w at %s", ErrNoFile, path)
	}
	if err != nil {
		return nil, "", fmt.Errorf("reading the key file: %w", err)
	}
	if f, err = parseKeyFile(string(text)); err != nil {
		return nil, "", fmt.Errorf("the key file %s: %w", path, err)
	}
	return f, remark, nil
}

func parseKeyFile(text string) (File, error) {
	if len(text) > maxKeyFile {
		return nil, fmt.Errorf("it has more than %d bytes", maxKeyFile)
	}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if lines[0] != keyHeader {
		return nil, fmt.Errorf("its first line is not %q", keyHeader)
	}
	var f File
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

// Without returns f without the keys.
func (f File) Without(ids []token.KeyID) (File, error) {
	keys, err := f.Keys()
	if err != nil {
		return nil, err
	}
	var left File
	for i, line := range f {
		if !slices.Contains(ids, keys.ring().lines[i].id) {
			left = append(left, line)
		}
	}
	return left, nil
}

// Outdated returns f with all keys behind the key id marked as old ones. It refuses if f does not
// have that one.
func (f File) Outdated(id token.KeyID) (File, error) {
	keys, err := f.Keys()
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(keys.Lines(), func(l Line) bool { return l.ID == id })
	if at < 0 {
		return nil, fmt.Errorf("the key file does not have the key %v", id)
	}
	next := slices.Clone(f)
	for i := range next[at+1:] {
		next[at+1+i].old = true
	}
	return next, nil
}

// WithNew returns f with a new key in front. random must be fit for keys.
func (f File) WithNew(random io.Reader) (File, error) {
	line, err := newKeyLine(random)
	if err != nil {
		return nil, err
	}
	return append(File{line}, f...), nil
}
