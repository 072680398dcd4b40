package rows

import (
	"bytes"
	"crypto/rand"
	"errors"
	"net/netip"
	"path/filepath"
	"testing"

	"tokenscale/audit"
	"tokenscale/authority/keyring"
	"tokenscale/ipfilter"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

func newKeys(t testing.TB) *keyring.Keys {
	t.Helper()
	keys, err := keyring.Create(filepath.Join(t.TempDir(), "keys"), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// A kind of row can unpack a payload and pack it again.
type kind func(key, payload []byte) (again []byte, err error)

func kindOf[V any](t Table[V]) kind {
	return func(key, payload []byte) ([]byte, error) {
		u := &Unpacker{In: payload}
		v := t.unpack(u, key)
		if err := u.End(); err != nil {
			return nil, err
		}
		var p Packer
		t.pack(&p, v)
		return p.Out, nil
	}
}

// kinds returns every kind of row, with the key of one.
func kinds(r *Rows) ([]kind, [][]byte) {
	all := []kind{
		kindOf(r.Tokens), kindOf(r.Uses), kindOf(r.Filters), kindOf(r.Export), kindOf(r.Policies),
		kindOf(r.Evidence), kindOf(r.Root), kindOf(r.Numbers), kindOf(r.Entries), kindOf(r.Subjects),
		kindOf(r.Requests), kindOf(r.Sealing),
	}
	keys := make([][]byte, len(all))
	for i := range keys {
		keys[i] = []byte("12345678")
	}
	keys[0], keys[1], keys[9] = []byte(TokenKey(1<<40, true)), []byte(TokenKey(1, false)), []byte(SubjectKey(1, 1))
	keys[5] = []byte(EvidenceKey(9, 6))
	return all, keys
}

// samples returns a payload of each kind.
func samples() [][]byte {
	var all [][]byte
	pack := func(fn func(*Packer)) {
		var p Packer
		fn(&p)
		all = append(all, p.Out)
	}
	pack(func(p *Packer) {
		packToken(p, StoredToken{Stamp: 300, Token: token.Token{ID: "t", Name: "nurse", Note: "Ärzte", Permissions: 1 << 63, FilterID: "f", ExpireAt: -1, CreatedAt: 1 << 40, IssuedAt: 1 << 41, DigestKey: 1<<32 - 1, ReplacedBy: "r", ToldDays: 14, CreateRequest: Request([32]byte{1}, [32]byte{2})}})
	})
	pack(func(p *Packer) { packUse(p, Use{5, netip.MustParseAddr("::ffff:10.0.0.1")}) })
	pack(func(p *Packer) {
		packFilter(p, ipfilter.Filter{Name: "f", Text: "allow all\n", Request: Request([32]byte{3}, [32]byte{4})})
	})
	pack(func(p *Packer) { packExported(p, Exported{300, 7}) })
	pack(func(p *Packer) {
		packHistory(p, policy.History{Policies: policy.Fresh(), Newest: 9, Past: []policy.Tightening{
			{Rule: policy.Security{}, At: 5, By: "a", ByName: "anna"}, {Rule: policy.Security{Enabled: true, MaxAgeMs: 1 << 60, FilterID: "f"}, At: 4},
		}})
	})
	pack(func(p *Packer) {
		var v audit.Evidence
		v.Add(audit.Effect{Number: 3, Did: audit.Deleted})
		v.Add(audit.Effect{Number: 300, InGrace: true, Did: audit.RefilteredAndCapped})
		pieces, _ := v.Pieces()
		packEvidence(p, pieces[0].Packed)
	})
	pack(func(p *Packer) { packRoot(p, Root{Key: 7, Since: 9}) })
	pack(func(p *Packer) { packNumber(p, 0) })
	pack(func(p *Packer) {
		packEntry(p, audit.Entry{Time: 9, Type: audit.Refused, Sensitive: true, Actor: audit.System(), Fields: []audit.Field{audit.One("a", ""), audit.Many("b", nil), audit.Many("c", []string{"d"})}})
	})
	pack(func(p *Packer) { packSubject(p, "an id") })
	pack(func(p *Packer) { packMade(p, Made{Number: 300}) })
	pack(func(p *Packer) { packSealing(p, keyring.Sealing{Key: 1<<32 - 1, Next: 7, Done: true, Step: 300}) })
	return all
}

func TestEveryKindOfRowComesBackByteForByte(t *testing.T) {
	all, keys := kinds(New(newKeys(t)))
	for i, payload := range samples() {
		if again, err := all[i](keys[i], payload); err != nil || !bytes.Equal(again, payload) {
			t.Errorf("kind %d: got %x, %v, want %x", i, again, err, payload)
		}
	}
}

func TestARowCutShortOrWithMoreBehindIsRefused(t *testing.T) {
	all, keys := kinds(New(newKeys(t)))
	for i, payload := range samples() {
		if _, err := all[i](keys[i], append(bytes.Clone(payload), 0)); err == nil {
			t.Errorf("kind %d: a byte too many was read over", i)
		}
		for n := range payload {
			if _, err := all[i](keys[i], payload[:n]); err == nil {
				t.Errorf("kind %d: cut to %d of %d bytes it was read", i, n, len(payload))
			}
		}
	}
}

func FuzzRecordDecode(f *testing.F) {
	all, keys := kinds(New(newKeys(f)))
	for i, payload := range samples() {
		f.Add(uint8(i), payload)
	}
	f.Add(uint8(1), []byte{1, 5, 3, 1, 2, 3})        // an address of three bytes
	f.Add(uint8(3), []byte{1, 0x80, 0})              // a number with a needless byte
	f.Add(uint8(8), []byte{1, 255, 255, 255, 255})   // cut in a number
	f.Add(uint8(2), []byte{1, 255, 255, 255, 15, 0}) // longer than there are bytes
	f.Fuzz(func(t *testing.T, which uint8, payload []byte) {
		i := int(which) % len(all)
		again, err := all[i](keys[i], payload)
		if err == nil && !bytes.Equal(again, payload) {
			t.Errorf("kind %d: %x comes back as %x", i, payload, again)
		}
	})
}

func TestSeal_EveryFlippedBitIsRefused(t *testing.T) {
	keys := newKeys(t)
	_, rowKeys := kinds(New(keys))
	for i, payload := range samples() {
		row := keys.Seal(TokensTable, rowKeys[i], payload)
		if _, err := keys.Open(TokensTable, rowKeys[i], row); err != nil {
			t.Fatal(err)
		}
		for bit := range 8 * len(row) {
			bad := bytes.Clone(row)
			bad[bit/8] ^= 1 << (bit % 8)
			if _, err := keys.Open(TokensTable, rowKeys[i], bad); !errors.Is(err, keyring.ErrSeal) {
				t.Errorf("kind %d, bit %d: got %v", i, bit, err)
			}
		}
		for n := range row {
			if _, err := keys.Open(TokensTable, rowKeys[i], row[:n]); !errors.Is(err, keyring.ErrSeal) {
				t.Errorf("kind %d, cut to %d: got %v", i, n, err)
			}
		}
		for name, moved := range map[string]struct {
			table store.Table
			key   string
		}{"another table": {FiltersTable, "12345678"}, "one with as long a name": {"tokenz", "12345678"}, "another key": {TokensTable, "12345679"}, "a letter moved over": {TokensTable + "1", "2345678"}} {
			if _, err := keys.Open(moved.table, []byte(moved.key), row); !errors.Is(err, keyring.ErrSeal) {
				t.Errorf("kind %d under %s: got %v", i, name, err)
			}
		}
	}
}

func TestSeal_AnotherKeyFileIsRefused(t *testing.T) {
	row := newKeys(t).Seal(TokensTable, []byte("k"), []byte("payload"))
	if _, err := newKeys(t).Open(TokensTable, []byte("k"), row); !errors.Is(err, keyring.ErrSeal) {
		t.Errorf("got %v", err)
	}
}
