package cells

import (
	"testing"

	"pgregory.net/rapid"
)

func TestARoomKnowsTheFirstContainerThatHasRoom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r Room
		has := map[uint32]bool{}
		end := uint32(0)
		t.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				n := rapid.Uint32Range(0, 300).Draw(t, "container")
				has[n], end = rapid.Bool().Draw(t, "room"), max(end, n+1)
				r.Set(n, has[n])
			},
			"ask": func(t *rapid.T) {
				want := uint32(0)
				for ; want < end && !has[want]; want++ {
				}
				if got := r.Any(); got != want || r.Len() != int(end) {
					t.Fatalf("container %d of %d, want %d of %d", got, r.Len(), want, end)
				}
				if n := rapid.Uint32Range(0, 310).Draw(t, "another"); r.Has(n) != has[n] {
					t.Fatalf("container %d has room: %v, want %v", n, r.Has(n), has[n])
				}
			},
		})
	})
}
