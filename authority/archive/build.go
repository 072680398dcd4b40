package archive

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"tokenscale/audit"
	"tokenscale/audit/segment"
	"tokenscale/authority/rows"
	"tokenscale/store"
	"tokenscale/token"
)

// A builder writes the file of one segment. It holds in memory which entries are about which token,
// and no more than a frame of all else.
type builder struct {
	rows *rows.Rows
	tx   store.Reader
	out  *segment.Writer
	seg  rows.Segment

	tree     audit.Growing
	subjects []segment.Row
	numbers  map[token.ID]token.Number
}

// build writes the file of the entries from seg.First to seg.Last, and completes what is known of
// it. What it writes is a function of the rows of these entries and of what they did.
func build(all *rows.Rows, tx store.Reader, seg rows.Segment, to io.Writer) (rows.Segment, error) {
	out, err := segment.NewWriter(to, segment.Head{Number: seg.Number, First: seg.First, Last: seg.Last})
	if err != nil {
		return seg, err
	}
	b := &builder{rows: all, tx: tx, out: out, seg: seg, numbers: map[token.ID]token.Number{}}
	for _, part := range []func() error{b.entries, b.evidence, b.subjectRows, b.tokens} {
		if err := part(); err != nil {
			return seg, err
		}
	}
	sum, err := out.Close()
	b.seg.Root, b.seg.SHA256, b.seg.Bytes = b.tree.Root(), sum.SHA256, sum.Bytes
	return b.seg, err
}

func (b *builder) entries() error {
	some := store.Range{From: []byte(rows.SeqKey(b.seg.First)), To: []byte(rows.SeqKey(b.seg.Last + 1))}
	err := b.tx.Scan(rows.AuditTable, some, func(key, row []byte) error {
		payload, err := b.rows.Keys.Open(rows.AuditTable, key, row)
		if err != nil {
			return err
		}
		e, err := b.rows.Entries.Parse(key, payload)
		if err != nil {
			return err
		}
		b.seg.Entries++
		b.grow(e.Seq)
		b.tree.Add(audit.LeafHash(e.Seq, payload))
		b.note(e)
		return b.out.Add(segment.Entries, key, payload)
	})
	b.grow(b.seg.Last + 1)
	return err
}

// grow adds the leaves of entries that are lost, up to one that is not.
func (b *builder) grow(seq uint64) {
	for next := b.seg.First + b.tree.Size(); next < seq; next++ {
		b.tree.Add(audit.LeafHash(next, nil))
	}
}

// note notes which token an entry is about.
func (b *builder) note(e audit.Entry) {
	key, held, ok := rows.SubjectOf(e)
	if !ok {
		return
	}
	b.subjects = append(b.subjects, segment.Row{Key: []byte(key), Value: b.rows.Subjects.Packed(held)})
	b.seg.Highest = max(b.seg.Highest, token.Number(e.Number))
	if e.Number != 0 && held != "" {
		b.numbers[held] = token.Number(e.Number)
	}
}

func (b *builder) evidence() error {
	some := store.Range{From: []byte(rows.EvidenceKey(b.seg.First, 0)), To: []byte(rows.EvidenceKey(b.seg.Last+1, 0))}
	return b.tx.Scan(rows.EvidenceTable, some, func(key, row []byte) error {
		payload, err := b.rows.Keys.Open(rows.EvidenceTable, key, row)
		if err != nil {
			return err
		}
		return b.out.Add(segment.Evidence, key, payload)
	})
}

func (b *builder) subjectRows() error {
	slices.SortFunc(b.subjects, func(a, b segment.Row) int { return bytes.Compare(a.Key, b.Key) })
	for _, row := range b.subjects {
		if err := b.out.Add(segment.Subjects, row.Key, row.Value); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) tokens() error {
	ids := make([]token.ID, 0, len(b.numbers))
	for id := range b.numbers {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		if err := b.out.Add(segment.Tokens, []byte(id), binary.BigEndian.AppendUint64(nil, uint64(b.numbers[id]))); err != nil {
			return err
		}
	}
	return nil
}

// errRoot means that the entries of a segment are not those that the tree was made of.
var errRoot = errors.New("the tree that is kept of the log has another root there; tokenscale audit verify tells more")

// agrees returns an error unless the kept node over the entries of a segment, if there is one, has
// the root that was computed.
func agrees(all *rows.Rows, tx store.Reader, seg rows.Segment, level int) error {
	kept, ok, err := all.Nodes.Get(tx, rows.NodeKey(level, (seg.First-1)>>level))
	if err == nil && ok && kept != seg.Root {
		err = fmt.Errorf("the entries %d to %d: %w", seg.First, seg.Last, errRoot)
	}
	return err
}
