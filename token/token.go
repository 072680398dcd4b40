package token

import (
	"time"

	"tokenscale/epoch"
	"tokenscale/ipfilter"
	"tokenscale/permission"
)

// An ID names a token. It stands before the tilde in the token's string and
// is no secret.
type ID string

// A Number is given to a token when it is created: 1 to the first, one more to each that follows,
// and none twice, also after the newest was deleted. It stays through rotation, so the string that
// works out its grace period and its successor share it. It is no secret, and is not shown to
// clients. Zero is no token's.
type Number uint64

// Root is the ID of the bootstrap identity, which may do everything and is
// not a token: it is never listed, and no policy binds it.
const Root ID = "localroot"

// A Token is all that is kept of a system token. It can be compared with ==.
type Token struct {
	Number      Number // zero if it was not stored yet
	ID          ID
	Name        string
	Note        string // what it is for and whom to call; may be empty
	Permissions permission.Set
	FilterID    ipfilter.ID  // empty if it has no IP filter
	ExpireAt    epoch.Millis // zero if it never expires
	CreatedAt   epoch.Millis // when the first of its line was issued; rotation keeps it
	IssuedAt    epoch.Millis // when its own string was made: at the creation, or by a rotation
	CreatedBy   ID           // the id that its maker had by then
	Maker       Number       // of CreatedBy, whatever its id is by now; zero for root
	Digest      Digest
	DigestKey   KeyID // the key that Digest was made under

	// ReplacedBy is the token that a rotation put in the place of this one,
	// while this one works out its grace period.
	ReplacedBy ID
	// Replaces is the token whose place this one took, as long as that one
	// may still be in its grace period. It need not exist any more.
	Replaces ID

	// ToldDays is the nearest number of days before its expiry of which the
	// audit log has told; zero if of none. Rotation keeps it.
	ToldDays uint8

	// HiddenAfter is for how long the server had run, in all, when t was hidden
	// because it had expired; zero while it is listed. It is in milliseconds.
	HiddenAfter time.Duration

	// CreateRequest and RotateRequest are digests of the requests with an idempotency key that
	// made the first of its line, and that made this one by a rotation. They are empty if there
	// was no key; rotation keeps the first. They are kept in the store only.
	CreateRequest, RotateRequest string

	// RotatedBy is who put ReplacedBy in the place of t, and RotatedByName the name of that. They
	// are kept in the store only.
	RotatedBy     ID
	RotatedByName string
}

// InGrace reports whether a rotation has put another token in the place of t. At most one token of
// a number is in its grace period, and at most one is not.
func (t Token) InGrace() bool { return t.ReplacedBy != "" }

// Hidden reports whether t has expired so long ago that it is no longer listed.
// To clients it does not exist.
func (t Token) Hidden() bool { return t.HiddenAfter != 0 }

// Expired reports whether t no longer works at now.
func (t Token) Expired(now epoch.Millis) bool { return PastExpiry(t.ExpireAt, now) }

// PastExpiry reports whether a token that expires at expireAt no longer works at now.
// A token is valid exactly while now is before its expiry.
func PastExpiry(expireAt, now epoch.Millis) bool { return expireAt != 0 && now >= expireAt }

// Outlives reports whether t would still work at some moment at which a token
// that expires at limit would not. A zero limit is never outlived.
func (t Token) Outlives(limit epoch.Millis) bool {
	return limit != 0 && (t.ExpireAt == 0 || t.ExpireAt > limit)
}
