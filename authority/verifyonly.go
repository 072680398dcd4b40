package authority

import (
	"context"

	"tokenscale/policy"
)

// On a store that can only be read an authority verifies tokens and answers
// queries, and that is all. Nothing depends on a write for that: policies,
// filters and expiries are judged at every use, and no token can change. What
// the audit log would have told of, of those who are refused and those who read,
// the log tells.

// tellVerifyOnly tells what the start has left undone.
func (a *Authority) tellVerifyOnly(ctx context.Context) error {
	p, err := a.Progress(ctx, policy.RootActor())
	if err != nil {
		return err
	}
	if p.Running {
		a.log.Warn("a change of the security policies has not reached all tokens, and will when the store can be written; it binds them all the same", "done", p.Done, "total", p.Total)
	}
	return nil
}
