package keyring

import (
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/note"

	"tokenscale/audit"
)

// VerifierKey returns the key that checks the signatures of new checkpoints of the audit log that
// is called origin, as one line. It is no secret.
func (k *Keys) VerifierKey(origin string) (string, error) {
	s, err := audit.NewSigner(origin, k.ring().sealing.signing)
	if err != nil {
		return "", err
	}
	return s.VerifierKey(), nil
}

// Trusting returns the same keys, but accepting also checkpoints that were signed by others, given
// as the lines that VerifierKey has returned. It refuses those of another log than origin.
func (k *Keys) Trusting(origin string, lines ...string) (*Keys, error) {
	more := *k
	for _, line := range lines {
		v, err := note.NewVerifier(line)
		if err != nil {
			return nil, fmt.Errorf("%q is not a line as tokenscale audit key prints it", line)
		}
		if v.Name() != origin {
			return nil, fmt.Errorf("%q is the key of another audit log; this one is %q", line, origin)
		}
		more.trusted = append(slices.Clip(more.trusted), v)
	}
	return &more, nil
}

// SignCheckpoint returns c as a note signed by every key, the newest first, so that who knows only
// an older one is carried along until that one is dropped.
func (k *Keys) SignCheckpoint(c audit.Checkpoint) (string, error) {
	lines := k.ring().lines
	by := make([]note.Signer, len(lines))
	for i, line := range lines {
		s, err := audit.NewSigner(c.Origin, line.signing)
		if err != nil {
			return "", err
		}
		by[i] = s
	}
	return c.Sign(by...)
}

// OpenCheckpoint reads a signed checkpoint of the log that is called origin, made under any of the
// keys.
func (k *Keys) OpenCheckpoint(signed, origin string) (audit.Checkpoint, error) {
	known := slices.Clone(k.trusted)
	for _, line := range k.ring().lines {
		s, err := audit.NewSigner(origin, line.signing)
		if err != nil {
			return audit.Checkpoint{}, err
		}
		known = append(known, s)
	}
	return audit.OpenCheckpoint(signed, origin, note.VerifierList(known...))
}
