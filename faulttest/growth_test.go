package faulttest

import (
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"tokenscale/authority"
	"tokenscale/authority/keyring"
	"tokenscale/permission"
	"tokenscale/policy"
	"tokenscale/store/bolt/boltfile"
)

// TestTheFileGrowsWithWhatItHolds makes and deletes many tokens. What stays is
// their audit log; the space of all else is used again, so that the file stays
// below three times of what it holds, and the space it keeps back. Compacted
// while others go on, it is no longer than that either.
func TestTheFileGrowsWithWhatItHolds(t *testing.T) {
	p := newPlace(t, filepath.Join(memory(t), "data"))
	keys, err := keyring.Create(p.keys, crand.Reader)
	must(t, err)
	s := &sample{keys: keys, p: p, known: newKnown()}
	a, db, err := s.openAt(p.data, p.keys+".state")
	must(t, err)
	const callers = 64
	each := rounds(20_000, 1_000_000) / callers
	var all sync.WaitGroup
	for range callers {
		n := 0
		all.Go(func() { makeAndDelete(t, a, func() bool { n++; return n <= each }) })
	}
	all.Wait()
	asLong := func(when string) {
		stats := db.Stats()
		info, err := os.Stat(boltfile.Path(p.data))
		must(t, err)
		t.Logf("%d tokens made and deleted, %s: the file has %.1f MiB, %.1f of them in use", callers*each, when, mib(info.Size()), mib(stats.Used))
		if limit := 3*stats.Used + 4<<20; info.Size() > limit {
			t.Errorf("%s the file has %d bytes, want at most %d", when, info.Size(), limit)
		}
	}
	asLong("as it is")
	halt := make(chan struct{})
	all.Go(func() { makeAndDelete(t, a, func() bool { return !closed(halt) }) })
	done, err := db.Compact(context.Background(), a.SoundRow)
	close(halt)
	all.Wait()
	must(t, err)
	asLong(fmt.Sprintf("compacted while others were made (changes waited %v)", done.Held))
	must(t, errors.Join(a.Close(context.Background()), db.Close()))
}

// makeAndDelete makes tokens and deletes each at once, while more says so.
func makeAndDelete(t *testing.T, a *authority.Authority, more func() bool) {
	draft := policy.Draft{Name: "short-lived", Permissions: permission.Of(permission.ReadHealthCheck)}
	for more() {
		v, _, err := a.CreateToken(context.Background(), authority.Caller{Actor: policy.RootActor(), Action: "createSystemToken"}, draft)
		if err == nil {
			err = a.DeleteToken(context.Background(), authority.Caller{Actor: policy.RootActor(), Action: "deleteToken"}, v.ID)
		}
		if err != nil {
			t.Error(err)
			return
		}
	}
}

func mib(n int64) float64 { return float64(n) / (1 << 20) }
