package ledger

import (
	"errors"
	"testing"

	"tokenscale/audit"
	"tokenscale/authority/rows"
	"tokenscale/authority/rows/rowstest"
	"tokenscale/token"
)

// changed returns a log of three tokens, the first of which was rotated with a grace period, and of
// a change of the policies with evidence as it is given.
func changed(t testing.TB, all *rows.Rows, first uint64, piece []byte, count uint64) memory {
	m, l := memory{}, New(all)
	made := func(n uint64, id string) audit.Entry {
		return audit.Entry{Time: 1, Type: audit.TokenChanged, TokenID: id, Number: n, Fields: []audit.Field{
			audit.One("tokenName", id), audit.Many("newPermissions", nil), audit.One("createdAt", "1"),
		}}
	}
	rotated := audit.Entry{Time: 1, Type: audit.TokenRotated, TokenID: "a2", Number: 1, Fields: []audit.Field{
		audit.One("tokenName", "a"), audit.Many("newPermissions", nil), audit.One("oldTokenId", "a"), audit.One("gracePeriodMs", "9"),
	}}
	p := audit.Piece{First: first, Packed: piece}
	did := audit.Tightened{At: 2, MaxAgeMs: 9, FilterID: "f", Deleted: count, Pieces: []string{p.Hash()}}
	err := l.AppendAll(m, []audit.Entry{made(1, "a"), made(2, "b"), made(3, "c"), rotated})
	err = errors.Join(err, l.AppendChange(m, audit.Entry{Time: 2, Type: audit.PolicyChanged, Fields: did.Fields()}, []audit.Piece{p}))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestEffectsAreToldOfWhoStoodThere(t *testing.T) {
	all := rows.New(rowstest.Keys(t, "a"))
	var v audit.Evidence
	for _, e := range []audit.Effect{
		{Number: 1, Did: audit.Refiltered}, {Number: 1, InGrace: true, Did: audit.Deleted}, {Number: 2, Did: audit.Capped},
		{Number: 3, Did: audit.RefilteredAndCapped},
	} {
		v.Add(e)
	}
	pieces, err := v.Pieces()
	if err != nil {
		t.Fatal(err)
	}
	m := changed(t, all, pieces[0].First, pieces[0].Packed, 4)
	want := map[string]string{"5.1": "a2", "5.2": "a", "5.3": "b", "5.4": "c"}
	if err := New(all).Lines(m, rows.Exported{}, func(e audit.Entry) error {
		if e.Effect != 0 && want[e.ID()] != e.TokenID {
			t.Errorf("%s is about %q", e.ID(), e.TokenID)
		}
		delete(want, e.ID())
		return nil
	}); err != nil || len(want) != 0 {
		t.Errorf("%v; left are %v", err, want)
	}
	for id, fields := range map[token.ID][2]string{"a2": {"f", ""}, "a": {"", ""}, "b": {"", "10"}, "c": {"f", "10"}} {
		list, err := New(all).effectsOn(m, id, false)
		if err != nil || len(list) != 1 {
			t.Fatalf("%s: %+v, %v", id, list, err)
		}
		if has := list[0].ByName(); list[0].TokenID != string(id) || has["ipFilterId"].Value != fields[0] || has["expireAt"].Value != fields[1] {
			t.Errorf("%s: %+v", id, list[0])
		}
	}
}

// Whatever bytes stand in a row of evidence: reading the log never panics, and if nothing is found
// to be wrong with it, it tells of as many effects as the entry says, in their order.
func FuzzEvidenceExpanded(f *testing.F) {
	all := rows.New(rowstest.Keys(f, "a"))
	f.Add(uint64(2), []byte{0, 1, 2<<3 | 4, 1<<3 | 4, 1<<3 | 1}, uint64(3))
	f.Add(uint64(4), []byte{0, 1, 4<<3 | 2}, uint64(1))
	f.Add(uint64(9), []byte{1, 3}, uint64(0))
	f.Fuzz(func(t *testing.T, first uint64, piece []byte, count uint64) {
		m, l := changed(t, all, first, piece, count), New(all)
		told, inOrder := uint64(0), true
		bad := l.Lines(m, rows.Exported{}, func(e audit.Entry) error {
			if e.Effect != 0 {
				told++
				inOrder = inOrder && e.Effect == told
			}
			return nil
		})
		whole := l.EvidenceFits(m, audit.Entry{Seq: 5, Type: audit.PolicyChanged, Fields: audit.Tightened{
			At: 2, Deleted: count, Pieces: []string{audit.Piece{Packed: piece}.Hash()},
		}.Fields()})
		if whole == nil && (bad != nil || told != count || !inOrder) {
			t.Errorf("it fits, and %d of %d effects are told of, in order %v: %v", told, count, inOrder, bad)
		}
		for _, id := range []token.ID{"a", "a2", "b", "c", "none"} {
			if list, err := l.effectsOn(m, id, false); err == nil && len(list) > 1 {
				t.Errorf("%s: one change did %d things to it", id, len(list))
			}
		}
	})
}
