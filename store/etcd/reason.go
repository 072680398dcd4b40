package etcd

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"

	"tokenscale/store"
)

// A client of etcd that gets no answer says "context deadline exceeded", whatever the cause. So
// each member is then asked by itself, step by step, as far as it can be.

// probeTime is how long that may take.
const probeTime = 3 * time.Second

// explain returns err with the reason why etcd did not answer, if it did not.
func (o Options) explain(ctx context.Context, err error) error {
	if !errors.Is(err, store.ErrUnavailable) && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if said := refusal(err); said != "" {
		return fmt.Errorf("%w: etcd refuses us: %s", store.ErrUnavailable, said)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), probeTime)
	defer cancel()
	return fmt.Errorf("%w: %s", store.ErrUnavailable, summary(o.Endpoints, o.probeAll(ctx)))
}

// probeAll asks all members at once.
func (o Options) probeAll(ctx context.Context) []verdict {
	found := make([]verdict, len(o.Endpoints))
	var work sync.WaitGroup
	for i, endpoint := range o.Endpoints {
		work.Go(func() { found[i] = o.probe(ctx, endpoint) })
	}
	work.Wait()
	return found
}

// A verdict is what is the matter with a member.
type verdict struct {
	reached bool   // etcd itself answers
	quorum  bool   // and it can ask a majority
	words   string // what is wrong with it; nothing if all is well
}

// summary says what is wrong with all of them in a sentence.
func summary(endpoints []string, found []verdict) string {
	var reached, quorum int
	var said []string
	with := map[string][]string{} // the endpoints of which it is said
	for i, v := range found {
		if v.reached {
			reached++
		}
		if v.quorum {
			quorum++
		}
		if v.words == "" {
			continue
		}
		if with[v.words] == nil {
			said = append(said, v.words)
		}
		with[v.words] = append(with[v.words], endpoints[i])
	}
	text := "etcd did not answer in time, though its members do now"
	switch {
	case reached == 0:
		text = "no member of etcd can be used"
	case quorum == 0:
		text = "etcd has no quorum: most of its members are down or cut off"
	}
	for _, words := range said {
		text += "; " + strings.Join(with[words], " and ") + ": " + words
	}
	return text
}

// refusal returns what etcd has against us, in words, if it said so itself.
func refusal(err error) string {
	switch {
	case errors.Is(err, rpctypes.ErrPermissionDenied):
		return "our user, the common name in our client certificate, has no right to read and write below the prefix, or is not known"
	case errors.Is(err, rpctypes.ErrUserEmpty):
		return "it wants a user, which is the common name in a client certificate, and we have none"
	case errors.Is(err, rpctypes.ErrAuthFailed), errors.Is(err, rpctypes.ErrUserNotFound), errors.Is(err, rpctypes.ErrInvalidAuthToken):
		return "it does not know our user, which is the common name in our client certificate"
	case errors.Is(err, rpctypes.ErrNoSpace):
		return "it has reached its quota of space (alarm NOSPACE)"
	case errors.Is(err, rpctypes.ErrCorrupt):
		return "it says that its data are damaged (alarm CORRUPT)"
	}
	return ""
}
