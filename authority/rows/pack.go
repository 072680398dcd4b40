package rows

import (
	"encoding/binary"
	"errors"
)

// Rows are packed in a plain binary form: numbers as varints, strings with
// their length before them, one field after the other. docs/storage.md lists
// the fields of each row. It reads several times faster than JSON, which is
// what the time of a start is spent on.

// ErrMalformed means that the payload of a row is not as this version writes it.
var ErrMalformed = errors.New("the row is cut short or holds what this version does not know")

// A Packer writes fields.
type Packer struct{ Out []byte }

// Number writes a number, in as few bytes as it takes.
func (p *Packer) Number(n uint64) { p.Out = binary.AppendUvarint(p.Out, n) }

// Text writes a text of any length.
func (p *Packer) Text(s string) {
	p.Number(uint64(len(s)))
	p.Out = append(p.Out, s...)
}

// Raw writes bytes whose number the reader knows.
func (p *Packer) Raw(b []byte) { p.Out = append(p.Out, b...) }

// Flag writes yes or no.
func (p *Packer) Flag(b bool) {
	if b {
		p.Number(1)
		return
	}
	p.Number(0)
}

// An Unpacker reads what a packer wrote. After the first field that is not
// there, all others are zero and err is set.
type Unpacker struct {
	In  []byte
	Err error
}

// Number reads what Packer.Number wrote.
func (u *Unpacker) Number() uint64 {
	n, size := binary.Uvarint(u.In)
	if size <= 0 || size > 1 && u.In[size-1] == 0 { // the shortest way is the only one
		u.fail()
		return 0
	}
	u.In = u.In[size:]
	return n
}

// Text reads what Packer.Text wrote.
func (u *Unpacker) Text() string {
	n := u.Number()
	return string(u.Raw(n))
}

// Raw reads n bytes. They share the memory of In.
func (u *Unpacker) Raw(n uint64) []byte {
	if n > uint64(len(u.In)) {
		u.fail()
		return nil
	}
	b := u.In[:n]
	u.In = u.In[n:]
	return b
}

// Flag reads what Packer.Flag wrote.
func (u *Unpacker) Flag() bool {
	n := u.Number()
	if n > 1 {
		u.fail()
	}
	return n == 1
}

// Count reads how many things follow, each of at least one byte.
func (u *Unpacker) Count() int {
	n := u.Number()
	if n > uint64(len(u.In)) {
		u.fail()
		return 0
	}
	return int(n)
}

// Expect fails unless the next number is the version that the caller knows.
func (u *Unpacker) Expect(version uint64) {
	if u.Number() != version {
		u.fail()
	}
}

func (u *Unpacker) fail() {
	u.In, u.Err = nil, ErrMalformed
}

// End returns the error of the first field that was not there, or an error if
// something is left over: there is one way to write each row.
func (u *Unpacker) End() error {
	if u.Err == nil && len(u.In) > 0 {
		u.Err = ErrMalformed
	}
	return u.Err
}
