package dial

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

// ProbeTime is how long a look at all members may take.
const ProbeTime = 3 * time.Second

// Explain returns err with the reason why etcd did not answer, if it did not.
func (o Options) Explain(ctx context.Context, err error) error {
	if !errors.Is(err, store.ErrUnavailable) && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if said := refusal(err); said != "" {
		return fmt.Errorf("%w: etcd refuses us: %s", store.ErrUnavailable, said)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ProbeTime)
	defer cancel()
	return fmt.Errorf("%w: %s", store.ErrUnavailable, Summary(o.Endpoints, o.Probe(ctx)))
}

// Probe asks all members at once how they are, until ctx ends, which it must.
func (o Options) Probe(ctx context.Context) []Verdict {
	found := make([]Verdict, len(o.Endpoints))
	var work sync.WaitGroup
	for i, endpoint := range o.Endpoints {
		work.Go(func() { found[i] = o.probeOne(ctx, endpoint) })
	}
	work.Wait()
	return found
}

// A Verdict is what is the matter with a member.
type Verdict struct {
	Reached bool   // etcd itself answers
	Quorum  bool   // and it can ask a majority
	Words   string // what is wrong with it; nothing if all is well
}

// Summary says what is wrong with all of them in a sentence.
func Summary(endpoints []string, found []Verdict) string {
	var reached, quorum int
	var said []string
	with := map[string][]string{} // the endpoints of which it is said
	for i, v := range found {
		if v.Reached {
			reached++
		}
		if v.Quorum {
			quorum++
		}
		if v.Words == "" {
			continue
		}
		if with[v.Words] == nil {
			said = append(said, v.Words)
		}
		with[v.Words] = append(with[v.Words], endpoints[i])
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
