package authority

import (
	"tokenscale/audit"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// maxHeirs is how many rotations of a token are followed, and maxSteps how
// many audit entries about each are read: a token may have very many, all of
// them refusals.
const (
	maxHeirs = 100
	maxSteps = 100
)

// fate follows a token through its rotations, and returns the last of its
// line and what has become of that one.
func (t *tx) fate(id token.ID) (token.ID, policy.Fate, error) {
	for range maxHeirs {
		v, ok, err := t.rows.Token(t, id)
		if err != nil {
			return id, policy.Lost, err
		}
		next, fate := v.ReplacedBy, policy.StillThere
		switch _, verdict := t.policies.System.Judge(v, t.now); {
		case !ok:
			if next, fate, err = t.end(id); err != nil {
				return id, policy.Lost, err
			}
		case v.Expired(t.now):
			fate = policy.HasExpired
		case verdict == policy.Delete:
			fate = policy.WasDeleted
		}
		if next == "" {
			return id, fate, nil
		}
		id = next
	}
	return id, policy.Lost, nil
}

// end looks in the audit log for what became of a token that is not there any
// more, and for its successor if it was rotated.
func (t *tx) end(id token.ID) (next token.ID, fate policy.Fate, err error) {
	steps := 0
	err = t.ledger.Walk(t, audit.Query{TokenID: string(id)}, func(e audit.Entry) error {
		if steps++; steps > maxSteps {
			return store.Stop
		}
		f := e.ByName()
		switch was, is := f["oldPermissions"], f["newPermissions"]; {
		case f["oldTokenId"].Value == string(id):
			next = token.ID(f["newTokenId"].Value)
			return store.Stop
		case e.Type == audit.TokenExpired:
			fate = policy.HasExpired
		case was.List != nil && is.List == nil:
			fate = policy.WasDeleted
		}
		return nil
	})
	return next, fate, err
}
