package authority

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"tokenscale/authority/keyring"
	"tokenscale/epoch"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// repeats are what is kept of requests with an idempotency key, so that one
// that is sent again makes nothing a second time.
type repeats struct {
	made table[made]     // by actor, a zero byte, and the digest of the key
	due  table[struct{}] // by time, 8 bytes, big-endian, and the key in made: finds those that no longer count
	kept table[uint64]   // by actor: how many are kept
}

// made is what a request made, and of which input.
type made struct {
	id    string
	input token.Digest
	at    epoch.Millis
}

func newRepeats(keys *keyring.Keys) repeats {
	return repeats{
		made: table[made]{idempotencyTable, keys, packMade, unpackMade},
		due:  table[struct{}]{idempotencyDueTable, keys, func(*packer, struct{}) {}, func(*unpacker, []byte) struct{} { return struct{}{} }},
		kept: table[uint64]{idempotencyCountTable, keys, packNumber, unpackNumber},
	}
}

func packMade(p *packer, m made) {
	p.number(rowVersion)
	p.text(m.id)
	p.raw(m.input[:])
	p.number(uint64(m.at))
}

func unpackMade(u *unpacker, _ []byte) made {
	u.expect(rowVersion)
	return made{u.text(), unpackDigest(u), epoch.Millis(u.number())}
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
	var p packer
	p.text(what)
	p.text(string(actor)) // so that nobody can tell that two actors chose the same key
	return append(p.out, text...)
}

// actorOf returns the actor in a key of made.
func actorOf(row string) (string, error) {
	n := len(row) - 1 - sha256.Size
	if n < 1 || row[n] != 0 {
		return "", errPacked
	}
	return row[:n], nil
}

func dueKey(at epoch.Millis, row string) string {
	return string(binary.BigEndian.AppendUint64(nil, uint64(at))) + row
}

// remember writes what was made under row, in the place of what no longer
// counts.
func (r repeats) remember(tx store.Writer, row string, m made) error {
	if err := r.forget(tx, row); err != nil {
		return err
	}
	actor, err := actorOf(row)
	if err != nil {
		return err
	}
	n, _, err := r.kept.get(tx, actor)
	if err != nil {
		return err
	}
	if err := policy.RoomForKey(n); err != nil {
		return err
	}
	m.at = max(m.at, 0)
	if err := r.made.put(tx, row, m); err != nil {
		return err
	}
	if err := r.due.put(tx, dueKey(m.at, row), struct{}{}); err != nil {
		return err
	}
	return r.kept.put(tx, actor, n+1)
}

// forget removes what is kept under row, if there is anything.
func (r repeats) forget(tx store.Writer, row string) error {
	old, ok, err := r.made.get(tx, row)
	if err != nil || !ok {
		return err
	}
	actor, err := actorOf(row)
	if err != nil {
		return err
	}
	n, _, err := r.kept.get(tx, actor)
	if err != nil {
		return err
	}
	if err := r.made.drop(tx, row); err != nil {
		return err
	}
	if err := r.due.drop(tx, dueKey(old.at, row)); err != nil {
		return err
	}
	if n <= 1 {
		return r.kept.drop(tx, actor)
	}
	return r.kept.put(tx, actor, n-1)
}

// checkRepeats reports what does not fit between the three tables.
func (c *checker) checkRepeats() error {
	rows, counted, err := c.countRepeats()
	if err != nil {
		return err
	}
	if err := c.due.each(c.r, store.Range{}, func([]byte, struct{}) error { rows--; return nil }); err != nil {
		return err
	}
	if rows != 0 {
		return fmt.Errorf("%d idempotency keys are to be forgotten that are not there", -rows)
	}
	return c.checkKept(counted)
}

// countRepeats counts the keys, all and by actor, and looks whether each will
// be forgotten.
func (c *checker) countRepeats() (rows int, counted map[string]uint64, err error) {
	counted = map[string]uint64{}
	err = c.made.each(c.r, store.Range{}, func(key []byte, m made) error {
		rows++
		actor, err := actorOf(string(key))
		if err != nil {
			return err
		}
		counted[actor]++
		if _, ok, err := c.due.get(c.r, dueKey(m.at, string(key))); err != nil || !ok {
			return firstError(err, fmt.Errorf("an idempotency key of %s would never be forgotten", actor))
		}
		return nil
	})
	return rows, counted, err
}

// checkKept compares what is noted of each actor with what was counted.
func (c *checker) checkKept(counted map[string]uint64) error {
	if err := c.kept.each(c.r, store.Range{}, func(actor []byte, n uint64) error {
		if real := counted[string(actor)]; real != n {
			return fmt.Errorf("%s has %d idempotency keys, and %d are noted", actor, real, n)
		}
		delete(counted, string(actor))
		return nil
	}); err != nil {
		return err
	}
	if len(counted) > 0 {
		return fmt.Errorf("of %d actors with idempotency keys nothing is noted", len(counted))
	}
	return nil
}
