package dial

import (
	"context"
	"errors"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc/codes"

	"tokenscale/loop"
)

// Again puts a question that changes nothing until it is answered or ctx ends. The client takes one
// member after the other, and one that says nothing must not use up all the time there is; it has
// twice as long each time, up to longest, since all may be merely busy. A refusal is an answer.
func Again(ctx context.Context, longest time.Duration, ask func(context.Context) error) error {
	for limit := longest / 8; ; limit = min(2*limit, longest) {
		limited, cancel := context.WithTimeout(ctx, limit)
		err := ask(limited)
		cancel()
		var said rpctypes.EtcdError
		if err == nil || errors.As(err, &said) && said.Code() != codes.Unavailable || loop.Rest(ctx, 10*time.Millisecond) != nil {
			return err
		}
	}
}
