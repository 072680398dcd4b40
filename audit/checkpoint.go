package audit

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"tokenscale/epoch"
)

// A Checkpoint says what the whole audit log was at one moment. Signed, it is
// kept in places that whoever can forge the store cannot reach.
type Checkpoint struct {
	Origin string // of the log; see Origin
	Size   uint64 // the number of the last entry
	Root   Hash   // of the tree over all entries up to there
	Time   epoch.Millis
}

// Origin returns what the audit log of a store is known by among all others: the first line of its
// checkpoints, and the name that signs them (https://c2sp.org/tlog-checkpoint). Like a URL it says
// whose name it is, but there is nothing at that address. store is the number that the store is
// named by.
func Origin(store uint64) string {
	return "tokenscale.invalid/audit/" + strconv.FormatUint(store, 36)
}

// ErrCheckpoint means that a text is no checkpoint, or not one that the keys
// have signed.
var ErrCheckpoint = errors.New("it is no checkpoint of this audit log")

// Text returns c as it is signed: four lines, which are the origin, the size,
// the root in base64 and the time.
func (c Checkpoint) Text() string {
	return fmt.Sprintf("%s\n%d\n%s\n%s\n", c.Origin, c.Size, c.Root, c.Time)
}

// ParseCheckpoint reads what Text writes, and nothing else.
func ParseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 5 || !isOrigin(lines[0]) {
		return Checkpoint{}, fmt.Errorf("%w: it does not consist of the lines of one", ErrCheckpoint)
	}
	size, badSize := strconv.ParseUint(lines[1], 10, 63)
	root, badRoot := tlog.ParseHash(lines[2])
	at, badTime := time.Parse(time.RFC3339, lines[3])
	c := Checkpoint{lines[0], size, root, epoch.Of(at)}
	if errors.Join(badSize, badRoot, badTime) != nil || c.Text() != text {
		return Checkpoint{}, fmt.Errorf("%w: its lines do not read as a size, a root and a time", ErrCheckpoint)
	}
	return c, nil
}

// isOrigin reports whether a line may also be the name of a key.
func isOrigin(line string) bool {
	return line != "" && !strings.Contains(line, "+") && !strings.ContainsFunc(line, unicode.IsSpace)
}

// Sign returns c as a signed note: its text, an empty line, and a line with
// each signature.
func (c Checkpoint) Sign(by ...note.Signer) (string, error) {
	signed, err := note.Sign(&note.Note{Text: c.Text()}, by...)
	if err != nil {
		return "", fmt.Errorf("signing a checkpoint: %w", err)
	}
	return string(signed), nil
}

// OpenCheckpoint reads a signed note of the log that is called origin. It returns an error that
// wraps ErrCheckpoint if the note is of another log, or none of the known keys has signed it.
func OpenCheckpoint(signed, origin string, known note.Verifiers) (Checkpoint, error) {
	n, err := note.Open([]byte(signed), known)
	stranger, unverified := errors.AsType[*note.UnverifiedNoteError](err)
	switch {
	case unverified:
		n = stranger.Note
	case err != nil:
		return Checkpoint{}, fmt.Errorf("%w: its signature is not sound", ErrCheckpoint)
	}
	c, err := ParseCheckpoint(n.Text)
	switch {
	case err == nil && c.Origin != origin:
		err = fmt.Errorf("%w: it is of another log, %q, and this one is %q", ErrCheckpoint, c.Origin, origin)
	case unverified:
		err = fmt.Errorf("%w: it is signed by another key", ErrCheckpoint)
	}
	if err != nil {
		return Checkpoint{}, err
	}
	return c, nil
}

// A Signer signs checkpoints. It is safe for concurrent use.
type Signer struct {
	note.Verifier
	key     ed25519.PrivateKey
	encoded string
}

// NewSigner returns who signs with a key for the log that is called origin.
func NewSigner(origin string, key ed25519.PrivateKey) (*Signer, error) {
	encoded, err := note.NewEd25519VerifierKey(origin, key.Public().(ed25519.PublicKey))
	if err != nil {
		return nil, err
	}
	v, err := note.NewVerifier(encoded)
	if err != nil {
		return nil, err
	}
	return &Signer{v, key, encoded}, nil
}

// Sign implements note.Signer.
func (s *Signer) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(s.key, msg), nil }

// VerifierKey returns the key that others check signatures with, as one line.
// It is no secret.
func (s *Signer) VerifierKey() string { return s.encoded }
