package rows

import (
	"encoding/binary"

	"tokenscale/audit"
)

// NodeKey is the key of the row of a node: the n-th of its level, from 0.
func NodeKey(level int, n uint64) string {
	return string(binary.BigEndian.AppendUint64([]byte{byte(level)}, n))
}

func packHash(p *Packer, h audit.Hash) {
	p.Number(Version)
	p.Raw(h[:])
}

func unpackHash(u *Unpacker, key []byte) (h audit.Hash) {
	if len(key) != 9 {
		u.fail()
	}
	u.Expect(Version)
	copy(h[:], u.Raw(uint64(len(h))))
	return h
}

// PackedText returns the payload of the row of a signed checkpoint.
func PackedText(s string) []byte {
	var p Packer
	packText(&p, s)
	return p.Out
}

func packText(p *Packer, s string) {
	p.Number(Version)
	p.Text(s)
}

func unpackText(u *Unpacker, _ []byte) string {
	u.Expect(Version)
	return u.Text()
}
