package rows

import (
	"net/netip"
	"time"

	"tokenscale/audit"
	"tokenscale/authority/keyring"
	"tokenscale/epoch"
	"tokenscale/ipfilter"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// The names of the tables. They are stored: add tables, never rename one.
const (
	TokensTable   store.Table = "tokens"
	UsesTable     store.Table = "uses"
	FiltersTable  store.Table = "filters"
	SettingsTable store.Table = "settings"
	AuditTable    store.Table = "audit"
	SubjectsTable store.Table = "subjects"
	SessionsTable store.Table = "sessions"

	TombstonesTable store.Table = "tombstones"

	TreeTable        store.Table = "tree"
	CheckpointsTable store.Table = "checkpoints"
	EvidenceTable    store.Table = "evidence"
	SegmentsTable    store.Table = "segments"

	IdempotencyTable store.Table = "idempotency"
)

// Tables returns the tables that a store must be opened with.
func Tables() []store.Table {
	return []store.Table{
		TokensTable, UsesTable, FiltersTable, SettingsTable, AuditTable, SubjectsTable, EvidenceTable, SessionsTable, TombstonesTable, TreeTable, CheckpointsTable,
		SegmentsTable, IdempotencyTable,
	}
}

// The keys of the settings table, each with a row of its own kind.
const (
	PoliciesKey = "policies"
	RootKey     = "root"
	KeysKey     = "keys"   // which of them seals
	ExportKey   = "export" // and "export/" with the name of a node, if there are several
	EpochKey    = "epoch"
	ClockKey    = "clock"
	RunningKey  = "running"
	StoreKey    = "store"
	PutBackKey  = "putback" // when this store was put in the place of a newer one
	CopyKey     = "copy"    // all rows are just being copied into this store: of which state
	MovedKey    = "moved"   // all rows were copied into another store, which is used in its place
)

// Rows are all tables of the store, as values instead of bytes.
type Rows struct {
	Keys *keyring.Keys

	// NumberOf finds the number of a token that is not hidden by its id. The live index does; until
	// it is set nothing is found. What a transaction has made is not in the index before it is
	// committed, and nobody can have been told of it.
	NumberOf func(token.ID) (token.Number, bool)

	// Past, unless nil, returns a reader that also has the rows of the audit log that have left the
	// store; see Whole. What it returns should be a Past.
	Past func(store.Reader) store.Reader

	Tokens   Table[StoredToken]     // by TokenKey; see Present
	Uses     Table[Use]             // by TokenKey: when it was last used
	Filters  Table[ipfilter.Filter] // by filter id
	Policies Table[policy.History]  // settings: policies
	Export   Table[Exported]        // settings: export
	Root     Table[Root]            // settings: root
	Sealing  Table[keyring.Sealing] // settings: keys
	// By when it would be over, 8 bytes, big-endian, and session id: those signed out.
	EndedSessions Table[time.Duration]
	Numbers       Table[uint64] // settings: all others, which are numbers

	Tombstones Table[Tombstone] // by TombstoneKey: tokens that have ended

	Entries     Table[audit.Entry] // by number, 8 bytes, big-endian
	Subjects    Table[token.ID]    // by SubjectKey: the id that the entry gave to the token, if any
	Evidence    Table[[]byte]      // by EvidenceKey: a piece of what a change of the policies did
	Nodes       Table[audit.Hash]  // by level, 1 byte, and place in it, 8 bytes
	Checkpoints Table[string]      // by number of the last entry: signed notes
	Segments    Table[Segment]     // by number of the last entry: what has left the store

	Requests Table[Made] // by digest of an idempotency key: what was made with it
}

// Use is when and from where a token was last used.
type Use struct {
	At   epoch.Millis
	From netip.Addr
}

// Root is what is kept of the root token.
type Root struct {
	Digest token.Digest
	Key    token.KeyID
	Since  epoch.Millis
}

// New returns the tables, whose rows are sealed under the one of the keys that seals.
func New(keys *keyring.Keys) *Rows {
	return &Rows{
		Keys:          keys,
		NumberOf:      func(token.ID) (token.Number, bool) { return 0, false },
		Tokens:        Table[StoredToken]{TokensTable, keys, packToken, unpackToken},
		Uses:          Table[Use]{UsesTable, keys, packUse, unpackUse},
		Filters:       Table[ipfilter.Filter]{FiltersTable, keys, packFilter, unpackFilter},
		Policies:      Table[policy.History]{SettingsTable, keys, packHistory, unpackHistory},
		Export:        Table[Exported]{SettingsTable, keys, packExported, unpackExported},
		Root:          Table[Root]{SettingsTable, keys, packRoot, unpackRoot},
		Sealing:       Table[keyring.Sealing]{SettingsTable, keys, packSealing, unpackSealing},
		EndedSessions: Table[time.Duration]{SessionsTable, keys, packSessionEnd, unpackSessionEnd},
		Numbers:       Table[uint64]{SettingsTable, keys, packNumber, unpackNumber},
		Tombstones:    Table[Tombstone]{TombstonesTable, keys, packTombstone, unpackTombstone},

		Entries:     Table[audit.Entry]{AuditTable, keys, packEntry, unpackEntry},
		Subjects:    Table[token.ID]{SubjectsTable, keys, packSubject, unpackSubject},
		Evidence:    Table[[]byte]{EvidenceTable, keys, packEvidence, unpackEvidence},
		Nodes:       Table[audit.Hash]{TreeTable, keys, packHash, unpackHash},
		Checkpoints: Table[string]{CheckpointsTable, keys, packText, unpackText},
		Segments:    Table[Segment]{SegmentsTable, keys, packSegment, unpackSegment},

		Requests: Table[Made]{IdempotencyTable, keys, packMade, unpackMade},
	}
}
