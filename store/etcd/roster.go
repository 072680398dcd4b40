package etcd

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"tokenscale/store"
	"tokenscale/store/etcd/condition"
	"tokenscale/store/etcd/dial"
)

// A roster is which nodes have the store open, and which of them keeps house. DB.mu guards it.
type roster struct {
	revision int64 // up to which it is complete
	nodes    map[string]store.Node
	house    string

	asked   int64  // the newest commit that all nodes are to know of before it is answered
	askedBy string // the node that made it
}

// Nodes implements store.Shared.
func (db *DB) Nodes() []store.Node {
	db.mu.Lock()
	defer db.mu.Unlock()
	return slices.SortedFunc(maps.Values(db.roster.nodes), func(a, b store.Node) int { return strings.Compare(a.Name, b.Name) })
}

// KeepsHouse implements store.Shared.
func (db *DB) KeepsHouse() bool {
	db.mu.Lock()
	house := db.roster.house
	db.mu.Unlock()
	return house == db.options.Node && db.Proven() == nil
}

// offerHouse has this node keep house if no node does that is there. It ends with our lease.
func (db *DB) offerHouse(ctx context.Context) {
	db.mu.Lock()
	house, known := db.roster.house, db.roster.revision
	_, kept := db.roster.nodes[house]
	db.mu.Unlock()
	if lease := db.member.lease.Load(); !kept && lease != 0 {
		// Without an answer it is asked again with the next proof.
		_, _ = db.client.Txn(ctx).If(clientv3.Compare(clientv3.ModRevision(db.keys.house()), "<", known+1),
			clientv3.Compare(clientv3.CreateRevision(db.keys.nodes()+house), "=", 0)).
			Then(clientv3.OpPut(db.keys.house(), db.options.Node, clientv3.WithLease(clientv3.LeaseID(lease)))).Commit()
	}
}

// list reads the roster anew. What the watch brings of a time before is then skipped.
func (db *DB) list(ctx context.Context, client *clientv3.Client) error {
	ctx, cancel := context.WithTimeout(ctx, db.options.Timeout)
	defer cancel()
	r, err := client.Txn(ctx).Then(clientv3.OpGet(db.keys.nodes(), clientv3.WithPrefix()), clientv3.OpGet(db.keys.house())).Commit()
	if err != nil {
		return err
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	if r.Header.Revision <= db.roster.revision {
		return nil
	}
	db.roster.nodes, db.roster.house = map[string]store.Node{}, ""
	for _, kvs := range [][]*mvccpb.KeyValue{r.Responses[0].GetResponseRange().Kvs, r.Responses[1].GetResponseRange().Kvs} {
		for _, kv := range kvs {
			db.note(string(kv.Key), kv.Value)
		}
	}
	db.roster.revision = r.Header.Revision
	db.announce()
	return nil
}

// saw notes what the events of one revision say of nodes, and that all is known up to there.
func (db *DB) saw(revision int64, events []*clientv3.Event) {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.watched = max(db.watched, revision)
	if revision <= db.roster.revision {
		return
	}
	for _, e := range events {
		switch {
		case e.Type == clientv3.EventTypePut:
			if late, ok := strings.CutPrefix(string(e.Kv.Key), db.keys.late("")); ok {
				db.turns.Late(late, db.options.Now())
			}
			db.heard(db.note(string(e.Kv.Key), e.Kv.Value))
		case string(e.Kv.Key) == db.keys.house():
			db.roster.house = ""
		default:
			db.gone(string(e.Kv.Key))
		}
	}
	db.roster.revision = revision
	db.announce()
}

// note takes over what a key says, and returns the name of the node that it is the row of. A row
// that cannot be read is of a node that never says how far it has come.
func (db *DB) note(key string, value []byte) (name string, ok bool) {
	if key == db.keys.house() {
		db.roster.house = string(value)
		return "", false
	}
	name, ok = strings.CutPrefix(key, db.keys.nodes())
	if !ok {
		return "", false
	}
	db.roster.nodes[name] = nodeIn(name, value)
	return name, true
}

// nodeIn returns what the row of a node says.
func nodeIn(name string, value []byte) (n store.Node) {
	if err := json.Unmarshal(value, &n); err != nil {
		n = store.Node{}
	}
	n.Name = name
	return n
}

// heard notes by how much the clock of a node is ahead of ours, whose report has just come.
func (db *DB) heard(name string, ok bool) {
	if !ok {
		return
	}
	n := db.roster.nodes[name]
	n.Ahead = n.Clock.Sub(db.options.Now().Round(0))
	db.roster.nodes[name] = n
}

// gone forgets a node whose row is gone. If it is ours, nobody waits for us any more.
func (db *DB) gone(key string) {
	name, ok := strings.CutPrefix(key, db.keys.nodes())
	if !ok {
		return
	}
	delete(db.roster.nodes, name)
	if name == db.options.Node {
		db.door.Close()
	}
}

// awaitNodes returns when no other node answers for tokens that does not know of the newest commit
// for which all were to be waited. A node that is silent has no proof from after that commit, so
// its door closes by itself; the longest that any is set to counts.
func (db *DB) awaitNodes() {
	if db.options.controls.noWait {
		return
	}
	db.mu.Lock()
	asked, by := db.roster.asked, db.roster.askedBy
	longest := db.options.MaxStaleness
	for _, n := range db.roster.nodes {
		longest = max(longest, n.Staleness)
	}
	db.mu.Unlock()
	limit := time.NewTimer(longest + longest/10)
	defer limit.Stop()
	for {
		db.mu.Lock()
		all, moved := db.roster.revision >= asked && !db.behind(asked, by), db.moved
		db.mu.Unlock()
		if all {
			return
		}
		select {
		case <-moved:
		case <-limit.C:
			return
		}
	}
}

// behind reports whether a node has not said that it has come to a revision, besides this one and
// the one that made the commit there.
func (db *DB) behind(revision int64, by string) bool {
	for name, n := range db.roster.nodes {
		if n.Applied < revision && name != by && name != db.options.Node {
			return true
		}
	}
	return false
}

// Inspect asks all members how they are, and which nodes there are. It opens no store and changes
// nothing.
func Inspect(ctx context.Context, o Options) (h condition.Health, err error) {
	if o, err = o.filled(); err != nil {
		return h, err
	}
	client, err := connect(o)
	if err != nil {
		return h, err
	}
	defer client.Close() //nolint:errcheck // there is nothing left to be done
	ctx, cancel := context.WithTimeout(ctx, o.Patience+dial.ProbeTime)
	defer cancel()
	if h, err = condition.All(ctx, client, o.dial()); err != nil {
		return h, err
	}
	k := keys{o.Prefix}
	r, err := client.Get(ctx, k.nodes(), clientv3.WithPrefix())
	if err != nil {
		return h, unavailable(err)
	}
	h.Revision = r.Header.Revision
	for _, kv := range r.Kvs {
		h.Nodes = append(h.Nodes, nodeIn(strings.TrimPrefix(string(kv.Key), k.nodes()), kv.Value))
	}
	h.Compacted, err = condition.Compacted(ctx, client, k.head())
	return h, err
}
