package authority_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"tokenscale/authority/archive"
	"tokenscale/authority/ledger"
	"tokenscale/authority/rows"
)

var errKilled = errors.New("killed")

// Wherever the work is cut off, the log is whole, and the next start brings it to the same end.
func TestArchive_MayBeKilledAnywhere(t *testing.T) {
	steps := map[string]int{}
	count := func(a *archive.Settings) {
		a.Copy, a.Step = archive.Folder(t.TempDir()), func(step string) error { steps[step]++; return nil }
	}
	h := archiving(t, count)
	eventful(t, h)
	signed(t, h)
	h.Clock.Pass(91 * day)
	must(t, h.Archiver().Move(t.Context()))
	if len(steps) < 6 {
		t.Fatalf("the steps are only %v", steps)
	}
	for step, times := range steps {
		for at := range times {
			t.Run(fmt.Sprint(step, " ", at+1), func(t *testing.T) {
				seen, second := 0, t.TempDir()
				h := archiving(t, func(a *archive.Settings) {
					a.Copy = archive.Folder(second)
					a.Step = func(s string) error {
						if s == step {
							seen++
						}
						if s == step && seen == at+1 {
							return errKilled
						}
						return nil
					}
				})
				eventful(t, h)
				note := ledger.NamedNote{Name: "of before", Note: signed(t, h)}
				h.Clock.Pass(91 * day)
				if err := h.Archiver().Move(t.Context()); !errors.Is(err, errKilled) {
					t.Fatalf("it was not cut off: %v", err)
				}
				h.Crash()
				must(t, os.WriteFile(filepath.Join(second, ".segment-half"), []byte("half"), 0o600))
				must(t, h.TryOpen())
				if rep := wholly(t, h, note); len(rep.Found) > 0 {
					t.Errorf("after it was cut off: %v", rep.Found)
				}
				must(t, h.Archiver().Move(t.Context()))
				if rep := wholly(t, h, note); len(rep.Found) > 0 {
					t.Errorf("at the end: %v", rep.Found)
				}
				left := inStore(t, h)
				if left[rows.SegmentsTable] != 2 || left[rows.EvidenceTable] != 0 {
					t.Errorf("the store has the rows %v", left)
				}
				for _, folder := range []string{h.AuditFolder(), second} {
					if got, _ := filepath.Glob(filepath.Join(folder, "*")); len(got) != 2 {
						t.Errorf("in %s are %v", folder, got)
					}
					if got, _ := filepath.Glob(filepath.Join(folder, ".*")); len(got) != 0 {
						t.Errorf("left over in %s: %v", folder, got)
					}
				}
			})
		}
	}
}
