package audit

import (
	"slices"
	"strconv"

	"tokenscale/epoch"
)

// A Tightened is what the entry of a change of the security policies tells if
// the change asked something of the tokens there were: what, when, how many it
// touched, and the evidence of what it did to each of them.
type Tightened struct {
	At       epoch.Millis // when it was decided; the entry's time may be later
	MaxAgeMs int64        // the maximum that was set or lowered; 0 if none was
	FilterID string       // the IP filter that was enforced; empty if none was

	Deleted, Capped, Refiltered uint64   // tokens; those that were both count as capped
	Pieces                      []string // the hashes of the evidence, in order
}

// The names of the details. They are stored and exported: never rename one.
const (
	tightenedAt      = "tightenedAt"
	tightenedMaxAge  = "tightenedMaxAgeMs"
	tightenedFilter  = "tightenedIpFilterId"
	tokensDeleted    = "tokensDeleted"
	tokensCapped     = "tokensCapped"
	tokensRefiltered = "tokensRefiltered"
	evidence         = "evidence"
)

// Count returns how many tokens were touched.
func (t Tightened) Count() uint64 { return t.Deleted + t.Capped + t.Refiltered }

// Fields returns t as details of its entry.
func (t Tightened) Fields() []Field {
	fields := []Field{Count(tightenedAt, uint64(t.At))}
	if t.MaxAgeMs != 0 {
		fields = append(fields, One(tightenedMaxAge, strconv.FormatInt(t.MaxAgeMs, 10)))
	}
	if t.FilterID != "" {
		fields = append(fields, One(tightenedFilter, t.FilterID))
	}
	return append(fields, Count(tokensDeleted, t.Deleted), Count(tokensCapped, t.Capped), Count(tokensRefiltered, t.Refiltered),
		Many(evidence, t.Pieces))
}

// TightenedOf returns what e tells of a tightening, and whether it does.
func TightenedOf(e Entry) (t Tightened, ok bool) {
	if e.Type != PolicyChanged || e.Refused != "" || e.Effect != 0 {
		return t, false
	}
	has := e.ByName()
	if _, ok = has[evidence]; !ok {
		return t, false
	}
	number := func(name string) uint64 {
		n, _ := strconv.ParseUint(has[name].Value, 10, 64) // nothing is none
		return n
	}
	return Tightened{
		At: epoch.Millis(number(tightenedAt)), MaxAgeMs: int64(number(tightenedMaxAge)), FilterID: has[tightenedFilter].Value,
		Deleted: number(tokensDeleted), Capped: number(tokensCapped), Refiltered: number(tokensRefiltered),
		Pieces: slices.Clone(has[evidence].List),
	}, true
}
