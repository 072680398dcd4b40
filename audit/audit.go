package audit

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"tokenscale/epoch"
)

// A Type says what kind of event an entry is. The names are LogScale's where
// it has them. They are stored: add types, never rename one.
type Type string

// The types of entries.
const (
	// A token was made, changed or deleted.
	TokenChanged Type = "hashedtokens.change"
	// A token got a new string and id.
	TokenRotated Type = "hashedtokens.rotate"
	// An expired token was removed.
	TokenExpired Type = "tokens.expire"
	// A token will expire in some days.
	TokenExpiring Type = "tokens.expiring"
	// An IP filter was made, changed or deleted.
	FilterChanged Type = "ipfilters.change"
	// The security policies were set.
	PolicyChanged Type = "organizations.securitypolicies.tokens.update"
	// Root got a new token.
	RootReplaced Type = "roottoken.replace"
	// A session of the page was signed out.
	SessionEnded Type = "sessions.end"
	// Credentials were not accepted.
	Refused Type = "authentication.refused"
	// Tokens were listed.
	TokensRead Type = "hashedtokens.read"
	// The audit log was read.
	TrailRead Type = "audit.read"
	// A change of the policies was tried.
	ImpactRead Type = "organizations.securitypolicies.tokens.read"
	// A copy of the store was made.
	BackedUp Type = "store.backup"
	// The store was replaced by a backup.
	Restored Type = "store.restore"
	// All rows of the store were copied into another one, which is this.
	Transferred Type = "store.copy"
	// The file of the store was written anew, without unused space.
	Compacted Type = "store.compact"
	// A part of this log has left the store, for a file.
	Archived Type = "audit.archive"
	// The store was put together from a damaged one.
	Salvaged Type = "store.salvage"
	// The server was told to go on from an older state.
	RolledBack Type = "store.rollback"
	// A stored row is not what was written.
	Unsound Type = "store.integrity"
	// The server got a new key, and its rows were brought under it.
	KeysRotated Type = "keys.rotate"
	// Old keys were taken out of the key file.
	KeysDropped Type = "keys.drop"
	// The machine's clock was set far back or ahead.
	ClockJumped Type = "clock.jump"
	// The server was told to go on from what that clock says.
	ClockAccepted Type = "clock.accept"
)

// The kinds of actors.
const (
	ActorRoot      = "root"
	ActorToken     = "systemPermissionToken"
	ActorSystem    = "system" // the server itself
	ActorAnonymous = "anonymous"
)

// An Actor is who did it, as known at that time.
type Actor struct {
	Type      string
	TokenID   string // empty for a caller without one
	TokenName string
	IP        string
	RequestID string
}

// System returns the server acting by itself.
func System() Actor { return Actor{Type: ActorSystem} }

// A Field is one detail of an entry, under the name LogScale gives it. It has
// either one value or a list.
type Field struct {
	Name  string
	Value string
	List  []string // nil unless the detail is a list
}

// One returns a detail with one value.
func One(name, value string) Field { return Field{Name: name, Value: value} }

// Count returns a field with a number.
func Count(name string, n uint64) Field { return One(name, strconv.FormatUint(n, 10)) }

// Moment returns a field with a moment as the API writes it, in milliseconds, or with nothing for
// the zero one.
func Moment(name string, m epoch.Millis) Field {
	if m == 0 {
		return One(name, "")
	}
	return One(name, strconv.FormatInt(int64(m), 10))
}

// Many returns a detail that is a list. The list may be empty.
func Many(name string, list []string) Field {
	if list == nil {
		list = []string{}
	}
	return Field{Name: name, List: list}
}

// An Entry is one event.
type Entry struct {
	Seq       uint64 // 1 for the first; no gaps
	Effect    uint64 // which effect of the change Seq it tells of, from 1; 0 of an entry itself
	Time      epoch.Millis
	Type      Type
	Action    string // the mutation or process that caused it
	Sensitive bool
	Refused   string // the sentence of the refusal; empty if it was carried out
	Actor     Actor
	TokenID   string // the token it is about; empty if none
	Number    uint64 // of that token, zero if none or not known; clients are not shown it
	Fields    []Field
}

// About reports whether e is about the token: a rotation is about two.
func (e Entry) About(tokenID string) bool {
	return e.TokenID == tokenID || e.has("oldTokenId", tokenID)
}

// Begins reports whether e tells that a token got its id: by its creation or by a rotation.
func (e Entry) Begins() bool {
	switch {
	case e.Refused != "" || e.TokenID == "":
		return false
	case e.Type == TokenRotated:
		return true
	}
	return e.Type == TokenChanged && e.names("newPermissions") && !e.names("oldPermissions")
}

func (e Entry) has(name, value string) bool {
	return slices.ContainsFunc(e.Fields, func(f Field) bool { return f.Name == name && f.Value == value })
}

func (e Entry) names(field string) bool {
	return slices.ContainsFunc(e.Fields, func(f Field) bool { return f.Name == field })
}

// ID names e for people and clients: its number, and of an effect behind a point which it is.
func (e Entry) ID() string {
	id := strconv.FormatUint(e.Seq, 10)
	if e.Effect != 0 {
		id += "." + strconv.FormatUint(e.Effect, 10)
	}
	return id
}

// ParseID reads what Entry.ID returns, and whether it is that.
func ParseID(id string) (seq, effect uint64, ok bool) {
	number, which, isEffect := strings.Cut(id, ".")
	seq, err := strconv.ParseUint(number, 10, 64)
	if err == nil && isEffect {
		effect, err = strconv.ParseUint(which, 10, 64)
	}
	return seq, effect, err == nil && (Entry{Seq: seq, Effect: effect}).ID() == id
}

// MarshalJSON writes e as one object, flat as LogScale writes it: the details
// stand beside the fixed members.
func (e Entry) MarshalJSON() ([]byte, error) {
	object := map[string]any{}
	for _, f := range e.Fields {
		object[f.Name] = f.Value
		if f.List != nil {
			object[f.Name] = f.List
		}
	}
	put := func(name, value string) {
		delete(object, name)
		if value != "" {
			object[name] = value
		}
	}
	put("actionName", e.Action)
	put("tokenId", e.TokenID)
	put("refused", e.Refused)
	object["id"] = e.Seq
	if e.Effect != 0 {
		object["effect"] = e.Effect
	}
	object["timestamp"] = e.Time.String()
	object["type"] = e.Type
	object["sensitive"] = e.Sensitive
	object["actor"] = e.Actor
	return json.Marshal(object)
}

// MarshalJSON leaves out what is not known of the actor.
func (a Actor) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Type      string `json:"type"`
		TokenID   string `json:"tokenId,omitempty"`
		TokenName string `json:"tokenName,omitempty"`
		IP        string `json:"ip,omitempty"`
		RequestID string `json:"requestId,omitempty"`
	}(a))
}
