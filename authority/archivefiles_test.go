package authority_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tokenscale/audit"
	"tokenscale/audit/segment"
	"tokenscale/authority/archive"
	"tokenscale/authority/authoritytest"
	"tokenscale/fault"
	"tokenscale/store"
)

// surveyed reads the files of all segments.
func surveyed(t *testing.T, h *authoritytest.House) (found archive.Survey) {
	t.Helper()
	must(t, h.DB.View(t.Context(), func(r store.Reader) (err error) {
		found, err = h.Archiver().Segments.Survey(t.Context(), r)
		return err
	}))
	return found
}

// Each way to change what has left is found, and the number of what was changed is told, by a
// server that had read the files before and by one that had not. The server runs on.
func TestArchive_WhatWasChangedIsFoundByItsNumber(t *testing.T) {
	path := func(h *authoritytest.House, n uint64) string {
		return filepath.Join(h.AuditFolder(), segment.FileName(n))
	}
	tests := []struct {
		name string
		harm func(h *authoritytest.House) error
		want []uint64
	}{
		{"nothing", func(*authoritytest.House) error { return nil }, nil},
		{"one byte", func(h *authoritytest.House) error {
			b, err := os.ReadFile(path(h, 2))
			if err != nil {
				return err
			}
			b[len(b)/2] ^= 1
			return os.WriteFile(path(h, 2), b, 0o600)
		}, []uint64{2}},
		{"two files swapped", func(h *authoritytest.House) error {
			return errors.Join(os.Rename(path(h, 1), path(h, 9)), os.Rename(path(h, 2), path(h, 1)), os.Rename(path(h, 9), path(h, 2)))
		}, []uint64{1, 2}},
		{"one deleted", func(h *authoritytest.House) error { return os.Remove(path(h, 1)) }, []uint64{1}},
		{"one cut short", func(h *authoritytest.House) error {
			info, err := os.Stat(path(h, 2))
			if err != nil {
				return err
			}
			return os.Truncate(path(h, 2), info.Size()-1)
		}, []uint64{2}},
	}
	for _, test := range tests {
		for _, reopen := range []bool{false, true} {
			t.Run(fmt.Sprint(test.name, ", opened again ", reopen), func(t *testing.T) {
				h := moved(t)
				h.Unchecked = true
				read := func() error {
					_, _, err := h.Events(t.Context(), root(), audit.Query{Types: []audit.Type{audit.TokenChanged}, Limit: 200})
					return err
				}
				must(t, read())
				must(t, test.harm(h))
				if reopen {
					h.Reopen()
				}
				if err := read(); len(test.want) == 0 {
					must(t, err)
				} else {
					refusal(t, err, fault.Unavailable, fmt.Sprintf("Segment %d ", test.want[len(test.want)-1]))
				}
				found := surveyed(t, h)
				var numbers []uint64
				for _, seg := range found.Left() {
					numbers = append(numbers, seg.Number)
				}
				if diff := cmp.Diff(numbers, test.want); diff != "" || len(found.Whole)+len(found.Bad) != 2 || found.Last() != 512 {
					t.Errorf("found by number (-got +want):\n%s\n%v", diff, found)
				}
				if _, _, err := h.CreateToken(t.Context(), as(root(), "createSystemToken"), draft("on")); err != nil {
					t.Errorf("the server does not run on: %v", err)
				}
				if _, _, err := h.Events(t.Context(), root(), audit.Query{Limit: 20}); err != nil {
					t.Errorf("what is in the store cannot be read: %v", err)
				}
			})
		}
	}
}

func TestArchive_SaysWhichFilesAreMissing(t *testing.T) {
	h := moved(t)
	h.Unchecked = true
	whole, err := h.Archiver().State(t.Context())
	must(t, err)
	if whole.Segments != 2 || whole.Entries != 512 || len(whole.Bad) > 0 {
		t.Errorf("it says %+v, want two segments of 256 entries", whole)
	}
	must(t, os.Remove(filepath.Join(h.AuditFolder(), segment.FileName(2))))
	lost, err := h.Archiver().State(t.Context())
	must(t, err)
	must(t, os.Truncate(segmentPath(h, 1), 99))
	cut, err := h.Archiver().State(t.Context())
	must(t, err)
	if len(cut.Bad) != 2 || cut.Files != 1 || cut.Bytes != 99 {
		t.Errorf("it says %+v, want two that are bad", cut)
	}
	if len(lost.Bad) != 1 || !strings.Contains(lost.Bad[0].Error(), "Segment 2 ") {
		t.Errorf("it says that %v are missing, want segment 2", lost.Bad)
	}
}
