package etcd

import (
	"slices"
	"testing"

	"tokenscale/store"
	"tokenscale/store/etcd/dial"
)

func TestARowThatDiffersInTheMirrorIsFound(t *testing.T) {
	db := node(t, members(t, 1), "a")
	must(t, db.Update(t.Context(), func(w store.Writer) error { return w.Put("left", []byte("k"), []byte("v")) }))
	compare := func(want int) {
		t.Helper()
		if got, err := db.Compare(t.Context()); got != want || err != nil {
			t.Errorf("%d rows differ, %v; want %d", got, err, want)
		}
	}
	compare(0)
	for _, row := range []store.Row{{Key: []byte("k"), Value: []byte("x")}, {Key: []byte("more"), Value: []byte("x")}} {
		tx, err := db.mirror.Begin(true)
		must(t, err)
		must(t, tx.Apply("left", slices.Values([]store.Row{row})))
		must(t, tx.Commit())
	}
	compare(2)
}

func TestMembersSayHowTheyAre(t *testing.T) {
	c := startCluster(t, 3)
	db := node(t, c.endpoints, "a")
	must(t, db.Update(t.Context(), func(w store.Writer) error { return w.Put("left", []byte("k"), []byte("v")) }))
	o := db.options
	h, err := Inspect(t.Context(), o)
	must(t, err)
	leaders := 0
	for _, m := range h.Members {
		if m.Leader {
			leaders++
		}
		if m.Version == "" || m.Size == 0 || m.Quota == 0 || len(m.Problems) > 0 {
			t.Errorf("a member says %+v", m)
		}
	}
	if leaders != 1 || len(h.Nodes) != 1 || h.Nodes[0].Name != "a" || h.Compacted != 0 || h.Revision == 0 {
		t.Errorf("%d lead; %+v", leaders, h)
	}
	_, err = db.client.Compact(t.Context(), h.Revision)
	must(t, err)
	c.stop(2)
	if h, err = Inspect(t.Context(), o); err != nil || h.Compacted == 0 || len(h.Members[2].Problems) == 0 {
		t.Errorf("after a compaction and without a member: %+v, %v", h, err)
	}
	c.stop(1)
	eventually(t, "the last member says once that it knows no leader", func() bool {
		h, _ = Inspect(t.Context(), o)
		return slices.Equal(h.Members[0].Problems, []string{dial.NoLeader})
	})
}
