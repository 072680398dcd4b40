package authority_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenscale/audit"
	"tokenscale/audit/segment"
	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/authority/rows"
	"tokenscale/store"
)

// A node is one of those that have a store open, with an archive of its own.
type node struct {
	*authority.Authority
	store.Shared
	folder string
}

// describe has the node say of itself what servers do.
func (n node) describe() {
	n.Shared.Describe(func() store.Node { return store.Node{Segment: n.Archiver().Held()} })
}

// No row leaves before each node holds the file of it, and all files are the same. Then each node
// reads its own.
func TestNodes_NoPartOfTheAuditLogLeavesBeforeAllHoldIt(t *testing.T) {
	if !authoritytest.OnEtcd() {
		t.Skip("this is about nodes that share a store in etcd")
	}
	h := authoritytest.OpenWith(t, authoritytest.Setup{Options: func(o *authority.Options) { short(&o.Archive) }})
	h.Unchecked = true // which would ask a third node
	db, err := h.Node("b")
	must(t, err)
	folder := t.TempDir()
	other, err := authoritytest.On(h, db, func(o *authority.Options) { o.Archive.Folder = folder })
	must(t, err)
	defer func() { must(t, errors.Join(other.Close(t.Context()), db.Close())) }()
	a, b := node{h.Authority, h.DB.(store.Shared), h.AuditFolder()}, node{other, db, folder}
	a.describe()
	b.describe()
	eventually(t, "one keeps house and knows of both", func() bool {
		if b.KeepsHouse() {
			a, b = b, a
		}
		return a.KeepsHouse() && len(a.Nodes()) == 2
	})
	eventful(t, h)
	signed(t, h)
	h.Clock.Pass(91 * day)

	left := func() int { return inStore(t, h)[rows.SegmentsTable] }
	for n := range 2 {
		must(t, a.Archiver().Move(t.Context()))
		if left() != n {
			t.Fatalf("%d segments have left, though the other node does not hold that many", left())
		}
		must(t, b.Refresh(t.Context()))
		must(t, b.Archiver().Move(t.Context()))
		if left() != n {
			t.Fatal("a segment has left by a node that does not keep house")
		}
		held := b.Archiver().Held()
		eventually(t, "the house hears of what the other node holds", func() bool {
			a.describe()
			b.describe()
			all := a.Nodes()
			return len(all) == 2 && all[0].Segment == held && all[1].Segment == held
		})
		must(t, a.Archiver().Move(t.Context()))
		if left() != n+1 {
			t.Fatalf("%d segments have left, though all nodes hold %d", left(), n+1)
		}
	}
	must(t, b.Refresh(t.Context()))
	for n := range uint64(2) {
		one, errOne := os.ReadFile(filepath.Join(a.folder, segment.FileName(n+1)))
		two, errTwo := os.ReadFile(filepath.Join(b.folder, segment.FileName(n+1)))
		if err := errors.Join(errOne, errTwo); err != nil || !bytes.Equal(one, two) {
			t.Errorf("the files of segment %d differ: %v", n+1, err)
		}
	}
	q := audit.Query{Types: []audit.Type{audit.TokenChanged, audit.TokenRotated}, Limit: 200}
	_, ofA, err := a.Events(t.Context(), root(), q)
	must(t, err)
	_, ofB, err := b.Events(t.Context(), root(), q)
	must(t, err)
	if diff := cmp.Diff(ofA, ofB); diff != "" || len(ofA) == 0 || ofA[len(ofA)-1].Seq > 256 {
		t.Errorf("the nodes read different logs, or nothing that has left:\n%s", diff)
	}
	// A third node that joins later has no files: it says so, and runs.
	h.Clock.Pass(time.Minute)
	must(t, os.RemoveAll(b.folder))
	_, _, err = b.Events(t.Context(), root(), q)
	refusal(t, err, "UNAVAILABLE", "Segment 2 ")
}
