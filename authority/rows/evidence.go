package rows

import (
	"encoding/binary"

	"tokenscale/audit"
	"tokenscale/store"
)

// EvidenceKey is the key of the row of a piece of what the change of the policies did that has the
// audit entry seq: the pieces of one change follow each other, by the places of their first
// effects.
func EvidenceKey(seq, first uint64) string {
	return string(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(make([]byte, 0, 16), seq), first))
}

// ParseEvidenceKey reads what EvidenceKey returns, and whether it is that.
func ParseEvidenceKey(key []byte) (seq, first uint64, ok bool) {
	if len(key) != 16 {
		return 0, 0, false
	}
	return binary.BigEndian.Uint64(key), binary.BigEndian.Uint64(key[8:]), true
}

// evidenceOf are the rows of one change.
func evidenceOf(seq uint64) store.Range {
	return store.Range{From: []byte(EvidenceKey(seq, 0)), To: []byte(EvidenceKey(seq+1, 0))}
}

// AddEvidence writes what the change with the audit entry seq did.
func (r *Rows) AddEvidence(w store.Writer, seq uint64, pieces []audit.Piece) error {
	for _, p := range pieces {
		if err := r.Evidence.Put(w, EvidenceKey(seq, p.First), p.Packed); err != nil {
			return err
		}
	}
	return nil
}

// EachPiece calls fn with the pieces of the change with the audit entry seq, in their order.
func (r *Rows) EachPiece(tx store.Reader, seq uint64, fn func(audit.Piece) error) error {
	return r.Evidence.Each(tx, evidenceOf(seq), func(key, packed []byte) error {
		_, first, _ := ParseEvidenceKey(key)
		return fn(audit.Piece{First: first, Packed: packed})
	})
}

// PieceOf returns the piece of the change with the audit entry seq in which an effect on a place
// would stand. ok is false if none would.
func (r *Rows) PieceOf(tx store.Reader, seq, place uint64) (p audit.Piece, ok bool, err error) {
	about := store.Range{From: []byte(EvidenceKey(seq, 0)), To: []byte(EvidenceKey(seq, place+1)), Reverse: true}
	err = r.Evidence.Each(tx, about, func(key, packed []byte) error {
		_, first, _ := ParseEvidenceKey(key)
		p, ok = audit.Piece{First: first, Packed: packed}, true
		return store.Stop
	})
	return p, ok, err
}

// Changes returns the numbers of the audit entries from seq on that have evidence, in their order.
// It reads a row for each of them.
func (r *Rows) Changes(tx store.Reader, seq uint64) (list []uint64, err error) {
	for more := true; more && err == nil; {
		more = false
		err = tx.Scan(EvidenceTable, store.Range{From: []byte(EvidenceKey(seq, 0))}, func(key, _ []byte) error {
			if found, _, ok := ParseEvidenceKey(key); ok {
				list = append(list, found)
				seq, more = found+1, found+1 != 0
			}
			return store.Stop
		})
	}
	return list, err
}

func packEvidence(p *Packer, piece []byte) {
	p.Number(Version)
	p.Text(string(piece))
}

func unpackEvidence(u *Unpacker, key []byte) []byte {
	_, first, ok := ParseEvidenceKey(key)
	u.Expect(Version)
	piece := []byte(u.Text())
	_, effects, err := audit.OpenPiece(piece)
	if !ok || u.Err != nil || err != nil || effects[0].Place() != first {
		u.fail()
		return nil
	}
	return piece
}

// Exported is how far the audit log was written out: all lines of the entries before Seq, and of
// entry Seq its own and those of its first Effects effects.
type Exported struct{ Seq, Effects uint64 }

func packExported(p *Packer, x Exported) {
	p.Number(Version)
	p.Number(x.Seq)
	p.Number(x.Effects)
}

func unpackExported(u *Unpacker, _ []byte) Exported {
	u.Expect(Version)
	return Exported{u.Number(), u.Number()}
}
