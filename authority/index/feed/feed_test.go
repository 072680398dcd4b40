package feed_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"tokenscale/authority/index/feed"
	"tokenscale/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// source is a store that only tells.
type source struct {
	store.DB
	tell func([]store.Change)
}

func (s *source) Follow(fn func([]store.Change)) { s.tell = fn }

func put(key, value string) store.Change {
	return store.Change{Table: "t", Key: []byte(key), Value: []byte(value)}
}

func TestWhatIsHeldBackIsToldOnceWithTheLastChangeOfEachRow(t *testing.T) {
	var from source
	f := feed.New(&from)
	var told [][]store.Change
	f.Follow(func(c []store.Change) { told = append(told, c) })
	from.tell([]store.Change{put("a", "1")})
	f.Pause()
	from.tell([]store.Change{put("b", "1"), put("c", "1")})
	from.tell([]store.Change{put("a", "2"), {Table: "t", Key: []byte("b")}})
	if len(told) != 1 {
		t.Errorf("told %d times while the feed was paused, want once before", len(told))
	}
	f.Resume()
	from.tell([]store.Change{put("a", "3")})
	want := [][]store.Change{{put("a", "1")}, {put("a", "2"), {Table: "t", Key: []byte("b")}, put("c", "1")}, {put("a", "3")}}
	if d := cmp.Diff(told, want); d != "" {
		t.Error(d)
	}
}

func TestNothingIsToldIfNothingWasHeldBack(t *testing.T) {
	f := feed.New(new(source))
	f.Follow(func([]store.Change) { t.Error("something was told") })
	f.Pause()
	f.Resume()
}
