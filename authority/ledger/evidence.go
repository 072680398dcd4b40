package ledger

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"

	"tokenscale/audit"
	"tokenscale/authority/rows"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// A change of the policies has one entry, however many tokens it touches. What it did to each of
// them is expanded from the evidence into entries that look as if each had been written: they have
// the number of the change, and stand behind it in the order of the tokens.

// tell returns the entry that tells what a change did to a token, by who stood in its slot.
func tell(change audit.Entry, t audit.Tightened, n uint64, f audit.Effect, s subject) audit.Entry {
	e := audit.Entry{
		Seq: change.Seq, Effect: n, Time: change.Time, Type: audit.TokenChanged, Action: change.Action, Sensitive: true,
		Actor: change.Actor, TokenID: s.id, Number: f.Number, Fields: []audit.Field{audit.One("tokenName", s.name)},
	}
	if f.Did == audit.Deleted {
		e.Fields = append(e.Fields, audit.Many("oldPermissions", s.permissions))
		if slices.Contains(change.ByName()["enabledTokens"].List, "systemPermissionTokens") {
			e.Fields = append(e.Fields, audit.One("tightenedMaxAgeMs", strconv.FormatInt(t.MaxAgeMs, 10)))
		}
		return e
	}
	if f.Did == audit.Refiltered || f.Did == audit.RefilteredAndCapped {
		e.Fields = append(e.Fields, audit.One("ipFilterId", t.FilterID))
	}
	if f.Did == audit.Capped || f.Did == audit.RefilteredAndCapped {
		limit, _ := policy.Security{Enabled: true, MaxAgeMs: t.MaxAgeMs}.Judge(token.Token{CreatedAt: s.createdAt}, t.At)
		e.Fields = append(e.Fields, audit.One("expireAt", strconv.FormatInt(int64(limit.ExpireAt), 10)))
	}
	return e
}

// EvidenceFits returns an error unless there is evidence of what e did to each token, as e says, or
// e did nothing to any.
func (l Ledger) EvidenceFits(tx store.Reader, e audit.Entry) error {
	t, ok := audit.TightenedOf(e)
	if !ok {
		return nil // if there is some, StrayEvidence finds it
	}
	var hashes []string
	count := uint64(0)
	if err := l.rows.EachPiece(tx, e.Seq, func(p audit.Piece) error {
		first, effects, err := audit.OpenPiece(p.Packed)
		if err == nil && first != count+1 {
			err = audit.ErrPiece
		}
		hashes, count = append(hashes, p.Hash()), count+uint64(len(effects))
		return err
	}); err != nil {
		return fmt.Errorf("the evidence of what entry %d did to each token: %w", e.Seq, err)
	}
	if !slices.Equal(hashes, t.Pieces) || count != t.Count() {
		const sentence = "the evidence of what entry %d did to each token is not what was written: it tells of %d of %d tokens"
		return fmt.Errorf(sentence, e.Seq, count, t.Count())
	}
	return nil
}

// StrayEvidence returns the numbers of entries that there is evidence of, and that say nothing of
// it.
func (l Ledger) StrayEvidence(tx store.Reader) (strays []uint64, err error) {
	tx = l.rows.Whole(tx)
	changes, err := l.rows.Changes(tx, 0)
	for _, seq := range changes {
		e, _, broken := l.rows.Entries.Get(tx, rows.SeqKey(seq))
		if _, ok := audit.TightenedOf(e); !ok && broken == nil {
			strays = append(strays, seq)
		}
	}
	return strays, err
}

func strayEvidence(seq uint64) error {
	return fmt.Errorf("there is evidence of what entry %d did to each token, and no entry that says so", seq)
}

// CheckEvidence returns an error if some evidence is not what the log says.
func (l Ledger) CheckEvidence(tx store.Reader) error {
	tx = l.rows.Whole(tx)
	strays, err := l.StrayEvidence(tx)
	if err == nil && len(strays) > 0 {
		err = strayEvidence(strays[0])
	}
	if err != nil {
		return err
	}
	return l.rows.Entries.Each(tx, store.Range{}, func(_ []byte, e audit.Entry) error { return l.EvidenceFits(tx, e) })
}

// expand returns the entry of one effect of a change.
func (l Ledger) expand(tx store.Reader, change audit.Entry, t audit.Tightened, n uint64, f audit.Effect) (audit.Entry, error) {
	g, err := l.lineage(tx, token.Number(f.Number), change.Seq)
	return tell(change, t, n, f, g.in(f.InGrace)), err
}

// Lines calls fn with the entries behind a place in the log, each followed by what it did to each
// token, until fn returns an error. store.Stop ends it without one.
func (l Ledger) Lines(tx store.Reader, behind rows.Exported, fn func(audit.Entry) error) error {
	tx = l.rows.Whole(tx)
	err := l.linesOf(tx, behind, fn)
	if err == nil {
		from := store.Range{From: []byte(rows.SeqKey(behind.Seq + 1))}
		err = eachOrStop(func(each func(audit.Entry) error) error {
			return l.rows.Entries.Each(tx, from, func(_ []byte, e audit.Entry) error { return each(e) })
		}, func(e audit.Entry) error {
			if err := fn(e); err != nil {
				return err
			}
			return l.effects(tx, e, 0, fn)
		})
	}
	if errors.Is(err, store.Stop) {
		return nil
	}
	return err
}

// linesOf calls fn with what is left of the entry that a place is in.
func (l Ledger) linesOf(tx store.Reader, behind rows.Exported, fn func(audit.Entry) error) error {
	e, ok, err := l.rows.Entries.Get(tx, rows.SeqKey(behind.Seq))
	if err != nil || !ok {
		return err
	}
	return l.effects(tx, e, behind.Effects, fn)
}

// effects calls fn with what a change did, but for the first so many effects. It returns store.Stop
// if fn does.
func (l Ledger) effects(tx store.Reader, change audit.Entry, but uint64, fn func(audit.Entry) error) error {
	t, ok := audit.TightenedOf(change)
	if !ok || but >= t.Count() {
		return nil
	}
	return eachOrStop(func(each func(audit.Piece) error) error { return l.rows.EachPiece(tx, change.Seq, each) }, func(p audit.Piece) error {
		first, effects, err := audit.OpenPiece(p.Packed)
		if err != nil {
			return err
		}
		for i, f := range effects[min(but-min(but, first-1), uint64(len(effects))):] {
			n := max(first, but+1) + uint64(i)
			e, err := l.expand(tx, change, t, n, f)
			if err == nil {
				err = fn(e)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// eachOrStop runs a walk, which takes store.Stop for its end, and returns it if fn did.
func eachOrStop[V any](walk func(func(V) error) error, fn func(V) error) error {
	stopped := false
	err := walk(func(v V) error {
		err := fn(v)
		stopped = errors.Is(err, store.Stop)
		return err
	})
	if err == nil && stopped {
		return store.Stop
	}
	return err
}

// effectsOn returns what changes of the policies did to the token that has the id or had it, the
// newest first: while it had the id, or under all of its ids. It asks of each change while the
// token was there.
func (l Ledger) effectsOn(tx store.Reader, id token.ID, allIDs bool) (list []audit.Entry, err error) {
	n, err := l.rows.NumberEver(tx, id)
	if err != nil || n == 0 {
		return nil, err
	}
	seqs, err := l.rows.EntriesOf(tx, id)
	if err != nil {
		return nil, err
	}
	made := uint64(0)
	if len(seqs) > 0 {
		made = seqs[len(seqs)-1]
	}
	changes, err := l.rows.Changes(tx, made)
	for _, seq := range changes {
		if err != nil {
			return nil, err
		}
		var g lineage
		g, err = l.lineage(tx, n, seq)
		for _, inGrace := range []bool{false, true} {
			who := g.in(inGrace).id
			if err != nil || who == "" || who != string(id) && !allIDs {
				continue
			}
			var e audit.Entry
			var did bool
			if e, did, err = l.effectOn(tx, audit.Effect{Number: uint64(n), InGrace: inGrace}.Place(), g.in(inGrace), seq); did {
				list = append(list, e)
			}
		}
	}
	slices.Reverse(list)
	return list, err
}

// effectOn returns what one change did to the string with a place.
func (l Ledger) effectOn(tx store.Reader, place uint64, who subject, seq uint64) (e audit.Entry, did bool, err error) {
	p, ok, err := l.rows.PieceOf(tx, seq, place)
	if err != nil || !ok {
		return e, false, err
	}
	first, effects, err := audit.OpenPiece(p.Packed)
	if err != nil {
		return e, false, err
	}
	i := sort.Search(len(effects), func(i int) bool { return effects[i].Place() >= place })
	if i == len(effects) || effects[i].Place() != place {
		return e, false, nil
	}
	change, ok, err := l.rows.Entries.Get(tx, rows.SeqKey(seq))
	t, told := audit.TightenedOf(change)
	if err != nil || !ok || !told {
		return e, false, err
	}
	return tell(change, t, first+uint64(i), effects[i], who), true, nil
}
