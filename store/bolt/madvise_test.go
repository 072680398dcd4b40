package bolt

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"tokenscale/store"
	"tokenscale/store/storetest"
)

// mapped returns the kilobytes of the store's file that count as memory of this process.
func mapped(t *testing.T, db *DB) (kb int) {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Skip("there is no /proc here: ", err)
	}
	ours := false
	for line := range strings.Lines(string(maps)) {
		// Such a line begins a mapping.
		if begin, _, _ := strings.Cut(line, " "); strings.Contains(begin, "-") {
			ours = strings.HasSuffix(strings.TrimSpace(line), db.path)
		}
		n := 0
		if _, err := fmt.Sscanf(line, "Rss: %d kB", &n); ours && err == nil {
			kb += n
		}
	}
	return kb
}

func TestMemoryThatIsReleasedIsNotUsedAndComesBack(t *testing.T) {
	db := mustOpen(t, Options{Folder: t.TempDir(), Tables: storetest.Tables})
	table, value := storetest.Tables[0], bytes.Repeat([]byte("v"), 1000)
	const rows = 4000
	write := func(w store.Writer) error {
		for i := range rows {
			if err := w.Put(table, fmt.Appendf(nil, "%06d", i), value); err != nil {
				return err
			}
		}
		return nil
	}
	read := func() (n int) {
		err := db.View(context.Background(), func(r store.Reader) error {
			return r.Scan(table, store.Range{}, func(_, v []byte) error {
				if n++; !bytes.Equal(v, value) {
					return fmt.Errorf("row %d reads %q", n, v)
				}
				return nil
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if err := db.Update(context.Background(), write); err != nil {
		t.Fatal(err)
	}
	read()
	before := mapped(t, db)
	db.ReleaseMemory()
	if after := mapped(t, db); before < rows/2 || after > before/4 {
		t.Errorf("%d kB of the file were in memory and %d are, want most of them gone", before, after)
	}
	if n := read(); n != rows {
		t.Errorf("got %d rows, want %d", n, rows)
	}
}
