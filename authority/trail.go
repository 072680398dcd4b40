package authority

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strconv"

	"tokenscale/audit"
	"tokenscale/authority/keyring"
	"tokenscale/epoch"
	"tokenscale/store"
)

// A trail keeps the audit entries: one table by number, one that finds the
// numbers of the entries about one token, and what proves them: the tree over
// them and signed checkpoints of it.
type trail struct {
	keys        *keyring.Keys
	entries     table[audit.Entry] // by number, 8 bytes, big-endian
	subjects    table[struct{}]    // by token id, a zero byte, and the number
	nodes       table[audit.Hash]  // by level, 1 byte, and place in it, 8 bytes
	checkpoints table[string]      // by number of the last entry: signed notes
}

func newTrail(keys *keyring.Keys) trail {
	return trail{
		keys:        keys,
		entries:     table[audit.Entry]{auditTable, keys, packEntry, unpackEntry},
		subjects:    table[struct{}]{subjectsTable, keys, func(*packer, struct{}) {}, func(*unpacker, []byte) struct{} { return struct{}{} }},
		nodes:       table[audit.Hash]{treeTable, keys, packHash, unpackHash},
		checkpoints: table[string]{checkpointsTable, keys, packText, unpackText},
	}
}

// append writes e under the next number, and under each of the tokens it is
// about. Time never runs backwards in the trail, whatever the clock does.
func (tr trail) append(tx store.Writer, e audit.Entry, about ...string) error {
	end, err := tr.end(tx)
	if err != nil {
		return err
	}
	return tr.appendAfter(end, tx, &e, about...)
}

// appendAll writes entries under the next numbers. It looks for the end of the
// log only once.
func (tr trail) appendAll(tx store.Writer, entries []audit.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	end, err := tr.end(tx)
	for i := 0; i < len(entries) && err == nil; i++ {
		err = tr.appendAfter(end, tx, &entries[i])
		end = logEnd{entries[i].Seq, entries[i].Time}
	}
	return err
}

// A logEnd is what the next entry follows: the number and the time of the last
// one, or zeros.
type logEnd struct {
	seq  uint64
	time epoch.Millis
}

// end reads no more of the last entry than what the next one needs: each
// change asks for it.
func (tr trail) end(tx store.Reader) (end logEnd, err error) {
	err = tx.Scan(auditTable, store.Range{Reverse: true}, func(key, row []byte) error {
		payload, err := tr.keys.Open(auditTable, key, row)
		if err != nil {
			return err
		}
		u := unpacker{in: payload}
		u.expect(rowVersion)
		time := epoch.Millis(u.number())
		if u.err != nil || len(key) != 8 {
			return fmt.Errorf("table %s, key %q: %w", auditTable, key, errPacked)
		}
		end = logEnd{binary.BigEndian.Uint64(key), time}
		return store.Stop
	})
	return end, err
}

func (tr trail) appendAfter(end logEnd, tx store.Writer, e *audit.Entry, about ...string) error {
	e.Seq, e.Time = end.seq+1, max(e.Time, end.time)
	if err := tr.entries.put(tx, seqKey(e.Seq), *e); err != nil {
		return err
	}
	if err := tr.grow(tx, e.Seq); err != nil {
		return err
	}
	if e.TokenID != "" {
		about = append(about, e.TokenID)
	}
	for _, id := range about {
		if err := tr.subjects.put(tx, subjectKey(id, e.Seq), struct{}{}); err != nil {
			return err
		}
	}
	return nil
}

// last returns the newest entry, or the zero Entry if there is none.
func (tr trail) last(tx store.Reader) (audit.Entry, error) {
	var last audit.Entry
	err := tr.entries.each(tx, store.Range{Reverse: true}, func(_ []byte, e audit.Entry) error {
		last = e
		return store.Stop
	})
	return last, err
}

// lastEntry returns the last audit entry among changes, as it was stored.
func lastEntry(changes []store.Change) (row store.Row, ok bool) {
	for _, c := range changes {
		if c.Table == auditTable && c.Value != nil && bytes.Compare(c.Key, row.Key) > 0 {
			row, ok = store.Row{Key: c.Key, Value: c.Value}, true
		}
	}
	return row, ok
}

func seqKey(seq uint64) string { return string(binary.BigEndian.AppendUint64(nil, seq)) }

func subjectKey(id string, seq uint64) string { return id + "\x00" + seqKey(seq) }

func number(n uint64) string { return strconv.FormatUint(n, 10) }

func packActor(p *packer, a audit.Actor) {
	for _, s := range []string{a.Type, a.TokenID, a.TokenName, a.IP, a.RequestID} {
		p.text(s)
	}
}

func unpackActor(u *unpacker) audit.Actor {
	return audit.Actor{Type: u.text(), TokenID: u.text(), TokenName: u.text(), IP: u.text(), RequestID: u.text()}
}

func packEntry(p *packer, e audit.Entry) {
	p.number(rowVersion)
	p.number(uint64(e.Time))
	p.text(string(e.Type))
	p.text(e.Action)
	p.flag(e.Sensitive)
	p.text(e.Refused)
	packActor(p, e.Actor)
	p.text(e.TokenID)
	p.number(uint64(len(e.Fields)))
	for _, f := range e.Fields {
		packField(p, f)
	}
}

func packField(p *packer, f audit.Field) {
	p.text(f.Name)
	p.flag(f.List != nil)
	if f.List == nil {
		p.text(f.Value)
		return
	}
	p.number(uint64(len(f.List)))
	for _, s := range f.List {
		p.text(s)
	}
}

func unpackEntry(u *unpacker, key []byte) audit.Entry {
	if len(key) != 8 {
		u.fail()
		return audit.Entry{}
	}
	u.expect(rowVersion)
	e := audit.Entry{
		Seq:       binary.BigEndian.Uint64(key),
		Time:      epoch.Millis(u.number()),
		Type:      audit.Type(u.text()),
		Action:    u.text(),
		Sensitive: u.flag(),
		Refused:   u.text(),
		Actor:     unpackActor(u),
		TokenID:   u.text(),
	}
	for range u.count() {
		e.Fields = append(e.Fields, unpackField(u))
	}
	return e
}

func unpackField(u *unpacker) audit.Field {
	name := u.text()
	if !u.flag() {
		return audit.One(name, u.text())
	}
	n := u.count()
	list := make([]string, 0, n)
	for range n {
		list = append(list, u.text())
	}
	return audit.Many(name, list)
}
