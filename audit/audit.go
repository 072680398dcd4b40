package audit

import (
	"encoding/json"
	"strconv"

	"tokenscale/epoch"
)

// A Type says what kind of event an entry is. The names are LogScale's where
// it has them. They are stored: add types, never rename one.
type Type string

// The types of entries.
const (
	TokenChanged  Type = "hashedtokens.change"                          // a token was made, changed or deleted
	TokenRotated  Type = "hashedtokens.rotate"                          // a token got a new string and id
	TokenExpired  Type = "tokens.expire"                                // an expired token was removed
	TokenExpiring Type = "tokens.expiring"                              // a token will expire in some days
	FilterChanged Type = "ipfilters.change"                             // an IP filter was made, changed or deleted
	PolicyChanged Type = "organizations.securitypolicies.tokens.update" // the security policies were set
	RootReplaced  Type = "roottoken.replace"                            // root got a new token
	SessionEnded  Type = "sessions.end"                                 // a session of the page was signed out
	Refused       Type = "authentication.refused"                       // credentials were not accepted
	TokensRead    Type = "hashedtokens.read"                            // tokens were listed
	TrailRead     Type = "audit.read"                                   // the audit log was read
	ImpactRead    Type = "organizations.securitypolicies.tokens.read"   // a change of the policies was tried
	BackedUp      Type = "store.backup"                                 // a copy of the store was made
	Restored      Type = "store.restore"                                // the store was replaced by a backup
	Compacted     Type = "store.compact"                                // the file of the store was written anew, without unused space
	Salvaged      Type = "store.salvage"                                // the store was put together from a damaged one
	RolledBack    Type = "store.rollback"                               // the server was told to go on from an older state
	Unsound       Type = "store.integrity"                              // a stored row is not what was written
	KeysRotated   Type = "keys.rotate"                                  // the server got a new key, and its rows were brought under it
	KeysDropped   Type = "keys.drop"                                    // old keys were taken out of the key file
	ClockJumped   Type = "clock.jump"                                   // the machine's clock was set far back or ahead
	ClockAccepted Type = "clock.accept"                                 // the server was told to go on from what that clock says
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
	Time      epoch.Millis
	Type      Type
	Action    string // the mutation or process that caused it
	Sensitive bool
	Refused   string // the sentence of the refusal; empty if it was carried out
	Actor     Actor
	TokenID   string // the token it is about; empty if none
	Fields    []Field
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
