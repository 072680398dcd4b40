package etcd

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"tokenscale/store"
)

// A change that others overtake again and again has one patience for all its repetitions, and then
// is told that nothing was changed. The clock goes on with each repetition.
func TestAChangeThatIsOvertakenAgainAndAgainHasOnePatience(t *testing.T) {
	endpoints := members(t, 1)
	var late atomic.Int64
	a := node(t, endpoints, "a", func(o *Options) {
		o.Now = func() time.Time { return time.Now().Add(time.Duration(late.Load())) }
		o.Patience = time.Minute
	})
	b := node(t, endpoints, "b")
	for name, key := range map[string]string{"a change": "mine", "what changes nothing": ""} {
		runs := 0
		err := a.Update(t.Context(), func(w store.Writer) error {
			if runs++; runs > 20 {
				return errors.New("it has no end")
			}
			late.Add(int64(20 * time.Second))
			if err := b.Update(t.Context(), add); err != nil || key == "" {
				return err
			}
			return w.Put("left", []byte(key), nil)
		})
		if !errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrInDoubt) || runs < 2 || runs > 3 {
			t.Errorf("%s: after %d runs: %v", name, runs, err)
		}
	}
	if got := keysOf(t, b); got != "[count]" {
		t.Errorf("there is %s", got)
	}
}
