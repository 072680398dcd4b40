package parcel

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"tokenscale/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// noise is so many bytes that do not become less when they are packed.
func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{}).Read(b) // it never fails
	return b
}

func many(n int) (changes []store.Change) {
	for i := range n {
		changes = append(changes, store.Change{Table: "t", Key: fmt.Appendf(nil, "%06d", i), Value: []byte("value")})
	}
	return changes
}

func TestWhatIsPackedComesBack(t *testing.T) {
	for _, c := range []struct {
		name    string
		changes []store.Change
		parts   int
	}{
		{"nothing", nil, 1},
		{"one row", []store.Change{{Table: "t", Key: []byte("k"), Value: []byte("v")}}, 1},
		{"a deletion and an empty value are two things", []store.Change{{Table: "t", Key: []byte("a")}, {Table: "t", Key: []byte("b"), Value: []byte{}}}, 1},
		{"rows of several tables", []store.Change{{Table: "a", Key: []byte("k"), Value: []byte("v")}, {Table: "b", Key: []byte("k")}}, 1},
		{"what becomes little", many(10_000), 1},
		{"several parts", []store.Change{{Table: "t", Key: []byte("k"), Value: noise(1 << 20)}, {Table: "t", Key: []byte("l"), Value: noise(1 << 20)}}, 5},
		{"all that a parcel may have", []store.Change{{Table: "t", Key: []byte("k"), Value: noise(Bytes)}}, 17},
	} {
		t.Run(c.name, func(t *testing.T) {
			parts, label, err := Pack(c.changes, 1<<19)
			if err != nil || len(parts) > c.parts || label.Parts != len(parts) || label.Parts == 0 {
				t.Fatalf("%d parts, labelled %d, want %d: %v", len(parts), label.Parts, c.parts, err)
			}
			for _, p := range parts {
				if len(p) > 1<<19 {
					t.Errorf("a part has %d bytes", len(p))
				}
			}
			got, err := Unpack(parts, label)
			if !reflect.DeepEqual(c.changes, got) || err != nil {
				t.Errorf("%d other changes come back: %v", len(got), err)
			}
		})
	}
}

func TestPartsThatAreNotThoseOfTheLabelAreRefused(t *testing.T) {
	parts, label, err := Pack([]store.Change{{Table: "t", Key: []byte("k"), Value: noise(3000)}}, 1000)
	if err != nil || len(parts) < 3 {
		t.Fatal(len(parts), err)
	}
	for name, change := range map[string]func([][]byte) [][]byte{
		"none":              func([][]byte) [][]byte { return nil },
		"one less":          func(p [][]byte) [][]byte { return p[1:] },
		"one more":          func(p [][]byte) [][]byte { return append(p, []byte("x")) },
		"one that is empty": func(p [][]byte) [][]byte { return append(p, nil) },
		"another order":     func(p [][]byte) [][]byte { p[0], p[1] = p[1], p[0]; return p },
		"another byte":      func(p [][]byte) [][]byte { p[1][7] ^= 1; return p },
	} {
		t.Run(name, func(t *testing.T) {
			own := make([][]byte, 0, len(parts))
			for _, p := range parts {
				own = append(own, bytes.Clone(p))
			}
			if got, err := Unpack(change(own), label); !errors.Is(err, ErrBroken) || got != nil {
				t.Errorf("got %d changes, %v", len(got), err)
			}
		})
	}
}

// Whoever may write to etcd may write a label as well: what it names must not take the memory.
func TestAParcelThatWouldBecomeHugeIsRefused(t *testing.T) {
	pack, err := packing()
	if err != nil {
		t.Fatal(err)
	}
	whole := pack.EncodeAll(make([]byte, 64<<20), nil)
	if _, err := Unpack([][]byte{whole}, labelOf(whole)); !errors.Is(err, ErrBroken) {
		t.Errorf("%d bytes become 64 MiB: %v", len(whole), err)
	}
}

func labelOf(whole []byte) Label { return Label{Parts: 1, Sum: sha256.Sum256(whole)} }

// FuzzDecode: what is decoded is what its encoding decodes to, and nothing else is taken.
func FuzzDecode(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{format})
	f.Add([]byte{format, 1, 't', 2, 1, 'a', 0, 1, 'b', 1})
	f.Add([]byte{format, 1, 't', 255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 1, 'a', 0})
	f.Add(encode(many(3)))
	f.Fuzz(func(t *testing.T, b []byte) {
		changes, err := decode(b)
		if err != nil {
			if changes != nil || !errors.Is(err, ErrBroken) {
				t.Errorf("%d changes, and %v", len(changes), err)
			}
			return
		}
		again, err := decode(encode(changes))
		if diff := cmp.Diff(changes, again); diff != "" || err != nil {
			t.Errorf("%v (-first +again):\n%s", err, diff)
		}
		if slices.ContainsFunc(changes, func(c store.Change) bool { return len(c.Key)+len(c.Value) > len(b) }) {
			t.Error("more comes out than goes in")
		}
	})
}
