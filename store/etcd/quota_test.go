package etcd

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"go.etcd.io/etcd/server/v3/embed"

	"tokenscale/store"
	"tokenscale/store/etcd/etcdtest"
	"tokenscale/store/etcd/quota"
)

// A small quota is filled with what is made, until no more is taken. Then rights can still be taken
// away, a hundred times and more; without the limit, which is the control, etcd takes nothing.
func TestWhatTakesRightsAwayGoesOnWhenEtcdIsNearlyFull(t *testing.T) {
	for name, control := range map[string]bool{"": false, "without the limit": true} {
		t.Run(name, func(t *testing.T) {
			m, err := etcdtest.Start(func(c *embed.Config) { c.QuotaBackendBytes = 32 << 20 })
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := m.Stop(); err != nil {
					t.Error(err)
				}
			})
			db := node(t, []string{m.Endpoint}, "a", func(o *Options) {
				o.controls.noQuota, o.controls.quotaLook = control, 150*time.Millisecond
			})
			refused := fillUp(t, db)
			kept := 0
			for i := range 100 {
				if err := db.Update(context.Background(), func(w store.Writer) error {
					return w.Put("left", fmt.Append(nil, "revoked ", i), []byte("a token is gone, and this is its entry"))
				}, store.UseReserve, store.Everywhere); err == nil {
					kept++
				}
			}
			if full := kept < 100; full != control {
				t.Errorf("%d of 100 revocations were made after %v", kept, refused)
			}
			if control {
				eventually(t, "the alarm is told", func() bool { return slices.Equal(db.Alarms(), []string{"NOSPACE"}) })
			} else if len(db.Alarms()) > 0 {
				t.Errorf("etcd has alarms: %v", db.Alarms())
			}
			if s := db.Stats(); s.MaxSize != 32<<20 || !control && (s.Used < s.MaxSize/100*quota.Makes || s.Size > s.MaxSize) {
				t.Errorf("%d of %d bytes are used, in a file of %d", s.Used, s.MaxSize, s.Size)
			}
		})
	}
}

// fillUp makes rows until no more are taken, and then those of the housekeeping. A refusal counts
// once it is repeated: more may fit when the members were asked again.
func fillUp(t *testing.T, db *DB) (refused error) {
	t.Helper()
	for _, how := range [][]store.Option{nil, {store.UseReserve}} {
		for i, refusals := 0, 0; i < 20_000 && refusals < 3; i++ {
			value := make([]byte, 4<<10)
			_, _ = rand.Read(value)
			if refused = db.Update(context.Background(), func(w store.Writer) error {
				return w.Put("left", fmt.Append(nil, "made ", len(how), " ", i), bytes.Clone(value))
			}, how...); refused == nil {
				refusals = 0
				continue
			}
			refusals++
			time.Sleep(250 * time.Millisecond)
		}
		if !errors.Is(refused, store.ErrFull) {
			t.Fatalf("in the end: %v", refused)
		}
	}
	return refused
}
