package etcd

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	clientv3 "go.etcd.io/etcd/client/v3"

	"tokenscale/store"
	"tokenscale/store/etcd/mirror"
)

// keys are the names that a store has in etcd. What begins with the prefix and is none of them is
// left alone.
type keys struct{ prefix string }

func (k keys) head() string { return k.prefix + "head" }

// last is the request of the newest commit of a node: whoever has no answer to one looks there.
func (k keys) last(node string) string { return k.prefix + "last/" + node }

// late is written by a commit that came too late, so that all know of a node that would commit; see
// turns.Ring.
func (k keys) late(node string) string { return k.prefix + "late/" + node }

// nodes begins the rows of the nodes that have the store open. Each lives by a lease of its node.
func (k keys) nodes() string { return k.prefix + "n/" }

func (k keys) node(name string) string { return k.nodes() + name }

// house holds the name of the node that does what one does for all.
func (k keys) house() string { return k.prefix + "house" }

// parts begins the keys of what a wide commit changes.
func (k keys) parts(request requestID) string { return fmt.Sprintf("%sw/%x/", k.prefix, request[:]) }

func (k keys) part(request requestID, i int) string {
	return fmt.Sprintf("%s%02d", k.parts(request), i)
}

// rows begins all rows of a table. A table's name has no slash, so the first slash ends it.
func (k keys) rows(t store.Table) string { return k.prefix + "d/" + string(t) + "/" }

func (k keys) row(t store.Table, key []byte) string { return k.rows(t) + string(key) }

// rowOf returns the row that a key of etcd names.
func (k keys) rowOf(name string) (t store.Table, key []byte, ok bool) {
	rest, ok := strings.CutPrefix(name, k.prefix+"d/")
	if !ok {
		return "", nil, false
	}
	table, row, ok := strings.Cut(rest, "/")
	return store.Table(table), []byte(row), ok
}

// perRow is more than what a row takes in a request besides its key and value, with a short
// prefix.
func (k keys) perRow(tables []store.Table) int {
	longest := 0
	for _, t := range tables {
		longest = max(longest, len(k.rows(t)))
	}
	return longest + 16
}

// A head is the newest commit. Every commit compares its revision, and writes it anew.
type head struct {
	revision int64 // at which etcd has it; 0 if there is none
	number   uint64
	request  requestID
	report   bool   // every node is to say when it has come here
	sums     []byte // sealed, of all rows once it is made; nil in a store that nobody sums
	unlaid   unlaid // rows that do not stand where rows do yet
	node     string // who wrote it
}

// summed returns the sums that the head holds.
func (h head) summed() store.SealedSums {
	return store.SealedSums{Commit: h.number, Sealed: h.sums}
}

// placed returns the place of a mirror at a revision where h is the head.
func (h head) placed(revision int64) mirror.Place {
	p := mirror.Place{Revision: revision, Commit: h.revision}
	if h.revision > 0 {
		p.Head = []byte(h.pack())
	}
	return p
}

// A requestID tells a commit from all others.
type requestID [16]byte

// headFormat is the version of what stands in the head.
const headFormat = 1

var errHead = errors.New("the head in etcd is not one that this program wrote")

func (h head) pack() string {
	b := []byte{headFormat, 0}
	if h.report {
		b[1] = 1
	}
	b = binary.AppendUvarint(b, h.number)
	b = binary.AppendUvarint(append(b, h.request[:]...), uint64(len(h.sums)))
	b = binary.AppendUvarint(append(b, h.sums...), uint64(h.unlaid.Parts))
	if h.unlaid.Parts > 0 {
		b = append(append(b, h.unlaid.request[:]...), h.unlaid.Sum[:]...)
	}
	return string(append(b, h.node...))
}

func unpackHead(value []byte, revision int64) (head, error) {
	h := head{revision: revision}
	if len(value) < 2 || value[0] != headFormat || value[1] > 1 {
		return h, errHead
	}
	h.report = value[1] == 1
	number, n := binary.Uvarint(value[2:])
	rest := value[2+max(n, 0):]
	if n <= 0 || len(rest) < len(h.request) {
		return h, errHead
	}
	h.number = number
	copy(h.request[:], rest)
	rest = rest[len(h.request):]
	length, n := binary.Uvarint(rest)
	rest = rest[max(n, 0):]
	if n <= 0 || length > uint64(len(rest)) {
		return h, errHead
	}
	if length > 0 {
		h.sums = bytes.Clone(rest[:length])
	}
	if rest, ok := h.unlaid.unpack(rest[length:]); ok {
		h.node = string(rest)
		return h, nil
	}
	return h, errHead
}

// headIn returns the head that an answer holds, or a zero one.
func headIn(r *clientv3.GetResponse) (head, error) {
	if len(r.Kvs) == 0 {
		return head{}, nil
	}
	h, err := unpackHead(r.Kvs[0].Value, r.Kvs[0].ModRevision)
	if err != nil {
		err = fmt.Errorf("%s: %w", r.Kvs[0].Key, err)
	}
	return h, err
}
