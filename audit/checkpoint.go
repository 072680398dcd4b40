package audit

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"tokenscale/epoch"
)

// A Checkpoint says what the whole audit log was at one moment. Signed, it is
// kept in places that whoever can forge the store cannot reach.
type Checkpoint struct {
	Size uint64 // the number of the last entry
	Root Hash   // of the tree over all entries up to there
	Time epoch.Millis
}

// Origin is the first line of a checkpoint, and the name that signs it.
const Origin = "tokenscale-audit"

// ErrCheckpoint means that a text is no checkpoint, or not one that the keys
// have signed.
var ErrCheckpoint = errors.New("it is no checkpoint of this audit log")

// Text returns c as it is signed: four lines, which are the origin, the size,
// the root in base64 and the time.
func (c Checkpoint) Text() string {
	return fmt.Sprintf("%s\n%d\n%s\n%s\n", Origin, c.Size, c.Root, c.Time)
}

// ParseCheckpoint reads what Text writes, and nothing else.
func ParseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 5 || lines[0] != Origin {
		return Checkpoint{}, fmt.Errorf("%w: it does not consist of the lines of one", ErrCheckpoint)
	}
	size, badSize := strconv.ParseUint(lines[1], 10, 63)
	root, badRoot := tlog.ParseHash(lines[2])
	at, badTime := time.Parse(time.RFC3339, lines[3])
	c := Checkpoint{size, root, epoch.Of(at)}
	if errors.Join(badSize, badRoot, badTime) != nil || c.Text() != text {
		return Checkpoint{}, fmt.Errorf("%w: its lines do not read as a size, a root and a time", ErrCheckpoint)
	}
	return c, nil
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

// OpenCheckpoint reads a signed note. It returns an error that wraps
// ErrCheckpoint unless one of the known keys has signed it.
func OpenCheckpoint(signed string, known note.Verifiers) (Checkpoint, error) {
	n, err := note.Open([]byte(signed), known)
	if _, ok := errors.AsType[*note.UnverifiedNoteError](err); ok {
		return Checkpoint{}, fmt.Errorf("%w: it is signed by another key", ErrCheckpoint)
	}
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: its signature is not sound", ErrCheckpoint)
	}
	return ParseCheckpoint(n.Text)
}

// A Signer signs checkpoints. It is safe for concurrent use.
type Signer struct {
	note.Verifier
	key     ed25519.PrivateKey
	encoded string
}

// NewSigner returns a Signer with the key that seed makes, of
// ed25519.SeedSize bytes.
func NewSigner(seed []byte) (*Signer, error) {
	key := ed25519.NewKeyFromSeed(seed)
	encoded, err := note.NewEd25519VerifierKey(Origin, key.Public().(ed25519.PublicKey))
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
