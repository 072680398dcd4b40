package audit

import (
	"encoding/binary"

	"golang.org/x/mod/sumdb/tlog"
)

// The audit log is the list of leaves of a Merkle tree, as RFC 6962 has it:
// whoever keeps the root of it at one size can tell later whether any entry
// up to there was changed, however well the store was forged around it.

// A Hash is a node of the tree.
type Hash = tlog.Hash

// Leaf returns what the tree holds of an entry: its number, 8 bytes with the
// highest first, and its fields as they are stored. Of an entry that is lost
// the tree holds the number alone.
func Leaf(seq uint64, packed []byte) []byte {
	return append(binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(packed)), seq), packed...)
}

// LeafHash returns the leaf of an entry.
func LeafHash(seq uint64, packed []byte) Hash { return tlog.RecordHash(Leaf(seq, packed)) }

// A Growing is a tree that gets one leaf after the other and remembers only
// what its next root needs. The zero Growing is the empty tree.
type Growing struct {
	size uint64
	tops []Hash // the roots of whole subtrees, the largest first

	// Made, if not nil, is told each whole subtree: its level, 0 for a leaf,
	// and which one of that level it is, from 0.
	Made func(level int, n uint64, h Hash)
}

// Add adds a leaf.
func (g *Growing) Add(leaf Hash) { g.AddTree(0, leaf) }

// AddTree adds 2^level leaves by the root over them. It reports whether the tree could take them:
// the leaves before them have to fill subtrees of that level.
func (g *Growing) AddTree(level int, root Hash) bool {
	if g.size&(1<<level-1) != 0 {
		return false
	}
	n, h := g.size>>level, root
	g.made(level, n, h)
	for up := level + 1; n&1 == 1; up++ {
		h = tlog.NodeHash(g.tops[len(g.tops)-1], h)
		g.tops = g.tops[:len(g.tops)-1]
		n >>= 1
		g.made(up, n, h)
	}
	g.tops = append(g.tops, h)
	g.size += 1 << level
	return true
}

func (g *Growing) made(level int, n uint64, h Hash) {
	if g.Made != nil {
		g.Made(level, n, h)
	}
}

// Size returns how many leaves there are.
func (g *Growing) Size() uint64 { return g.size }

// Root returns the root of the tree as it is now.
func (g *Growing) Root() Hash {
	if len(g.tops) == 0 {
		return emptyRoot()
	}
	root := g.tops[len(g.tops)-1]
	for i := len(g.tops) - 2; i >= 0; i-- {
		root = tlog.NodeHash(g.tops[i], root)
	}
	return root
}

func emptyRoot() Hash {
	h, _ := tlog.TreeHash(0, nil) // of nothing, nothing is read
	return h
}
