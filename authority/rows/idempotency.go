package rows

import (
	"crypto/sha256"
	"encoding/binary"

	"tokenscale/epoch"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// Made is what a request made, and of which input.
type Made struct {
	ID    string
	Input token.Digest
	At    epoch.Millis
}

func packMade(p *Packer, m Made) {
	p.Number(Version)
	p.Text(m.ID)
	p.Raw(m.Input[:])
	p.Number(uint64(m.At))
}

func unpackMade(u *Unpacker, _ []byte) Made {
	u.Expect(Version)
	return Made{u.Text(), unpackDigest(u), epoch.Millis(u.Number())}
}

// ActorOf returns the actor in a key of made.
func ActorOf(row string) (string, error) {
	n := len(row) - 1 - sha256.Size
	if n < 1 || row[n] != 0 {
		return "", ErrMalformed
	}
	return row[:n], nil
}

// DueKey is the key of the row that finds, by time, what is kept under row.
func DueKey(at epoch.Millis, row string) string {
	return string(binary.BigEndian.AppendUint64(nil, uint64(at))) + row
}

// Remember writes what was made under row, in the place of what no longer
// counts.
func (r *Rows) Remember(tx store.Writer, row string, m Made) error {
	if err := r.Forget(tx, row); err != nil {
		return err
	}
	actor, err := ActorOf(row)
	if err != nil {
		return err
	}
	n, _, err := r.Kept.Get(tx, actor)
	if err != nil {
		return err
	}
	if err := policy.RoomForKey(n); err != nil {
		return err
	}
	m.At = max(m.At, 0)
	if err := r.Made.Put(tx, row, m); err != nil {
		return err
	}
	if err := r.Due.Put(tx, DueKey(m.At, row), struct{}{}); err != nil {
		return err
	}
	return r.Kept.Put(tx, actor, n+1)
}

// Forget removes what is kept under row, if there is anything.
func (r *Rows) Forget(tx store.Writer, row string) error {
	old, ok, err := r.Made.Get(tx, row)
	if err != nil || !ok {
		return err
	}
	actor, err := ActorOf(row)
	if err != nil {
		return err
	}
	n, _, err := r.Kept.Get(tx, actor)
	if err != nil {
		return err
	}
	if err := r.Made.Delete(tx, row); err != nil {
		return err
	}
	if err := r.Due.Delete(tx, DueKey(old.At, row)); err != nil {
		return err
	}
	if n <= 1 {
		return r.Kept.Delete(tx, actor)
	}
	return r.Kept.Put(tx, actor, n-1)
}
