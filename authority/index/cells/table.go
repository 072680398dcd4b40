package cells

import (
	"bytes"
	"encoding/binary"
	"slices"
)

const (
	shardCount = 256
	shardShift = 64 - 8
	// fullBucket is how many cells the buckets of a shard hold on average before it doubles them.
	fullBucket = 64
)

// A Table finds cells by hash. It is 256 shards by the top of the hash, each a list of buckets. A
// shard grows alone, so no growth takes long.
//
// A bucket of k cells is k tags, a byte of each hash, and then k cells of four bytes. It is never
// changed, only replaced. The zero Table is empty. A copy of a Table never changes, see the
// package.
type Table struct{ shards [shardCount]*shard }

type shard struct {
	generation uint64 // that may change it
	size       int
	buckets    [][]byte // a power of two of them
}

func (s *shard) bucket(hash uint64) *[]byte { return &s.buckets[hash>>8&uint64(len(s.buckets)-1)] }

// Find returns the cell that is the one looked for, of those that have the tag of a hash.
func (t *Table) Find(hash uint64, is func(cell uint32) bool) (cell uint32, ok bool) {
	s := t.shards[hash>>shardShift]
	if s == nil {
		return 0, false
	}
	b := *s.bucket(hash)
	k := len(b) / 5
	for from := 0; ; from++ {
		i := bytes.IndexByte(b[from:k], byte(hash))
		if i < 0 {
			return 0, false
		}
		from += i
		if cell = cellIn(b, from); is(cell) {
			return cell, true
		}
	}
}

// cellIn returns the i-th cell of a bucket.
func cellIn(b []byte, i int) uint32 { return binary.LittleEndian.Uint32(b[len(b)/5+4*i:]) }

// own returns the shard of a hash, or a copy of it, that the generation may change.
func (t *Table) own(hash, generation uint64) *shard {
	at := &t.shards[hash>>shardShift]
	switch s := *at; {
	case s == nil:
		*at = &shard{generation: generation, buckets: make([][]byte, 1)}
	case s.generation != generation:
		*at = &shard{generation, s.size, slices.Clone(s.buckets)}
	}
	return *at
}

// Add adds a cell, which is not there yet. The hashes of others are asked for when a shard grows.
func (t *Table) Add(hash uint64, cell uint32, generation uint64, hashOf func(cell uint32) uint64) {
	s := t.own(hash, generation)
	if s.size++; s.size > fullBucket*len(s.buckets) {
		s.double(hashOf)
	}
	b := s.bucket(hash)
	k := len(*b) / 5
	out := append(append(make([]byte, 0, len(*b)+5), (*b)[:k]...), byte(hash))
	*b = binary.LittleEndian.AppendUint32(append(out, (*b)[k:]...), cell)
}

// Drop removes a cell, which is there.
func (t *Table) Drop(hash uint64, cell uint32, generation uint64) {
	s := t.own(hash, generation)
	s.size--
	at := s.bucket(hash)
	b := *at
	k := len(b) / 5
	for i := range k {
		if cellIn(b, i) == cell {
			tags := append(append(make([]byte, 0, len(b)-5), b[:i]...), b[i+1:k]...)
			*at = append(append(tags, b[k:k+4*i]...), b[k+4*i+4:]...)
			return
		}
	}
}

func (s *shard) double(hashOf func(cell uint32) uint64) {
	list := make([]Hashed, 0, s.size)
	for _, b := range s.buckets {
		for i := range len(b) / 5 {
			cell := cellIn(b, i)
			list = append(list, Hashed{hashOf(cell), cell})
		}
	}
	s.fill(2*len(s.buckets), list)
}

// A Hashed is a cell with its hash.
type Hashed struct {
	Hash uint64
	Cell uint32
}

// fill makes n buckets of cells.
func (s *shard) fill(n int, list []Hashed) {
	s.buckets = make([][]byte, n)
	left := make([]int, n) // of each bucket: how many cells are still to come
	for _, h := range list {
		left[h.Hash>>8&uint64(n-1)]++
	}
	for i, k := range left {
		s.buckets[i] = make([]byte, 5*k)
	}
	for _, h := range list {
		at := h.Hash >> 8 & uint64(n-1)
		left[at]--
		b, i := s.buckets[at], left[at]
		b[i] = byte(h.Hash)
		binary.LittleEndian.PutUint32(b[len(b)/5+4*i:], h.Cell)
	}
}

// Fill returns a Table of cells, each of them once.
func Fill(all []Hashed) Table {
	var t Table
	for i, part := range byShard(all) {
		if len(part) == 0 {
			continue
		}
		n := 1
		for n*fullBucket < len(part) {
			n *= 2
		}
		t.shards[i] = &shard{size: len(part)}
		t.shards[i].fill(n, part)
	}
	return t
}

// byShard returns the cells of each shard.
func byShard(all []Hashed) (parts [shardCount][]Hashed) {
	var sizes [shardCount]int
	for _, h := range all {
		sizes[h.Hash>>shardShift]++
	}
	for i, n := range sizes {
		parts[i] = make([]Hashed, 0, n)
	}
	for _, h := range all {
		i := h.Hash >> shardShift
		parts[i] = append(parts[i], h)
	}
	return parts
}
