package dial

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
)

func TestAQuestionIsPutAgainUntilItIsAnsweredOrRefused(t *testing.T) {
	for _, c := range []struct {
		name    string
		fails   int // so often at first
		with    error
		want    error
		refused int // calls after which it gives up; 0 if it does not
	}{
		{"members that have no leader refuse it in no time", 60, rpctypes.ErrNoLeader, nil, 0},
		{"members are not reached", 3, errors.New("connection refused"), nil, 0},
		{"this node may not ask", 9, rpctypes.ErrPermissionDenied, rpctypes.ErrPermissionDenied, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			calls := 0
			// A broken rule would ask for ever.
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			err := Again(ctx, 2*time.Second, func(ctx context.Context) error {
				if calls++; calls <= c.fails {
					return c.with
				}
				return ctx.Err()
			})
			want := c.refused
			if want == 0 {
				want = c.fails + 1
			}
			if !errors.Is(err, c.want) || calls != want {
				t.Errorf("after %d calls: %v; want %d calls and %v", calls, err, want, c.want)
			}
		})
	}
}
