package audit

import (
	"slices"

	"tokenscale/epoch"
)

// A Query selects entries. Zero values select all.
type Query struct {
	Types        []Type
	Actions      []string
	Actor        string // a token id, the name that it had, or ActorSystem
	TokenID      string
	AllStrings   bool         // also under the other ids that rotations gave that token
	TokenName    string       // that a token had then; no effect has one
	Since, Until epoch.Millis // at or after Since, before Until
	Skip, Limit  int

	// Each, unless nil, is shown each entry of the page as it is read. It may
	// take out of it what is not wanted; a page of large ones would fill the
	// memory. An error ends the reading, and is what the reader gets.
	Each func(*Entry) error
}

// Keep adds an entry to a page, having shown it to Each.
func (q Query) Keep(page []Entry, e Entry) ([]Entry, error) {
	if q.Each != nil {
		if err := q.Each(&e); err != nil {
			return page, err
		}
	}
	return append(page, e), nil
}

// All reports whether q selects every entry.
func (q Query) All() bool {
	return len(q.Types) == 0 && len(q.Actions) == 0 && q.Actor == "" && q.TokenID == "" && q.TokenName == "" && q.Since == 0 && q.Until == 0
}

// Matches reports whether q selects e, apart from TokenID: an entry may be about
// tokens that it does not name itself, so the log's index decides that.
func (q Query) Matches(e Entry) bool {
	return e.Time >= q.Since && (q.Until == 0 || e.Time < q.Until) &&
		(q.Actor == "" || e.Actor.TokenID == q.Actor || e.Actor.TokenName == q.Actor || q.Actor == ActorSystem && e.Actor.Type == ActorSystem) &&
		(len(q.Actions) == 0 || slices.Contains(q.Actions, e.Action)) &&
		(q.TokenName == "" || e.has("tokenName", q.TokenName)) &&
		(len(q.Types) == 0 || slices.Contains(q.Types, e.Type))
}

// An InclusionProof shows that an entry stands in a log.
type InclusionProof struct {
	Seq    uint64 // of the entry
	Leaf   []byte
	Size   uint64 // of the log
	Root   Hash
	Hashes []Hash

	// Evidence is the packed piece that tells of the effect that was asked for; nil if none was.
	// The entry names its hash.
	Evidence []byte
}

// A ConsistencyProof shows that a log is the beginning of another.
type ConsistencyProof struct {
	From, To         uint64
	FromRoot, ToRoot Hash
	Hashes           []Hash
}

// A SignedCheckpoint is a checkpoint with its signed text, which is empty if
// there is none.
type SignedCheckpoint struct {
	Checkpoint
	Note string
}

// ByName returns the fields of e by their names.
func (e Entry) ByName() map[string]Field {
	all := make(map[string]Field, len(e.Fields))
	for _, f := range e.Fields {
		all[f.Name] = f
	}
	return all
}
