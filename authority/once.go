package authority

import (
	"context"
	"time"

	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/policy"
	"tokenscale/token"
)

// Once makes a command that creates something happen at most once: a client
// whose answer was lost may send its request again. What is made and the key
// it was made under are one transaction, so there is never one without the
// other, whenever the server is cut off.

// A wish is what a command that makes something is asked for.
type wish struct {
	deed  policy.Deed
	input func(*rows.Packer) // writes all that makes two requests the same
}

func creation(d policy.Draft) wish {
	return wish{policy.TokenMade, func(p *rows.Packer) {
		p.Text(d.Name)
		p.Number(uint64(d.Permissions))
		p.Text(string(d.FilterID))
		if p.Flag(d.Expiry.At != nil); d.Expiry.At != nil {
			p.Number(uint64(*d.Expiry.At))
		}
		if p.Flag(d.Expiry.In != nil); d.Expiry.In != nil {
			p.Number(uint64(d.Expiry.In.Amount))
			p.Number(uint64(d.Expiry.In.Unit))
		}
	}}
}

func rotation(id token.ID, grace time.Duration) wish {
	return wish{policy.TokenRotated, func(p *rows.Packer) {
		p.Text(string(id))
		p.Number(uint64(grace.Milliseconds()))
	}}
}

func filterCreation(name, text string) wish {
	return wish{policy.FilterMade, func(p *rows.Packer) {
		p.Text(name)
		p.Text(text)
	}}
}

// once carries out a command that makes something, which decide returns the
// id of, unless it was carried out before under its idempotency key.
func (a *Authority) once(ctx context.Context, by Caller, w wish, decide func(*tx) (string, error)) error {
	if by.IdempotencyKey == "" {
		return a.command(ctx, by, func(t *tx) error { _, err := decide(t); return err })
	}
	var p rows.Packer
	p.Text(by.Action)
	w.input(&p)
	marks := marks(a.keys, by.Actor.ID, by.IdempotencyKey, p.Out)
	return a.command(ctx, by, func(t *tx) error {
		if err := t.repeated(marks, w.deed); err != nil {
			return err
		}
		id, err := decide(t)
		if err != nil {
			return err
		}
		return t.rows.Remember(t, marks[0].row, rows.Made{ID: id, Input: marks[0].input, At: t.now})
	})
}

// repeated refuses a request that was carried out before, and one whose key
// came with another request.
func (t *tx) repeated(marks []mark, d policy.Deed) error {
	if err := t.by.May(d.Needs()...); err != nil {
		return err
	}
	for _, m := range marks {
		before, ok, err := t.rows.Made.Get(t, m.row)
		switch {
		case err != nil:
			return err
		case !ok || !policy.KeyCounts(before.At, t.now):
		case !before.Input.Equal(m.input):
			return policy.KeyOfAnother(before.At)
		default:
			return t.tell(before.ID, d)
		}
	}
	return nil
}

// tell returns the refusal that tells what was made and became of it.
func (t *tx) tell(id string, d policy.Deed) error {
	if d == policy.FilterMade {
		_, there, err := t.rows.Filters.Get(t, id)
		if err != nil {
			return err
		}
		m := policy.Made{Deed: d, ID: id, Fate: policy.WasDeleted}
		if there {
			m.Fate = policy.StillThere
		}
		return m.Refusal()
	}
	heir, fate, err := t.fate(token.ID(id))
	if err != nil {
		return err
	}
	m := policy.Made{Deed: d, ID: id, Fate: fate}
	if heir != token.ID(id) {
		m.Heir = heir
	}
	return m.Refusal()
}

// A mark is what one request with an idempotency key is known by under one of
// the server's keys.
type mark struct {
	row   string // the key in made
	input token.Digest
}

// marks returns the marks of a request, the first under the newest key. What
// the client sent is in none of them but as a digest.
func marks(keys *keyring.Keys, actor token.ID, idempotencyKey string, input []byte) []mark {
	named, inputs := keys.IdempotencyMACs(markText("key", actor, []byte(idempotencyKey))), keys.IdempotencyMACs(markText("input", actor, input))
	all := make([]mark, len(named))
	for i := range all {
		all[i] = mark{string(actor) + "\x00" + string(named[i][:]), inputs[i]}
	}
	return all
}

func markText(what string, actor token.ID, text []byte) []byte {
	var p rows.Packer
	p.Text(what)
	p.Text(string(actor)) // so that nobody can tell that two actors chose the same key
	return append(p.Out, text...)
}
