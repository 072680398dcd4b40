package quota

import (
	"errors"
	"fmt"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"

	"tokenscale/store"
)

// Is reports whether etcd has refused a commit, with err, because it has come to a limit of its
// own.
func Is(err error) bool {
	return errors.Is(err, rpctypes.ErrNoSpace) || errors.Is(err, rpctypes.ErrTooManyOps) || errors.Is(err, rpctypes.ErrRequestTooLarge)
}

// Refusal returns what callers are told whose commit has changed nothing because of err: an error
// that wraps store.ErrFull or store.ErrUnavailable.
func Refusal(err error) error {
	switch {
	case errors.Is(err, store.ErrFull):
		return err
	case Is(err):
		return fmt.Errorf("%w: %w", store.ErrFull, err)
	}
	return fmt.Errorf("%w: %w", store.ErrUnavailable, err)
}
