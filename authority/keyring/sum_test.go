package keyring_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"tokenscale/authority/keyring"
	"tokenscale/authority/rows/rowstest"
	"tokenscale/store"
)

var someSums = []store.Sum{{1, 2}, {0, 0}, {^uint64(0), 3}}

func TestSums_OpenOnlyAsTheyWereSealed(t *testing.T) {
	keys := rowstest.Keys(t, "a")
	sealed := keys.SealSums(7, someSums)
	if got, err := keys.OpenSums(7, sealed); err != nil || !slices.Equal(got, someSums) {
		t.Fatalf("got %v, %v", got, err)
	}
	if _, err := keys.OpenSums(6, sealed); !errors.Is(err, keyring.ErrSeal) {
		t.Errorf("as those of another commit: %v", err)
	}
	for i := range len(sealed) * 8 {
		bad := bytes.Clone(sealed)
		bad[i/8] ^= 1 << (i % 8)
		if _, err := keys.OpenSums(7, bad); !errors.Is(err, keyring.ErrSeal) {
			t.Errorf("with bit %d flipped: %v", i, err)
		}
	}
	for n := range sealed {
		if _, err := keys.OpenSums(7, sealed[:n]); !errors.Is(err, keyring.ErrSeal) {
			t.Errorf("cut to %d bytes: %v", n, err)
		}
	}
	if _, err := rowstest.Keys(t, "b").OpenSums(7, sealed); !errors.Is(err, keyring.ErrSeal) {
		t.Errorf("under other keys: %v", err)
	}
}

// Whoever reads the store must not learn a share from two sums: by some hundred shares they could
// choose old rows that change no sum.
func TestSums_AreHidden(t *testing.T) {
	keys := rowstest.Keys(t, "a")
	one, other := keys.SealSums(7, []store.Sum{{}, {}}), keys.SealSums(7, []store.Sum{{0, 1}, {}})
	same := 0
	for i := 5; i < len(one); i++ {
		if one[i] == other[i] {
			same++
		}
	}
	if same > 8 {
		t.Errorf("two sums that differ in one bit are the same in %d of %d bytes", same, len(one)-5)
	}
	if bytes.Contains(one, make([]byte, 8)) {
		t.Error("the zeros show")
	}
}

// A key that was marked as old seals no sums either: a stolen one makes none.
func TestSums_OfAnOldKeyAreRefused(t *testing.T) {
	sealed := rowstest.Keys(t, "a").SealSums(7, someSums)
	both := rowstest.Keys(t, "b", "a")
	if _, err := both.OpenSums(7, sealed); !errors.Is(err, keyring.ErrSeal) {
		t.Errorf("got %v", err)
	}
	if got, err := both.WithOldSeals().OpenSums(7, sealed); err != nil || !slices.Equal(got, someSums) {
		t.Errorf("of a backup: %v, %v", got, err)
	}
}

// The share of a row is the same whichever key seals by now, and another one under each key.
func TestShares_AreThoseOfTheKeyThatTheRowNames(t *testing.T) {
	a, b, both := rowstest.Keys(t, "a"), rowstest.Keys(t, "b"), rowstest.Keys(t, "b", "a")
	share := func(by, seal *keyring.Keys) store.Sum {
		return by.Share("t", []byte("k"), seal.Seal("t", []byte("k"), []byte("v")))
	}
	if share(both, a) != share(a, a) || share(both, b) != share(b, b) || share(a, a) == share(b, b) {
		t.Error("shares do not follow the key of the row")
	}
	if a.Share("t", nil, nil) == (store.Sum{}) || a.Share("t", nil, []byte{1}) == a.Share("t", nil, []byte{2}) {
		t.Error("rows that nobody sealed have no shares of their own")
	}
}
