package rows

import (
	"bytes"
	"encoding/binary"

	"tokenscale/audit"
	"tokenscale/epoch"
	"tokenscale/store"
)

// LastEntry returns the last audit entry among changes, as it was stored.
func LastEntry(changes []store.Change) (row store.Row, ok bool) {
	for _, c := range changes {
		if c.Table == AuditTable && c.Value != nil && bytes.Compare(c.Key, row.Key) > 0 {
			row, ok = store.Row{Key: c.Key, Value: c.Value}, true
		}
	}
	return row, ok
}

// SeqKey is the key of the row of the entry with the number: keys are in the order of
// the numbers.
func SeqKey(seq uint64) string { return string(binary.BigEndian.AppendUint64(nil, seq)) }

func packActor(p *Packer, a audit.Actor) {
	for _, s := range []string{a.Type, a.TokenID, a.TokenName, a.IP, a.RequestID} {
		p.Text(s)
	}
}

func unpackActor(u *Unpacker) audit.Actor {
	return audit.Actor{Type: u.Text(), TokenID: u.Text(), TokenName: u.Text(), IP: u.Text(), RequestID: u.Text()}
}

// PackedEntry returns the payload of the row of e.
func PackedEntry(e audit.Entry) []byte {
	var p Packer
	packEntry(&p, e)
	return p.Out
}

func packEntry(p *Packer, e audit.Entry) {
	p.Number(Version)
	p.Number(uint64(e.Time))
	p.Text(string(e.Type))
	p.Text(e.Action)
	p.Flag(e.Sensitive)
	p.Text(e.Refused)
	packActor(p, e.Actor)
	p.Text(e.TokenID)
	p.Number(e.Number)
	p.Number(uint64(len(e.Fields)))
	for _, f := range e.Fields {
		packField(p, f)
	}
}

func packField(p *Packer, f audit.Field) {
	p.Text(f.Name)
	p.Flag(f.List != nil)
	if f.List == nil {
		p.Text(f.Value)
		return
	}
	p.Number(uint64(len(f.List)))
	for _, s := range f.List {
		p.Text(s)
	}
}

func unpackEntry(u *Unpacker, key []byte) audit.Entry {
	if len(key) != 8 {
		u.fail()
		return audit.Entry{}
	}
	u.Expect(Version)
	e := audit.Entry{
		Seq:       binary.BigEndian.Uint64(key),
		Time:      epoch.Millis(u.Number()),
		Type:      audit.Type(u.Text()),
		Action:    u.Text(),
		Sensitive: u.Flag(),
		Refused:   u.Text(),
		Actor:     unpackActor(u),
		TokenID:   u.Text(),
		Number:    u.Number(),
	}
	for range u.Count() {
		e.Fields = append(e.Fields, unpackField(u))
	}
	return e
}

func unpackField(u *Unpacker) audit.Field {
	name := u.Text()
	if !u.Flag() {
		return audit.One(name, u.Text())
	}
	n := u.Count()
	list := make([]string, 0, n)
	for range n {
		list = append(list, u.Text())
	}
	return audit.Many(name, list)
}
