package rows

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"slices"

	"tokenscale/audit"
	"tokenscale/authority/keyring"
	"tokenscale/store"
	"tokenscale/token"
)

// Rows about tokens have the token's number first in their keys. What is made together thus lies
// together in the file, and a new token is always added at the end. The ids are chosen at random,
// and rows keyed by them would touch another page each.

// The slots of a number: of its current string, and of the one in its grace period.
const (
	currentSlot byte = iota
	graceSlot
)

// TokenKey is the key of the row of the token with the number: of its current string, or of the one
// that works out its grace period. Keys are in the order of the numbers.
func TokenKey(n token.Number, inGrace bool) string {
	slot := currentSlot
	if inGrace {
		slot = graceSlot
	}
	return string(append(binary.BigEndian.AppendUint64(make([]byte, 0, 9), uint64(n)), slot))
}

// ParseTokenKey reads what TokenKey returns, and whether it is that.
func ParseTokenKey(key []byte) (n token.Number, inGrace, ok bool) {
	if len(key) != 9 || key[8] > graceSlot {
		return 0, false, false
	}
	n = token.Number(binary.BigEndian.Uint64(key))
	return n, key[8] == graceSlot, n != 0
}

func keyOfToken(v token.Token) string { return TokenKey(v.Number, v.InGrace()) }

// SubjectKey is the key of the row that says that the audit entry seq is about the token with the
// number n. The row of an entry that gave the token an id holds that id, so the rows under a number
// tell all ids it ever had, in their order, as long as there is a log. Where that entry is not in
// the log the id stands under entry 0.
//
// Entries about root, and about a token of which nobody knew the number by then, stand under the
// number 0, and each of these rows holds the id.
func SubjectKey(n token.Number, seq uint64) string {
	return string(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(make([]byte, 0, 16), uint64(n)), seq))
}

// ParseSubjectKey reads what SubjectKey returns, and whether it is that.
func ParseSubjectKey(key []byte) (n token.Number, seq uint64, ok bool) {
	if len(key) != 16 {
		return 0, 0, false
	}
	return token.Number(binary.BigEndian.Uint64(key)), binary.BigEndian.Uint64(key[8:]), true
}

// SubjectOf returns the row of Subjects that finds e, unless e is about no token.
func SubjectOf(e audit.Entry) (key string, held token.ID, ok bool) {
	n := token.Number(e.Number)
	if n == 0 || e.Begins() {
		held = token.ID(e.TokenID)
	}
	return SubjectKey(n, e.Seq), held, n != 0 || e.TokenID != ""
}

func packSubject(p *Packer, id token.ID) {
	p.Number(Version)
	p.Text(string(id))
}

func unpackSubject(u *Unpacker, key []byte) token.ID {
	if _, _, ok := ParseSubjectKey(key); !ok {
		u.fail()
	}
	u.Expect(Version)
	return token.ID(u.Text())
}

// EntriesOf returns the audit entries among which are all about the token that has the id or had
// it, the newest first: those about any id of its number.
func (r *Rows) EntriesOf(tx store.Reader, id token.ID) ([]uint64, error) {
	n, err := r.NumberEver(tx, id)
	if err != nil {
		return nil, err
	}
	var seqs []uint64
	under := func(n token.Number, from uint64, is func(token.ID) bool) error {
		some := store.Range{From: []byte(SubjectKey(n, from)), To: []byte(SubjectKey(n+1, 0))}
		return r.Subjects.Each(tx, some, func(key []byte, held token.ID) error {
			if _, seq, _ := ParseSubjectKey(key); is(held) {
				seqs = append(seqs, seq)
			}
			return nil
		})
	}
	begun := uint64(1) // nothing can be about an id before it was chosen, as that is done at random
	if n != 0 {
		err = under(n, 1, func(token.ID) bool { return true })
		if len(seqs) > 0 {
			begun = seqs[0]
		}
	}
	err = cmp.Or(err, under(0, begun, func(held token.ID) bool { return held == id }))
	slices.SortFunc(seqs, func(a, b uint64) int { return cmp.Compare(b, a) })
	return seqs, err
}

// EachID calls fn with each id that a token ever had, in the order of the numbers, and of one
// number in that of the entries that gave it: with entry 0 if that is not in the log. It reads an
// entry of the audit log each as it does, so it takes long.
func (r *Rows) EachID(tx store.Reader, from token.Number, fn func(n token.Number, seq uint64, id token.ID) error) error {
	return r.Subjects.Each(tx, store.Range{From: []byte(SubjectKey(max(from, 1), 0))}, func(key []byte, id token.ID) error {
		if id == "" {
			return nil
		}
		n, seq, _ := ParseSubjectKey(key)
		return fn(n, seq, id)
	})
}

// HasID reports whether the token with the number is known to have had the id.
func (r *Rows) HasID(tx store.Reader, n token.Number, id token.ID) (has bool, err error) {
	err = r.EachID(tx, n, func(other token.Number, _ uint64, held token.ID) error {
		if has = other == n && held == id; has || other != n {
			return store.Stop
		}
		return nil
	})
	return has, err
}

// NumberEver returns the number of the token that has the id or had it, and zero if none ever did.
// One that is gone is looked for in the index of the whole audit log, which takes some tenth of a
// second for a million entries in the store; it ends with the context of tx.
func (r *Rows) NumberEver(tx store.Reader, id token.ID) (n token.Number, err error) {
	if n, ok := r.NumberOf(id); ok || id == "" || id == token.Root {
		return n, nil
	}
	p, ok := tx.(Past)
	if !ok {
		return r.numberInStore(tx, id)
	}
	if n, err = r.numberInStore(p.Present(), id); err != nil || n != 0 {
		return n, err
	}
	return p.NumberOf(id)
}

func (r *Rows) numberInStore(tx store.Reader, id token.ID) (n token.Number, err error) {
	name := []byte(id)
	err = tx.Scan(SubjectsTable, store.Range{From: []byte(SubjectKey(1, 0))}, func(key, row []byte) error {
		if !bytes.Contains(row, name) { // opening every row would take ten times as long
			return nil
		}
		switch held, err := r.Subjects.Decode(key, row); {
		case err != nil:
			return err
		case held != id:
			return nil
		}
		n, _, _ = ParseSubjectKey(key)
		return store.Stop
	})
	return n, err
}

var errNumbersSpent = errors.New("there is no number left for a token")

// NextNumber returns the number of the next token: one more than the highest in the index of the
// audit log, which keeps those of tokens that are gone. It fails if that index lacks a token that
// is there, rather than have a new one written over it: with a keyring.SealError, as for a row that
// does not open, so that whoever watches the server is told.
func (r *Rows) NextNumber(tx store.Reader) (n token.Number, err error) {
	err = tx.Scan(SubjectsTable, store.Range{Reverse: true, One: true}, func(key, row []byte) error {
		if _, err := r.Keys.Open(SubjectsTable, key, row); err != nil {
			return err // its key may be anything
		}
		n, _, _ = ParseSubjectKey(key)
		if n++; n == 0 {
			return errNumbersSpent
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	n = max(n, 1)
	if err := tx.Scan(TokensTable, store.Range{Reverse: true, One: true}, func(key, _ []byte) error {
		if held, _, _ := ParseTokenKey(key); held >= n {
			return keyring.Damaged(SubjectsTable, []byte(SubjectKey(held, 0)), "it is missing, and so may be others")
		}
		return nil
	}); err != nil {
		return 0, err
	}
	return n, nil
}
