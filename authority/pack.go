package authority

import (
	"encoding/binary"
	"errors"
)

// Rows are packed in a plain binary form: numbers as varints, strings with
// their length before them, one field after the other. docs/storage.md lists
// the fields of each row. It reads several times faster than JSON, which is
// what the time of a start is spent on.

var errPacked = errors.New("the row is cut short or holds what this version does not know")

// A packer writes fields.
type packer struct{ out []byte }

func (p *packer) number(n uint64) { p.out = binary.AppendUvarint(p.out, n) }

func (p *packer) text(s string) {
	p.number(uint64(len(s)))
	p.out = append(p.out, s...)
}

func (p *packer) raw(b []byte) { p.out = append(p.out, b...) }

func (p *packer) flag(b bool) {
	if b {
		p.number(1)
		return
	}
	p.number(0)
}

// An unpacker reads what a packer wrote. After the first field that is not
// there, all others are zero and err is set.
type unpacker struct {
	in  []byte
	err error
}

func (u *unpacker) number() uint64 {
	n, size := binary.Uvarint(u.in)
	if size <= 0 || size > 1 && u.in[size-1] == 0 { // the shortest way is the only one
		u.fail()
		return 0
	}
	u.in = u.in[size:]
	return n
}

func (u *unpacker) text() string {
	n := u.number()
	return string(u.raw(n))
}

func (u *unpacker) raw(n uint64) []byte {
	if n > uint64(len(u.in)) {
		u.fail()
		return nil
	}
	b := u.in[:n]
	u.in = u.in[n:]
	return b
}

func (u *unpacker) flag() bool {
	n := u.number()
	if n > 1 {
		u.fail()
	}
	return n == 1
}

// count reads how many things follow, each of at least one byte.
func (u *unpacker) count() int {
	n := u.number()
	if n > uint64(len(u.in)) {
		u.fail()
		return 0
	}
	return int(n)
}

// expect fails unless the next number is the version that the caller knows.
func (u *unpacker) expect(version uint64) {
	if u.number() != version {
		u.fail()
	}
}

func (u *unpacker) fail() {
	u.in, u.err = nil, errPacked
}

// end returns the error of the first field that was not there, or an error if
// something is left over: there is one way to write each row.
func (u *unpacker) end() error {
	if u.err == nil && len(u.in) > 0 {
		u.err = errPacked
	}
	return u.err
}
