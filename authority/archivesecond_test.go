package authority_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"tokenscale/audit"
	"tokenscale/audit/segment"
	"tokenscale/authority/archive"
	"tokenscale/authority/archive/bucket"
	"tokenscale/authority/rows"
	"tokenscale/fault"
)

// A file that is lost comes back from its second place, when it is needed.
func TestArchive_AMissingFileComesFromTheSecondPlace(t *testing.T) {
	second := t.TempDir()
	h := moved(t, func(a *archive.Settings) { a.Copy = archive.Folder(second) })
	before := h.Trail()
	must(t, os.RemoveAll(h.AuditFolder()))
	_, _, err := h.Events(t.Context(), root(), audit.Query{Types: []audit.Type{audit.TokenChanged}, Limit: 200})
	must(t, err)
	if diff := cmp.Diff(h.Trail(), before); diff != "" {
		t.Errorf("the log (-got +want):\n%s", diff)
	}
	h.Unchecked = true
	bad := filepath.Join(second, segment.FileName(1))
	must(t, os.RemoveAll(h.AuditFolder()))
	must(t, os.WriteFile(bad, []byte("another"), 0o600))
	_, _, err = h.Events(t.Context(), root(), audit.Query{Types: []audit.Type{audit.TokenChanged}, Limit: 200})
	refusal(t, err, fault.Unavailable, "Segment 1 ")
}

// A bucket is a second place like a folder: what is in it was read back, and comes back.
func TestArchive_KeepsASecondCopyInABucket(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "key")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	held := s3mem.New()
	must(t, held.CreateBucket("logs"))
	var fail atomic.Bool
	server := gofakes3.New(held).Server()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if fail.Load() {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		server.ServeHTTP(w, r)
	}))
	transport := &http.Transport{}
	t.Cleanup(func() { transport.CloseIdleConnections(); s.Close() })
	b, err := bucket.Open(bucket.Options{Address: "s3://logs/audit", Endpoint: s.URL, Region: "us-east-1", Transport: transport})
	must(t, err)
	h := archiving(t, func(a *archive.Settings) { a.Copy = b })
	eventful(t, h)
	signed(t, h)
	h.Clock.Pass(91 * day)
	fail.Store(true)
	if err := h.Archiver().Move(t.Context()); err == nil || inStore(t, h)[rows.SegmentsTable] != 0 {
		t.Fatalf("a segment has left though its second place does not take it: %v", err)
	}
	fail.Store(false)
	must(t, h.Archiver().Move(t.Context()))
	if _, err := held.HeadObject("logs", "audit/"+segment.FileName(2)); err != nil {
		t.Errorf("the second segment is not in the bucket: %v", err)
	}
	must(t, os.RemoveAll(h.AuditFolder()))
	_, page, err := h.Events(t.Context(), root(), audit.Query{Types: []audit.Type{audit.TokenChanged}, Limit: 200})
	if err != nil || page[len(page)-1].Seq > 10 {
		t.Errorf("the log is not read from the bucket: %v", err)
	}
}

// What had left before there was a second place is brought there, each file that is what was
// written; and then nothing is asked of that place any more.
func TestArchive_WhatLeftBeforeIsCopiedLater(t *testing.T) {
	readOnce(t)
	place := &countedPlace{Folder: archive.Folder(filepath.Join(t.TempDir(), "second"))}
	synctest.Test(t, func(t *testing.T) {
		var second archive.Place
		h := moved(t, func(a *archive.Settings) { a.Copy = second })
		back := setAside(t, h)
		must(t, flipFile(h, 1))
		second = place
		h.Reopen()
		h.Start()
		there := func(want ...uint64) {
			t.Helper()
			for _, n := range []uint64{1, 2} {
				is, err := os.ReadFile(segmentPath(h, n))
				must(t, err)
				if copied, _ := os.ReadFile(place.Path(segment.FileName(n))); bytes.Equal(copied, is) != slices.Contains(want, n) {
					t.Errorf("segment %d was copied: %v", n, !slices.Contains(want, n))
				}
			}
		}
		time.Sleep(3 * time.Minute)
		there(2)
		back()
		time.Sleep(3 * time.Minute)
		there(1, 2)
		asked := place.gets.Load()
		time.Sleep(5 * time.Minute)
		if more := place.gets.Load() - asked; more > 0 {
			t.Errorf("the second place was asked %d times more", more)
		}
		h.Close()
	})
}
