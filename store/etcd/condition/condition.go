// Package condition tells how the members of etcd are, which it asks.
package condition

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"tokenscale/store"
	"tokenscale/store/etcd/dial"
)

// A Health is what is to be said about the members of etcd that keep a store.
type Health struct {
	Members   []Member
	Revision  int64 // the newest
	Compacted int64 // the revision up to which etcd has forgotten what was changed; 0 if none
	Nodes     []store.Node
}

// A Member is one of them, as it described itself.
type Member struct {
	Endpoint string
	Version  string
	Leader   bool     // it leads the others
	Learner  bool     // it has no vote yet
	Size     int64    // bytes of its file
	Used     int64    // bytes of it that hold data
	Quota    int64    // bytes that the file may grow to
	Behind   uint64   // commits that it has not applied yet
	Problems []string // such as dial.NoLeader, and alarms
}

// All asks all members. It fails with store.ErrUnavailable if none of them has a quorum; what they
// said is returned all the same.
func All(ctx context.Context, client *clientv3.Client, o dial.Options) (h Health, err error) {
	found := o.Probe(ctx)
	for i, endpoint := range o.Endpoints {
		h.Members = append(h.Members, ask(ctx, client, endpoint, found[i]))
	}
	if !slices.ContainsFunc(found, func(v dial.Verdict) bool { return v.Quorum }) {
		return h, fmt.Errorf("%w: %s", store.ErrUnavailable, dial.Summary(o.Endpoints, found))
	}
	return h, nil
}

// ask asks a member that was probed.
func ask(ctx context.Context, client *clientv3.Client, endpoint string, found dial.Verdict) Member {
	m := Member{Endpoint: endpoint}
	if found.Words != "" {
		m.Problems = append(m.Problems, found.Words)
	}
	if !found.Reached {
		return m
	}
	s, err := client.Status(ctx, endpoint)
	if err != nil {
		m.Problems = append(m.Problems, err.Error())
		return m
	}
	m.Version, m.Leader, m.Learner = s.Version, s.Leader == s.Header.MemberId, s.IsLearner
	m.Size, m.Used, m.Quota = s.DbSize, s.DbSizeInUse, s.DbSizeQuota
	m.Behind = s.RaftIndex - min(s.RaftIndex, s.RaftAppliedIndex)
	for _, e := range s.Errors {
		// The probe may have met it, too.
		if words := inWords(e); !slices.Contains(m.Problems, words) {
			m.Problems = append(m.Problems, words)
		}
	}
	return m
}

// inWords returns what a member says is wrong with it, in the words of a probe if that knows it.
func inWords(said string) string {
	if said == rpctypes.ErrorDesc(rpctypes.ErrGRPCNoLeader) {
		return dial.NoLeader
	}
	return strings.TrimPrefix(said, "etcdserver: ")
}

// Compacted returns the revision up to which etcd has forgotten what was changed, or 0 if it has
// forgotten nothing. It asks by a key that may be read.
func Compacted(ctx context.Context, client *clientv3.Client, key string) (revision int64, err error) {
	if _, err := client.Get(ctx, key, clientv3.WithRev(1)); !errors.Is(err, rpctypes.ErrCompacted) {
		return 0, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// A watch from there is refused, with the revision from which there can be one.
	for w := range client.Watch(ctx, key, clientv3.WithRev(1)) {
		if revision = w.CompactRevision; revision > 0 {
			break
		}
	}
	return revision, nil
}
