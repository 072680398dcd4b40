package bolt

import (
	"testing"

	"go.uber.org/goleak"

	"tokenscale/store"
	"tokenscale/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTheSuite(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t testing.TB, dir string) store.DB {
		return mustOpen(t, Options{Folder: dir, Tables: storetest.Tables, QueueLength: storetest.Queue})
	})
}

// mustOpen opens a store and closes it when the test ends.
func mustOpen(t testing.TB, o Options) *DB {
	t.Helper()
	db, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}
