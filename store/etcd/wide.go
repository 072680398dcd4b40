package etcd

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	clientv3 "go.etcd.io/etcd/client/v3"

	"tokenscale/store"
	"tokenscale/store/etcd/dial"
	"tokenscale/store/etcd/parcel"
	"tokenscale/store/overlay"
)

// A transaction may change more than one transaction of etcd takes. Its commit is a wide one: what
// it changes is packed into parts, which have keys of their own, and the head says that they count.
// So all of it is there from one revision on. Then the rows are laid out: written to where rows
// stand, a batch at a time, and nothing else is committed until the head says that they are.
//
// The last part comes with the commit. If there are others they come before it, under a lease, and
// the commit takes them off it: an author that dies in between leaves nothing behind.

// unlaid is what a head says of rows that do not stand where rows do yet. The zero value says that
// there are none.
type unlaid struct {
	request requestID // of the commit that they are of
	parcel.Label
}

// fresh reports whether the commit of a head is a wide one, and not one above it.
func (h head) fresh() bool { return h.unlaid.Parts > 0 && h.unlaid.request == h.request }

// unpack reads what head.pack has written, and returns what stands behind it.
func (u *unlaid) unpack(b []byte) (rest []byte, ok bool) {
	parts, n := binary.Uvarint(b)
	rest = b[max(n, 0):]
	switch {
	case n <= 0 || parts > parcel.MaxParts:
		return nil, false
	case parts == 0:
		return rest, true
	case len(rest) < len(u.request)+len(u.Sum):
		return nil, false
	}
	u.Parts = int(parts)
	rest = rest[copy(u.request[:], rest):]
	return rest[copy(u.Sum[:], rest):], true
}

const (
	// aheadTime is how long parts are there without their commit, in seconds.
	aheadTime = 60

	// partRoom is what a request holds besides a part: the names of the others, and the head.
	partRoom = 1 << 15
)

func sizeOf(c store.Change) int { return len(c.Key) + len(c.Value) }

// isWide reports whether a commit is a wide one.
func (db *DB) isWide(changed *overlay.Overlay) bool {
	rows, bytes := db.Limits()
	return changed.Rows > rows || changed.Bytes > bytes
}

// weight is how many bytes a commit adds to etcd at most. Of a wide one the parts come twice, the
// second time without their lease, and then the rows.
func (db *DB) weight(changed *overlay.Overlay) int {
	if db.isWide(changed) {
		return 3 * changed.Bytes
	}
	return changed.Bytes
}

// request is what a commit asks of etcd, besides that the head is as it was.
type request struct {
	compare []clientv3.Cmp
	ops     []clientv3.Op
	lease   clientv3.LeaseID // of parts that are there already; 0 if there are none
}

// prepare returns what a commit asks of etcd. If it is a wide one, next says so then, and what must
// be there before it is.
func (db *DB) prepare(ctx context.Context, changed *overlay.Overlay, next *head) (q request, err error) {
	if !db.isWide(changed) {
		q.ops = db.operations(changed, *next)
		return q, nil
	}
	changes := changed.List()
	if _, most := db.Limits(); slices.ContainsFunc(changes, func(c store.Change) bool { return sizeOf(c) > most }) {
		return q, fmt.Errorf("%w: a row of it is larger than the %d bytes that fit into a request to etcd", store.ErrLarge, most)
	}
	parts, label, err := parcel.Pack(changes, db.options.MaxBytes-partRoom)
	if err != nil {
		return q, err
	}
	next.unlaid = unlaid{next.request, label}
	last := len(parts) - 1
	if last > 0 {
		err = db.bring(ctx, &q, next.request, parts[:last])
	}
	q.ops = append(q.ops, clientv3.OpPut(db.keys.part(next.request, last), string(parts[last])))
	q.ops = append(q.ops, db.heads(*next)...)
	return q, err
}

// bring puts parts where a commit finds them. They must still be the same then.
func (db *DB) bring(ctx context.Context, q *request, of requestID, parts [][]byte) error {
	lease, err := db.client.Grant(ctx, aheadTime)
	if err != nil {
		return err
	}
	q.lease = lease.ID
	for i, part := range parts {
		name := db.keys.part(of, i)
		if err := dial.Again(ctx, db.options.Timeout, func(ctx context.Context) error {
			r, err := db.client.Put(ctx, name, string(part), clientv3.WithLease(lease.ID))
			if err == nil {
				q.compare = append(q.compare, clientv3.Compare(clientv3.ModRevision(name), "=", r.Header.Revision))
			}
			return err
		}); err != nil {
			return err
		}
		q.ops = append(q.ops, clientv3.OpPut(name, "", clientv3.WithIgnoreValue()))
	}
	return db.options.controls.reached("parts")
}

// forget ends the lease of parts once it is known what became of their commit: those of one that
// was made are not under it any more.
func (db *DB) forget(q request) {
	if q.lease == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(db.alive, db.options.Timeout)
	defer cancel()
	_, _ = db.client.Revoke(ctx, q.lease) // or it ends by itself
}

// open returns the changes that parts hold, which are among values by their names. They are in
// order.
func (db *DB) open(u unlaid, values map[string][]byte) ([]store.Change, error) {
	parts := make([][]byte, u.Parts)
	for i := range parts {
		parts[i] = values[db.keys.part(u.request, i)]
	}
	changes, err := parcel.Unpack(parts, u.Label)
	return slices.DeleteFunc(changes, func(c store.Change) bool { return !slices.Contains(db.options.Tables, c.Table) }), err
}
