package authority

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"strconv"

	"tokenscale/epoch"
	"tokenscale/policy"
	"tokenscale/store"
)

// StoreID returns the name of the store: up to 13 small letters and digits,
// chosen at random when it was made, and kept by its backups. The page's cookie
// is called after it, so that the browser keeps those of two servers on one
// host name apart. It is no secret.
func (a *Authority) StoreID() string { return strconv.FormatUint(a.storeID, 36) }

// nameStore finds out what the store is called, and gives it a name if it has
// none. One that can only be read gets a name for this run.
func (a *Authority) nameStore(ctx context.Context) error {
	named := false
	err := a.store.View(ctx, func(r store.Reader) (err error) {
		a.storeID, named, err = a.mark.get(r, storeKey)
		return err
	})
	if err != nil || named {
		return err
	}
	var b [8]byte
	if _, err := io.ReadFull(a.random, b[:]); err != nil {
		return fmt.Errorf("naming the store: %w", err)
	}
	a.storeID = binary.BigEndian.Uint64(b[:])
	if a.verifyOnly {
		return nil
	}
	return a.store.Update(ctx, func(w store.Writer) error { return a.mark.put(w, storeKey, a.storeID) })
}

// sessionKey is the key of the row of an ended session: those that are forgotten
// first come first.
func sessionKey(over epoch.Millis, id policy.SessionID) string {
	return string(append(binary.BigEndian.AppendUint64(nil, uint64(over)), id[:]...))
}

func parseSessionKey(key []byte) (over epoch.Millis, id policy.SessionID, ok bool) {
	if len(key) != 8+len(id) {
		return 0, id, false
	}
	return epoch.Millis(binary.BigEndian.Uint64(key)), policy.SessionID(key[8:]), true
}

func packNothing(*packer, struct{}) {}

func unpackSessionEnd(u *unpacker, key []byte) struct{} {
	if _, _, ok := parseSessionKey(key); !ok {
		u.fail()
	}
	return struct{}{}
}
