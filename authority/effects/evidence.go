package effects

import (
	"iter"

	"tokenscale/audit"
	"tokenscale/authority/index"
	"tokenscale/epoch"
	"tokenscale/policy"
)

// Tighten judges tokens, in the order of their numbers, by what is new or tighter in the policies
// at a moment, and returns what the audit log tells of that.
func Tighten(rule policy.Security, now epoch.Millis, tokens iter.Seq[index.Entry]) (t audit.Tightened, pieces []audit.Piece, err error) {
	t = audit.Tightened{At: now, MaxAgeMs: rule.MaxAgeMs, FilterID: string(rule.FilterID)}
	var all audit.Evidence
	for e := range tokens {
		before := e.Token()
		after, verdict := rule.Judge(before, now)
		did := audit.Deleted
		switch verdict {
		case policy.Keep:
			continue
		case policy.Delete:
			t.Deleted++
		case policy.Refilter:
			did = audit.Refiltered
			t.Refiltered++
		case policy.Cap:
			if did = audit.Capped; after.FilterID != before.FilterID {
				did = audit.RefilteredAndCapped
			}
			t.Capped++
		}
		all.Add(audit.Effect{Number: uint64(before.Number), InGrace: before.InGrace(), Did: did})
	}
	if pieces, err = all.Pieces(); err != nil {
		return t, nil, err
	}
	for _, p := range pieces {
		t.Pieces = append(t.Pieces, p.Hash())
	}
	return t, pieces, nil
}
