package store

import (
	"context"
	"errors"
	"time"
)

// ErrNotProven means that this node cannot prove that it knows what the others have committed: a
// token that it would accept may have been revoked.
var ErrNotProven = errors.New("this node cannot prove that it knows of every revocation")

// Shared is a DB that several nodes have open at once. All its methods may be called by many
// goroutines at once.
type Shared interface {
	DB

	// Proven returns nil while this node knows all that was committed up to a moment ago, how long
	// ago is a setting, and ErrNotProven while it may be further behind. It allocates nothing and
	// waits for nothing, so it may be asked before every answer.
	Proven() error

	// Refresh returns once this node knows all that was committed before the call. Those who call
	// at the same time share one request. It fails with ErrUnavailable, and with ctx.
	Refresh(ctx context.Context) error

	// Nodes returns the nodes that have the store open, by name, as of a moment ago. This one is
	// among them once it has joined.
	Nodes() []Node

	// Describe has this node say of itself what about returns, of which Name and Applied are not
	// needed. It is called often, and before the first Update.
	Describe(about func() Node)

	// Silent returns where the members of the store are that did not answer when they were last
	// asked, some seconds ago. While most of them do, all goes on.
	Silent() []string

	// Alarms returns what the members have alarms of, by name, as of the same time: a store that is
	// out of space takes nothing until its alarm is ended.
	Alarms() []string

	// KeepsHouse reports whether this node does what one node does for all. Two may believe it for
	// a moment, so what is done must bear being done twice.
	KeepsHouse() bool

	// Compare reads all rows from the store, as they were when this node had come to where it is,
	// and returns how many are not what this node reads. Nobody waits for it. It fails if the
	// store cannot be asked, and with ctx.
	Compare(ctx context.Context) (different int, err error)
}

// A Node is a process that has a shared store open, as it described itself when it last reported.
type Node struct {
	Name    string
	Applied int64     // the revision of the store that it had come to
	Clock   time.Time // what its clock said
	// Ahead is by how much its clock was ahead of ours when its last report came, or behind if it
	// is negative, on the way of the report included; 0 before one came.
	Ahead time.Duration `json:"-"`
	// Staleness is for how long it answers for tokens without hearing from the store.
	Staleness time.Duration
	Keys      []string // the ids of the keys it holds, sorted
	Version   string   // of the program
	Address   string   // where it listens

	// Segment is the part of the audit log that it holds the file of, as archive.Archiver.Held
	// returns it.
	Segment string
}

// Everywhere has Update return only when every node either knows of the change or does not answer
// for tokens. Use it for what takes rights away. In a store that one process has open it changes
// nothing.
const Everywhere Option = 4
