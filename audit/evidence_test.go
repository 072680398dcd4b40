package audit_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tokenscale/audit"
)

// packed returns the pieces of effects.
func packed(t interface{ Fatal(...any) }, effects []audit.Effect) []audit.Piece {
	var v audit.Evidence
	for _, e := range effects {
		v.Add(e)
	}
	pieces, err := v.Pieces()
	if err != nil {
		t.Fatal(err)
	}
	if v.Count() != uint64(len(effects)) {
		t.Fatal("counted", v.Count(), "of", len(effects))
	}
	return pieces
}

// opened returns the effects in pieces, which must follow each other.
func opened(t interface {
	Fatal(...any)
	Fatalf(string, ...any)
}, pieces []audit.Piece) (all []audit.Effect) {
	for i, p := range pieces {
		first, effects, err := audit.OpenPiece(p.Packed)
		if err != nil {
			t.Fatal(err)
		}
		if first != uint64(len(all)+1) || effects[0].Place() != p.First {
			t.Fatalf("piece %d begins with effect %d at %d; want %d at %d", i, first, effects[0].Place(), len(all)+1, p.First)
		}
		all = append(all, effects...)
	}
	return all
}

// column returns n effects, each so far behind the one before as gap says.
func column(n int, gap func(i int) uint64) []audit.Effect {
	effects := make([]audit.Effect, n)
	place, dice := uint64(1), rand.New(rand.NewPCG(1, 2))
	for i := range effects {
		place += gap(i)
		effects[i] = audit.Effect{Number: place >> 1, InGrace: place&1 == 1, Did: audit.Did(1 + dice.IntN(4))}
	}
	return effects
}

func TestWhatIsPackedIsOpened(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		far := rapid.SampledFrom([]uint64{1, 2, 100, 1 << 20, 1 << 40}).Draw(t, "far")
		gaps := rapid.SliceOfN(rapid.Uint64Range(1, far), 0, 200).Draw(t, "gaps")
		want := column(len(gaps), func(i int) uint64 { return gaps[i] })
		if got := opened(t, packed(t, want)); !slices.Equal(got, want) {
			t.Fatalf("packed %v, opened %v", want, got)
		}
	})
}

func TestALargeColumnIsCutAndCompressed(t *testing.T) {
	for _, test := range []struct {
		name         string
		n            int
		gap          func(int) uint64
		pieces, most int // bytes
	}{
		{"a few", 3, func(int) uint64 { return 2 }, 1, 16},
		{"a hundred thousand, dense", 100_000, func(int) uint64 { return 2 }, 2, 40_000},
		{"a million, dense", 1_000_000, func(int) uint64 { return 2 }, 16, 500_000},
		{"a million, one in a hundred of the numbers, about", 1_000_000, func(i int) uint64 { return uint64(1 + i*7919%997%400) }, 30, 2_000_000},
	} {
		t.Run(test.name, func(t *testing.T) {
			want := column(test.n, test.gap)
			pieces := packed(t, want)
			size := 0
			for _, p := range pieces {
				size += len(p.Packed)
			}
			t.Logf("%d bytes in %d pieces", size, len(pieces))
			if len(pieces) != test.pieces || size > test.most {
				t.Errorf("%d pieces of %d bytes; want %d of %d at most", len(pieces), size, test.pieces, test.most)
			}
			if !slices.Equal(opened(t, pieces), want) {
				t.Error("what was opened is not what was packed")
			}
		})
	}
}

func TestTheHashOfAPieceIsOfAllOfIt(t *testing.T) {
	p := packed(t, column(50, func(int) uint64 { return 3 }))[0]
	for i := range p.Packed {
		changed := audit.Piece{Packed: bytes.Clone(p.Packed)}
		changed.Packed[i] ^= 1
		if changed.Hash() == p.Hash() || len(changed.Hash()) != 64 {
			t.Errorf("byte %d changes nothing: %s", i, changed.Hash())
		}
	}
}

func TestAPieceThatIsNoneIsRefused(t *testing.T) {
	for name, p := range map[string][]byte{
		"nothing":              {},
		"no effect":            {0, 1},
		"an unknown form":      {2, 1, 2<<3 | 1},
		"counted from 0":       {0, 0, 2<<3 | 1},
		"nothing done":         {0, 1, 2 << 3},
		"an unknown effect":    {0, 1, 2<<3 | 5},
		"number 0":             {0, 1, 1<<3 | 1},
		"one place twice":      {0, 1, 2<<3 | 1, 1},
		"a number cut short":   {0, 1, 0x80},
		"a number not minimal": {0, 1, 0x91, 0},
		"no flate":             {1, 0xff},
	} {
		if _, effects, err := audit.OpenPiece(p); err == nil {
			t.Errorf("%s: opened as %v", name, effects)
		}
	}
}

// Whatever opens is in order, and is packed into the same effects again.
func FuzzEvidence(f *testing.F) {
	f.Add([]byte{0, 1, 2<<3 | 1, 1<<3 | 4})
	f.Add(packed(f, column(300_000, func(int) uint64 { return 2 }))[1].Packed)
	f.Fuzz(func(t *testing.T, piece []byte) {
		_, effects, err := audit.OpenPiece(piece)
		if err != nil {
			return
		}
		if len(effects) == 0 || !slices.IsSortedFunc(effects, func(a, b audit.Effect) int { return int(int64(a.Place() - b.Place())) }) {
			t.Fatalf("out of order: %v", effects)
		}
		if got := opened(t, packed(t, effects)); !slices.Equal(got, effects) {
			t.Fatalf("opened %v, packed again %v", effects, got)
		}
	})
}
