package keyring

import (
	"cmp"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"tokenscale/token"
)

// A Sealing is what a store says of the keys it is used with. Until it says anything, the newest
// line of the key file makes and seals all. From then on the store decides, so that all who have it
// open change from one key to the next in the same commit.
type Sealing struct {
	Key  token.KeyID // makes and seals all
	Next token.KeyID // is about to; 0 if none is
	Done bool        // nothing is sealed under an older key any more
	Step uint64      // how often this was changed
}

// shared is what all copies of Keys have in common.
type shared struct {
	mu  sync.Mutex // of who changes now
	now atomic.Pointer[ring]
}

// A ring is the keys at one moment. It is never changed.
type ring struct {
	lines   []*key // as they stand in the key file, the newest first
	all     map[token.KeyID]*key
	sealing *key
	said    Sealing                  // by the store; zero if it has said nothing
	shut    map[token.KeyID]struct{} // keys that open no seal; see Shut
}

func (k *Keys) ring() *ring { return k.shared.now.Load() }

func (k *Keys) change(to func(*ring) error) error {
	k.shared.mu.Lock()
	defer k.shared.mu.Unlock()
	next := *k.ring()
	err := to(&next)
	if err == nil {
		k.shared.now.Store(&next)
	}
	return err
}

// opener returns the key that a seal names, or why it opens nothing.
func (r *ring) opener(id token.KeyID, oldSeals bool) (*key, string) {
	named, ok := r.all[id]
	_, shut := r.shut[id]
	switch {
	case !ok:
		return nil, fmt.Sprintf("it names the key %v, which the key file does not have", id)
	case !oldSeals && (named.old || shut && named != r.sealing):
		return nil, fmt.Sprintf("it names the key %v, which is an old one and seals nothing any more; restore brings a backup of that time under the newest key", id)
	}
	return named, ""
}

// older reports whether a key is older than the one that seals.
func (r *ring) older(named *key) bool {
	return slices.Index(r.lines, named) > slices.Index(r.lines, r.sealing)
}

func (r *ring) lacks(id token.KeyID) bool { return id != 0 && r.all[id] == nil }

// newest says which key of the store is missing here, and what to do.
func (r *ring) newest() string {
	id := r.said.Key
	if !r.lacks(id) {
		id = r.said.Next
	}
	return lacking(id)
}

func lacking(id token.KeyID) string {
	return fmt.Sprintf("the store is sealed under the key %v, which the key file does not have: it is a copy from before the keys were rotated. "+
		"Copy the key file here from a node that runs, and start this one again", id)
}

// ErrOldFile means that a key file is older than the keys of its store.
var ErrOldFile = errors.New("the key file is an older one")

// Said returns what the store says of the keys, or the zero Sealing if it has said nothing.
func (k *Keys) Said() Sealing { return k.ring().said }

// Heed does what the store says. What it said before that counts for nothing. It refuses, with an
// error that wraps ErrOldFile, if the key that seals is not there, or is marked as an old one; then
// OpenSums refuses everything, so that nothing is written. Keys that accept old seals read copies
// of an earlier time, and heed nothing.
func (k *Keys) Heed(s Sealing) (err error) {
	if k.oldSeals {
		return nil
	}
	return errors.Join(k.change(func(r *ring) error {
		if s.Step <= r.said.Step {
			return nil
		}
		r.said = s
		switch named := r.all[s.Key]; {
		case named == nil:
			err = fmt.Errorf("%w: %s", ErrOldFile, lacking(s.Key))
		case named.old:
			err = fmt.Errorf("%w: it marks the key %v as old, under which the store is sealed: copy the key file here from a node that runs", ErrOldFile, s.Key)
		default:
			r.sealing = named
		}
		return nil
	}), err)
}

// Shut has no key that is older than the one that seals open a seal, if the store says that nothing
// is sealed under them. They stay shut, also during the next rotation. Call it when nobody any more
// reads what was read from the store before it said so.
func (k *Keys) Shut() {
	_ = k.change(func(r *ring) error { // which cannot fail
		if !r.said.Done || r.said.Next != 0 {
			return nil
		}
		shut := map[token.KeyID]struct{}{}
		maps.Copy(shut, r.shut)
		for _, line := range r.lines {
			if r.older(line) {
				shut[line.id] = struct{}{}
			}
		}
		r.shut = shut
		return nil
	})
}

// Next returns the newest key, and whether it is newer than the one that seals.
func (k *Keys) Next() (id token.KeyID, newer bool) {
	r := k.ring()
	return r.lines[0].id, r.lines[0] != r.sealing
}

// Gone returns the keys that are not among those of another key file.
func (k *Keys) Gone(from *Keys) (ids []token.KeyID) {
	for _, line := range k.ring().lines {
		if !from.Has(line.id) {
			ids = append(ids, line.id)
		}
	}
	return ids
}

// Adopt goes on with the keys of a key file that was read anew, and refuses one, with an error that
// wraps ErrOldFile, without the key that seals or the one that is about to. It refuses one too with
// an older key in front of that: nodes that know it as old would refuse what it seals. Marks of old
// keys count from the next start on; until then Shut does what they do.
func (k *Keys) Adopt(from *Keys) error {
	fresh := from.ring()
	return k.change(func(r *ring) error {
		for _, id := range []token.KeyID{r.sealing.id, r.said.Next} {
			if named := fresh.all[id]; r.all[id] != nil && (named == nil || named.old) {
				return fmt.Errorf("%w: the key %v seals the rows of the store, or is about to, and it lacks that one or marks it as old", ErrOldFile, id)
			}
		}
		if id, found := r.broughtForward(fresh); found {
			return fmt.Errorf("the key %v is an older one, and it has that before the key %v, which seals: put it back behind that one; tokenscale key add makes a new key", id, r.sealing.id)
		}
		lines, all := slices.Clone(fresh.lines), make(map[token.KeyID]*key, len(fresh.lines))
		for i, line := range lines {
			lines[i] = cmp.Or(r.all[line.id], line)
			all[line.id] = lines[i]
		}
		r.lines, r.all = lines, all
		return nil
	})
}

// broughtForward returns a key that is older here than the one that seals, and newer in fresh.
func (r *ring) broughtForward(fresh *ring) (id token.KeyID, found bool) {
	for _, line := range fresh.lines {
		if line.id == r.sealing.id {
			break
		}
		if named := r.all[line.id]; named != nil && r.older(named) {
			return line.id, true
		}
	}
	return 0, false
}

func newSessionCipher(secret []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// SealSession encrypts and authenticates what a session of the page is, and authenticates bound.
func (k *Keys) SealSession(plain, bound []byte) []byte {
	return k.ring().sealing.session.Seal(nil, nil, plain, bound)
}

// OpenSession returns what SealSession was given, under any key that rows may be sealed under, and
// false if it was not given that.
func (k *Keys) OpenSession(sealed, bound []byte) (plain []byte, ok bool) {
	r := k.ring()
	for _, line := range r.lines {
		if by, _ := r.opener(line.id, false); by != nil {
			if plain, err := by.session.Open(nil, nil, sealed, bound); err == nil {
				return plain, true
			}
		}
	}
	return nil, false
}
