package authority

import (
	"bytes"
	"crypto/rand"
	"errors"
	"net/netip"
	"path/filepath"
	"testing"

	"tokenscale/audit"
	"tokenscale/ipfilter"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

func newKeys(t testing.TB) *Keys {
	t.Helper()
	keys, err := CreateKeys(filepath.Join(t.TempDir(), "keys"), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// A kind of row can unpack a payload and pack it again.
type kind func(key, payload []byte) (again []byte, err error)

func kindOf[V any](t table[V]) kind {
	return func(key, payload []byte) ([]byte, error) {
		u := &unpacker{in: payload}
		v := t.unpack(u, key)
		if err := u.end(); err != nil {
			return nil, err
		}
		var p packer
		t.pack(&p, v)
		return p.out, nil
	}
}

// kinds returns every kind of row, with the key of one.
func kinds(r records) ([]kind, [][]byte) {
	all := []kind{
		kindOf(r.tokens), kindOf(r.uses), kindOf(r.filters), kindOf(r.bound), kindOf(r.policies),
		kindOf(r.sweep), kindOf(r.root), kindOf(r.mark), kindOf(r.entries), kindOf(r.subjects),
		kindOf(r.made),
	}
	keys := make([][]byte, len(all))
	for i := range keys {
		keys[i] = []byte("12345678")
	}
	return all, keys
}

// samples returns a payload of each kind.
func samples() [][]byte {
	var all [][]byte
	pack := func(fn func(*packer)) {
		var p packer
		fn(&p)
		all = append(all, p.out)
	}
	pack(func(p *packer) {
		packToken(p, token.Token{Name: "nurse", Permissions: 1 << 63, FilterID: "f", ExpireAt: -1, CreatedAt: 1 << 40, DigestKey: 1<<32 - 1, ReplacedBy: "r", ToldDays: 14})
	})
	pack(func(p *packer) { packUse(p, use{5, netip.MustParseAddr("::ffff:10.0.0.1")}) })
	pack(func(p *packer) { packFilter(p, ipfilter.Filter{Name: "f", Text: "allow all\n"}) })
	pack(func(p *packer) { packNumber(p, 300) })
	pack(func(p *packer) { packPolicies(p, policy.Fresh()) })
	pack(func(p *packer) {
		packSweep(p, sweep{rule: policy.Security{Enabled: true, MaxAgeMs: 1 << 60}, cursor: "c", done: 1, total: 2, actor: audit.System()})
	})
	pack(func(p *packer) { packRoot(p, root{key: 7, since: 9}) })
	pack(func(p *packer) { packNumber(p, 0) })
	pack(func(p *packer) {
		packEntry(p, audit.Entry{Time: 9, Type: audit.Refused, Sensitive: true, Actor: audit.System(), Fields: []audit.Field{audit.One("a", ""), audit.Many("b", nil), audit.Many("c", []string{"d"})}})
	})
	all = append(all, []byte{})
	pack(func(p *packer) { packMade(p, made{id: "t", input: token.Digest{1}, at: 1 << 41}) })
	return all
}

func TestEveryKindOfRowComesBackByteForByte(t *testing.T) {
	all, keys := kinds(newRecords(newKeys(t)))
	for i, payload := range samples() {
		if again, err := all[i](keys[i], payload); err != nil || !bytes.Equal(again, payload) {
			t.Errorf("kind %d: got %x, %v, want %x", i, again, err, payload)
		}
	}
}

func TestARowCutShortOrWithMoreBehindIsRefused(t *testing.T) {
	all, keys := kinds(newRecords(newKeys(t)))
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
	all, keys := kinds(newRecords(newKeys(f)))
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
	_, rowKeys := kinds(newRecords(keys))
	for i, payload := range samples() {
		row := keys.seal(tokensTable, rowKeys[i], payload)
		if _, err := keys.open(tokensTable, rowKeys[i], row); err != nil {
			t.Fatal(err)
		}
		for bit := range 8 * len(row) {
			bad := bytes.Clone(row)
			bad[bit/8] ^= 1 << (bit % 8)
			if _, err := keys.open(tokensTable, rowKeys[i], bad); !errors.Is(err, errSeal) {
				t.Errorf("kind %d, bit %d: got %v", i, bit, err)
			}
		}
		for n := range row {
			if _, err := keys.open(tokensTable, rowKeys[i], row[:n]); !errors.Is(err, errSeal) {
				t.Errorf("kind %d, cut to %d: got %v", i, n, err)
			}
		}
		for name, moved := range map[string]struct {
			table store.Table
			key   string
		}{"another table": {filtersTable, "12345678"}, "one with as long a name": {"tokenz", "12345678"}, "another key": {tokensTable, "12345679"}, "a letter moved over": {tokensTable + "1", "2345678"}} {
			if _, err := keys.open(moved.table, []byte(moved.key), row); !errors.Is(err, errSeal) {
				t.Errorf("kind %d under %s: got %v", i, name, err)
			}
		}
	}
}

func TestSeal_AnotherKeyFileIsRefused(t *testing.T) {
	row := newKeys(t).seal(tokensTable, []byte("k"), []byte("payload"))
	if _, err := newKeys(t).open(tokensTable, []byte("k"), row); !errors.Is(err, errSeal) {
		t.Errorf("got %v", err)
	}
}
