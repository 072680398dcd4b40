// Package history tells an etcd that goes on from one that went back: whose folder was put back, or
// in whose place another one stands.
package history

import (
	"context"
	"errors"
	"fmt"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// A Point is what was known of etcd at some moment.
type Point struct {
	Revision int64    // it had come to
	Head     int64    // the revision of the newest commit; 0 if there was none
	Request  [16]byte // of that commit, which tells it from all others
}

// Back says why etcd cannot have come from was, which was known before it was asked, to now, which
// a majority of its members has answered; it returns nothing if it can. A commit that is not there
// any more, while revisions went on, may have been deleted by anybody.
func Back(was, now Point) string {
	switch {
	case now.Revision < was.Revision:
		return fmt.Sprintf("it is at revision %d, and was at %d", now.Revision, was.Revision)
	case now.Head > 0 && now.Head < was.Head:
		return fmt.Sprintf("its newest commit is of revision %d, and there was one of %d", now.Head, was.Head)
	case now.Head > 0 && now.Head == was.Head && now.Request != was.Request:
		return fmt.Sprintf("its commit of revision %d is another one than it was", now.Head)
	}
	return ""
}

// Had asks whether the value that etcd had under a key at a revision was written at that revision,
// and passes is. It is taken for true if etcd has forgotten what it had then.
func Had(ctx context.Context, client clientv3.KV, key string, revision int64, is func(value []byte) bool) (bool, error) {
	r, err := client.Get(ctx, key, clientv3.WithRev(revision))
	switch {
	case errors.Is(err, rpctypes.ErrCompacted):
		return true, nil
	case errors.Is(err, rpctypes.ErrFutureRev):
		return false, nil
	case err != nil:
		return false, err
	}
	return len(r.Kvs) == 1 && r.Kvs[0].ModRevision == revision && is(r.Kvs[0].Value), nil
}
