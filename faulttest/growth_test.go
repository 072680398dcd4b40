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
	"tokenscale/permission"
	"tokenscale/policy"
	"tokenscale/store/bolt"
)

// TestTheFileGrowsWithWhatItHolds makes and deletes many tokens. What stays is
// their audit log; the space of all else is used again, so that the file stays
// below three times of what it holds, and the space it keeps back.
func TestTheFileGrowsWithWhatItHolds(t *testing.T) {
	p := newPlace(t, filepath.Join(memory(t), "data"))
	keys, err := authority.CreateKeys(p.keys, crand.Reader)
	must(t, err)
	s := &sample{keys: keys, p: p, known: newKnown()}
	a, db, err := s.openAt(p.data, p.keys+".state")
	must(t, err)
	const callers = 64
	each := rounds(20_000, 1_000_000) / callers
	var all sync.WaitGroup
	for n := range callers {
		all.Go(func() {
			draft := policy.Draft{Name: fmt.Sprint("caller ", n), Permissions: permission.Of(permission.ReadHealthCheck)}
			for range each {
				v, _, err := a.CreateToken(context.Background(), policy.RootActor(), draft, "createSystemToken")
				if err == nil {
					err = a.DeleteToken(context.Background(), policy.RootActor(), v.ID, "deleteToken")
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	stats := db.Stats()
	must(t, errors.Join(a.Close(context.Background()), db.Close()))
	info, err := os.Stat(bolt.Path(p.data))
	must(t, err)
	t.Logf("%d tokens made and deleted: the file has %.1f MiB, %.1f of them in use", callers*each, mib(info.Size()), mib(stats.Used))
	if limit := 3*stats.Used + 4<<20; info.Size() > limit {
		t.Errorf("the file has %d bytes, want at most %d", info.Size(), limit)
	}
}

func mib(n int64) float64 { return float64(n) / (1 << 20) }
