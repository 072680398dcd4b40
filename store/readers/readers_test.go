package readers

import (
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTheOldestOfThoseThatReadIsKnown(t *testing.T) {
	var o Open
	at := time.Unix(100, 0)
	check := func(after time.Duration, n int, oldest time.Duration) {
		t.Helper()
		if gotN, got := o.State(at.Add(after)); gotN != n || got != oldest {
			t.Errorf("after %v there are %d, the oldest for %v; want %d and %v", after, gotN, got, n, oldest)
		}
	}
	check(time.Hour, 0, 0)
	first := o.Enter(at)
	second := o.Enter(at.Add(time.Second))
	check(3*time.Second, 2, 3*time.Second)
	first()
	first()
	check(3*time.Second, 1, 2*time.Second)
	second()
	check(time.Hour, 0, 0)
}
