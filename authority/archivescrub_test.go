package authority_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenscale/audit"
	"tokenscale/audit/segment"
	"tokenscale/authority"
	"tokenscale/authority/archive"
	"tokenscale/authority/authoritytest"
	"tokenscale/fault"
)

func segmentPath(h *authoritytest.House, n uint64) string {
	return filepath.Join(h.AuditFolder(), segment.FileName(n))
}

// A harm is what becomes of the files of two segments.
type harm struct {
	name string
	do   func(h *authoritytest.House) error
	want map[uint64]string // which are found, and what is said of them
}

func flipFile(h *authoritytest.House, n uint64) error {
	b, err := os.ReadFile(segmentPath(h, n))
	if err != nil {
		return err
	}
	return os.WriteFile(segmentPath(h, n), flip(b), 0o600)
}

const otherFile = "it is not the file that was written"

func harms(t *testing.T) []harm {
	t.Helper()
	another, err := os.ReadFile(segmentPath(moved(t), 2))
	must(t, err)
	return []harm{
		{"one byte", func(h *authoritytest.House) error { return flipFile(h, 2) }, map[uint64]string{2: otherFile}},
		{"two swapped", func(h *authoritytest.House) error {
			one, two, away := segmentPath(h, 1), segmentPath(h, 2), segmentPath(h, 9)
			return errors.Join(os.Rename(one, away), os.Rename(two, one), os.Rename(away, two))
		}, map[uint64]string{1: "but that of segment 2", 2: "but that of segment 1"}},
		{"one deleted", func(h *authoritytest.House) error { return os.Remove(segmentPath(h, 1)) }, map[uint64]string{1: "it is missing"}},
		{"one cut short", func(h *authoritytest.House) error { return os.Truncate(segmentPath(h, 2), 100) }, map[uint64]string{2: "it has 100 bytes instead of"}},
		{"one of another log", func(h *authoritytest.House) error {
			return os.WriteFile(segmentPath(h, 2), another, 0o600)
		}, map[uint64]string{2: otherFile}},
		{"one deleted and one changed", func(h *authoritytest.House) error {
			return errors.Join(os.Remove(segmentPath(h, 1)), flipFile(h, 2))
		}, map[uint64]string{1: "it is missing", 2: otherFile}},
	}
}

// setAside keeps the files of both segments, to copy them back.
func setAside(t *testing.T, h *authoritytest.House) (back func()) {
	t.Helper()
	aside := t.TempDir()
	must(t, os.CopyFS(aside, os.DirFS(h.AuditFolder())))
	return func() {
		for _, n := range []uint64{1, 2} {
			b, err := os.ReadFile(filepath.Join(aside, segment.FileName(n)))
			must(t, errors.Join(err, os.WriteFile(segmentPath(h, n), b, 0o600)))
		}
	}
}

// badFiles returns what health and metrics say.
func badFiles(t *testing.T, h *authoritytest.House) []error {
	t.Helper()
	s, err := h.Archiver().State(t.Context())
	must(t, err)
	return s.Bad
}

// newestEntry returns the number of the newest entry of the log.
func newestEntry(t *testing.T, h *authoritytest.House) uint64 {
	t.Helper()
	_, page, err := h.Events(t.Context(), root(), audit.Query{Limit: 1})
	must(t, err)
	return page[0].Seq
}

// toldFiles returns what the audit log tells of each file behind an entry.
func toldFiles(t *testing.T, h *authoritytest.House, behind uint64) map[string][]string {
	t.Helper()
	_, page, err := h.Events(t.Context(), root(), audit.Query{Limit: int(newestEntry(t, h) - behind)})
	must(t, err)
	told := map[string][]string{}
	for _, e := range page {
		if e.Type == audit.Unsound {
			has := e.ByName()
			for _, file := range has["files"].List {
				told[file] = append(told[file], has["reason"].Value)
			}
		}
	}
	return told
}

// asTold compares what the audit log tells of each segment behind an entry with words of it, which
// it has to tell a number of times.
func asTold(t *testing.T, h *authoritytest.House, behind uint64, want map[uint64]string, times int) {
	t.Helper()
	told := toldFiles(t, h, behind)
	for n, words := range want {
		file := segment.FileName(n)
		for _, why := range told[file] {
			if !strings.Contains(why, words) {
				t.Errorf("of %s the audit log says %q, want %q", file, why, words)
			}
		}
		if len(told[file]) != times {
			t.Errorf("of %s the audit log tells %d times, want %d: %v", file, len(told[file]), times, told[file])
		}
	}
	if len(told) != len(want) {
		t.Errorf("the audit log tells of %v, want %v", told, want)
	}
}

func readAll(t *testing.T, h *authoritytest.House) error {
	t.Helper()
	_, _, err := h.Events(t.Context(), root(), audit.Query{Types: []audit.Type{audit.TokenChanged}, Limit: 200})
	return err
}

// A file that nobody asks for is found bad all the same, is told of once, by log, audit log and
// health, and again only if it was mended meanwhile, which is noticed as well.
func TestArchive_TheScrubberReadsTheFilesToo(t *testing.T) {
	h := moved(t)
	back := setAside(t, h)
	must(t, h.Archiver().Scrub(t.Context()))
	if bad := badFiles(t, h); len(bad) > 0 || len(toldFiles(t, h, 512)) > 0 {
		t.Fatalf("files that are as they were written: %v", bad)
	}
	for _, harm := range harms(t) {
		t.Run(harm.name, func(t *testing.T) {
			behind, before := newestEntry(t, h), len(h.Log.String())
			for times := 1; times <= 2; times++ {
				must(t, harm.do(h))
				for range 2 {
					must(t, h.Archiver().Scrub(t.Context()))
					must(t, h.Archiver().Look(t.Context()))
				}
				if bad := badFiles(t, h); len(bad) != len(harm.want) {
					t.Errorf("bad are %v, want %v", bad, harm.want)
				}
				asTold(t, h, behind, harm.want, times)
				back()
				must(t, h.Archiver().Look(t.Context()))
				if bad := badFiles(t, h); len(bad) > 0 {
					t.Errorf("after the files were copied back: %v", bad)
				}
				must(t, readAll(t, h))
				asTold(t, h, behind, harm.want, times)
			}
			log := h.Log.String()[before:]
			for n, words := range harm.want {
				if !strings.Contains(log, fmt.Sprintf("Segment %d of the audit log", n)) || !strings.Contains(log, words) {
					t.Errorf("the log does not tell of segment %d", n)
				}
			}
			if n := strings.Count(log, "can be read here again"); n != 2*len(harm.want) {
				t.Errorf("the log tells %d times that files are back, want %d", n, 2*len(harm.want))
			}
		})
	}
}

// A file that was copied back is read at once: nobody waits for the next look.
func TestArchive_AFileThatWasCopiedBackIsReadAtOnce(t *testing.T) {
	h := moved(t)
	back := setAside(t, h)
	for _, harm := range harms(t) {
		must(t, harm.do(h))
		for range 2 {
			refusal(t, readAll(t, h), fault.Unavailable, "of the audit log")
		}
		back()
		if err := readAll(t, h); err != nil {
			t.Errorf("%s, and copied back: %v", harm.name, err)
		}
		if bad := badFiles(t, h); len(bad) > 0 {
			t.Errorf("%s, and copied back: health tells of %v", harm.name, bad)
		}
	}
}

// Whether files are missing is looked up every minute by itself, and the walk over all of them is
// part of the one over the store.
func TestArchive_FilesAreLookedAfterByThemselves(t *testing.T) {
	readOnce(t)
	synctest.Test(t, func(t *testing.T) {
		h := moved(t)
		back := setAside(t, h)
		h.Start()
		must(t, errors.Join(os.Remove(segmentPath(h, 1)), os.Truncate(segmentPath(h, 2), 99)))
		time.Sleep(2 * time.Minute)
		asTold(t, h, 512, map[uint64]string{1: "it is missing", 2: "it has 99 bytes"}, 1)
		back()
		time.Sleep(2 * time.Minute)
		if bad := badFiles(t, h); len(bad) > 0 {
			t.Errorf("two minutes after they were copied back: %v", bad)
		}
		behind := newestEntry(t, h)
		must(t, flipFile(h, 2))
		time.Sleep(time.Hour)
		asTold(t, h, behind, map[uint64]string{2: otherFile}, 1)
		back()
		time.Sleep(2 * time.Minute)
		h.Close()
	})
}

// A countedPlace counts what is asked of it.
type countedPlace struct {
	archive.Folder
	gets atomic.Int64
}

// Get implements archive.Place.
func (c *countedPlace) Get(ctx context.Context, name string) (io.ReadCloser, error) {
	c.gets.Add(1)
	return c.Folder.Get(ctx, name)
}

// What is missing or bad is taken from the second place by whoever comes upon it first: a reader,
// the scrubber, or the look that is had every minute at what is missing. What was there is kept
// aside, and the audit log tells of it.
func TestArchive_ABadFileIsReplacedFromTheSecondPlace(t *testing.T) {
	finders := map[string]func(t *testing.T, h *authoritytest.House) error{
		"a reader":     readAll,
		"the scrubber": func(t *testing.T, h *authoritytest.House) error { return h.Archiver().Scrub(t.Context()) },
	}
	all := harms(t)
	for who, find := range finders {
		second := &countedPlace{Folder: archive.Folder(t.TempDir())}
		h := moved(t, func(a *archive.Settings) { a.Copy = second })
		mended := 0
		for _, harm := range all {
			t.Run(harm.name+", found by "+who, func(t *testing.T) {
				behind := newestEntry(t, h)
				must(t, harm.do(h))
				there := map[uint64]bool{}
				for n := range harm.want {
					_, err := os.Stat(segmentPath(h, n))
					there[n] = err == nil
				}
				second.gets.Store(0)
				must(t, find(t, h))
				must(t, readAll(t, h))
				must(t, h.Archiver().Look(t.Context()))
				for n := range harm.want {
					is, err := os.ReadFile(segmentPath(h, n))
					must(t, err)
					was, err := os.ReadFile(second.Path(segment.FileName(n)))
					must(t, err)
					if !bytes.Equal(is, was) {
						t.Errorf("segment %d is not its copy", n)
					}
					if err := os.Remove(segmentPath(h, n) + ".bad"); (err == nil) != there[n] {
						t.Errorf("what was there of segment %d is kept aside: %v, want %v", n, err == nil, there[n])
					}
				}
				asTold(t, h, behind, harm.want, 1)
				asTold(t, h, behind, taken(harm.want, second.String()), 1)
				mended += len(harm.want)
				s, err := h.Archiver().State(t.Context())
				must(t, err)
				if len(s.Bad) > 0 || s.Mended != uint64(mended) || int(second.gets.Load()) != len(harm.want) {
					t.Errorf("the state is %+v, after %d questions", s, second.gets.Load())
				}
			})
		}
	}
}

func taken(from map[uint64]string, place string) map[uint64]string {
	told := map[uint64]string{}
	for n := range from {
		told[n] = "; it was taken from " + place
	}
	return told
}

// A copy that is not what was written is not used, and what is there stays. The second place is not
// asked by each reader, but is again every minute.
func TestArchive_ABadCopyIsNotUsed(t *testing.T) {
	second := &countedPlace{Folder: archive.Folder(t.TempDir())}
	h := moved(t, func(a *archive.Settings) { a.Copy = second })
	must(t, flipFile(h, 1))
	is, err := os.ReadFile(segmentPath(h, 1))
	must(t, err)
	good, err := os.ReadFile(second.Path(segment.FileName(1)))
	must(t, err)
	longer := slices.Concat(good, []byte("x"))
	for name, bad := range map[string][]byte{"one byte": flip(good), "cut short": good[:99], "longer": longer, "of another segment": must1(os.ReadFile(segmentPath(h, 2))), "missing": nil} {
		must(t, os.RemoveAll(second.Path(segment.FileName(1))))
		if bad != nil {
			must(t, os.WriteFile(second.Path(segment.FileName(1)), bad, 0o600))
		}
		must(t, h.Archiver().Look(t.Context()))
		second.gets.Store(0)
		for range 3 {
			refusal(t, readAll(t, h), fault.Unavailable, "Segment 1 ")
		}
		found := badFiles(t, h)
		if len(found) != 1 || !strings.Contains(found[0].Error(), "and no copy comes from "+second.String()) || second.gets.Load() > 1 {
			t.Errorf("%s: bad are %v, after %d questions", name, found, second.gets.Load())
		}
		now, err := os.ReadFile(segmentPath(h, 1))
		must(t, err)
		if !bytes.Equal(now, is) {
			t.Errorf("%s: what was there is gone", name)
		}
		if left, _ := filepath.Glob(filepath.Join(h.AuditFolder(), "*")); len(left) != 2 {
			t.Errorf("%s: in the folder are %v", name, left)
		}
	}
	must(t, os.WriteFile(second.Path(segment.FileName(1)), good, 0o600))
	must(t, h.Archiver().Look(t.Context()))
	if bad := badFiles(t, h); len(bad) > 0 {
		t.Errorf("with a good copy: %v", bad)
	}
	must(t, readAll(t, h))
}

func must1[V any](v V, err error) V {
	if err != nil {
		panic(err)
	}
	return v
}

// The state tells how many there are, how large they are, and how far the second place has come.
func TestArchive_TellsHowFarItHasCome(t *testing.T) {
	second := t.TempDir()
	h := archiving(t, func(a *archive.Settings) { a.Copy = archive.Folder(filepath.Join(second, "there")) })
	eventful(t, h)
	signed(t, h)
	h.Clock.Pass(91 * day)
	must(t, os.WriteFile(filepath.Join(second, "there"), nil, 0o600)) // no folder can be made there
	for range 3 {
		if err := h.Archiver().Move(t.Context()); err == nil {
			t.Fatal("a file was copied into a file")
		}
	}
	state := func() archive.State {
		s, err := h.Archiver().State(t.Context())
		must(t, err)
		return s
	}
	if diff := cmp.Diff(state(), archive.State{Second: true, CopyFailures: 3}); diff != "" {
		t.Errorf("while nothing can be copied (-got +want):\n%s", diff)
	}
	must(t, os.Remove(filepath.Join(second, "there")))
	must(t, h.Archiver().Move(t.Context()))
	var size int64
	for _, n := range []uint64{1, 2} {
		info, err := os.Stat(segmentPath(h, n))
		must(t, err)
		size += info.Size()
	}
	want := archive.State{Segments: 2, Entries: 512, Files: 2, Bytes: size, Second: true, Archived: 2, CopyFailures: 3}
	if diff := cmp.Diff(state(), want); diff != "" {
		t.Errorf("once it can be (-got +want):\n%s", diff)
	}
}

// A second file that is found bad does not take the place of the first that was put aside.
func TestArchive_TheFirstFileThatWasPutAsideStays(t *testing.T) {
	h := moved(t, func(a *archive.Settings) { a.Copy = archive.Folder(filepath.Join(t.TempDir(), "second")) })
	for _, content := range []string{"first", "second"} {
		must(t, os.WriteFile(segmentPath(h, 1), []byte(content), 0o600))
		must(t, h.Archiver().Look(t.Context()))
		must(t, readAll(t, h))
	}
	if kept, err := os.ReadFile(segmentPath(h, 1) + ".bad"); string(kept) != "first" {
		t.Errorf("put aside is %q (%v), want the first", kept, err)
	}
}

// What was found of files is told by the audit log as soon as that can be written, and by the log
// once.
func TestArchive_WhatTheAuditLogDoesNotTakeIsWrittenLater(t *testing.T) {
	g := &authoritytest.Gate{}
	h := authoritytest.OpenWith(t, authoritytest.Setup{File: true, Wrap: g.Wrap, Options: func(o *authority.Options) { short(&o.Archive) }})
	move(t, h)
	back, behind := setAside(t, h), newestEntry(t, h)
	must(t, errors.Join(os.Remove(segmentPath(h, 1)), os.Truncate(segmentPath(h, 2), 99)))
	full := errors.New("the disk is full")
	g.Before(func(context.Context) error { return full })
	for range 2 {
		if err := h.Archiver().Look(t.Context()); !errors.Is(err, full) {
			t.Errorf("a look that cannot write: %v", err)
		}
	}
	g.Before(nil)
	for range 2 {
		must(t, h.Archiver().Look(t.Context()))
	}
	asTold(t, h, behind, map[uint64]string{1: "it is missing", 2: "it has 99 bytes"}, 1)
	if n := strings.Count(h.Log.String(), "cannot be read here"); n != 2 {
		t.Errorf("the log tells %d times of two files", n)
	}
	back()
}
