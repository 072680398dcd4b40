package etcd

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tokenscale/store"
)

// Options say where a store lives and how long its members are waited for.
type Options struct {
	// Endpoints are the members of etcd, as "host:port" or URLs.
	Endpoints []string

	// TLS returns what the members are trusted by, and who we are to them; nil for no TLS. It is
	// asked for each new connection, by many goroutines at once, so new certificates count soon.
	TLS func() (*tls.Config, error)

	// Prefix begins the keys of this store, and ends with a slash. Nobody else may write there.
	Prefix string

	// Node names this node. No two that have the store open may have the same.
	Node string

	// Folder holds the mirror and nothing else. It is made if it is missing, and may be deleted
	// while the store is closed: the next start reads all rows from etcd then.
	Folder string

	// Tables and Schema are as in bolt.Options.
	Tables []store.Table
	Schema uint32

	// QueueLength is how many callers of Update may wait to be run; 0 means 1024.
	QueueLength int

	// MaxOps and MaxBytes are what etcd takes in one transaction; 0 means 128 operations and
	// 1.25 MiB, its defaults less what requests have around.
	MaxOps, MaxBytes int

	// Timeout is how long one request may take; 0 means two seconds. Much less, and a member
	// that is merely busy leaves every commit in doubt.
	Timeout time.Duration

	// Patience is how long callers wait until they are told that the outcome is in doubt; 0
	// means five seconds.
	Patience time.Duration

	// MaxStaleness is how far behind the others this node may be and still answer for tokens: one
	// second to one minute, or 0 for three seconds. A revocation waits so long, and a tenth more,
	// for a node that is silent; without a majority of the members all nodes stop answering after
	// it. All nodes of a store must have the same.
	MaxStaleness time.Duration

	// Page is how many rows a start reads at once; 0 means 5000.
	Page int64

	// Now is the clock: of the times in Stats, of turns, and of patience.
	Now func() time.Time

	// Random is where the ids of requests come from. It must not repeat itself.
	Random func([]byte) (int, error)

	// controls break one rule each, in tests that must fail then.
	controls controls
}

type controls struct {
	noCompare bool // commits compare nothing
	noFence   bool // an unanswered commit is forgotten
	noTurns   bool
	noQuota   bool // whatever etcd has room for

	quotaLook time.Duration // between two looks at the quota

	// at is told that so much is done. After its error nothing more is, as if the node was killed.
	at func(stage string) error

	noResync bool // what was compacted away is not asked for

	noWait         bool // what takes rights away is answered when it is committed
	proofAtReceipt bool // a proof counts from when its answer came
}

// reached ends what is under way if a test wants that.
func (c controls) reached(stage string) error {
	if c.at == nil {
		return nil
	}
	return c.at(stage)
}

// filled returns o with the defaults in place of what was left out.
func (o Options) filled() (Options, error) {
	switch {
	case len(o.Endpoints) == 0:
		return o, errors.New("opening a store in etcd: no endpoints given")
	case o.Prefix == "" || !strings.HasSuffix(o.Prefix, "/"):
		return o, fmt.Errorf("opening a store in etcd: the prefix %q does not end with a slash", o.Prefix)
	case o.Node == "" || strings.Contains(o.Node, "/"):
		return o, fmt.Errorf("opening a store in etcd: a node has a name without a slash, and not %q", o.Node)
	case o.Folder == "":
		return o, errors.New("opening a store in etcd: no folder given for the mirror")
	case o.MaxStaleness != 0 && (o.MaxStaleness < time.Second || o.MaxStaleness > time.Minute):
		return o, fmt.Errorf("opening a store in etcd: a node may be one second to one minute behind, and not %v", o.MaxStaleness)
	case o.Random == nil || o.Now == nil:
		return o, errors.New("opening a store in etcd: no clock or no source of chance given")
	}
	o.Tables = slices.Sorted(slices.Values(o.Tables))
	o.Schema = max(o.Schema, 1)
	o.QueueLength = cmp.Or(o.QueueLength, 1024)
	o.MaxOps = cmp.Or(o.MaxOps, 128)
	o.MaxBytes = cmp.Or(o.MaxBytes, 1<<20+1<<18)
	o.Timeout = cmp.Or(o.Timeout, 2*time.Second)
	o.Patience = cmp.Or(o.Patience, 5*time.Second)
	o.MaxStaleness = cmp.Or(o.MaxStaleness, 3*time.Second)
	o.Page = cmp.Or(o.Page, 5000)
	return o, nil
}
