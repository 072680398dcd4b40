package archive

import (
	"bytes"
	"log/slog"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"tokenscale/audit/segment"
	"tokenscale/authority/rows"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The walk over the files rests after each 256 KiB, however little is asked for at once: the clock
// of this test stands still otherwise.
func TestReadSlowly_RestsAsOftenAsIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		content := bytes.Repeat([]byte("an entry"), 1<<17) // 1 MiB
		sum, _ := segment.SumOf(bytes.NewReader(content))
		seg := rows.Segment{Number: 1, SHA256: sum.SHA256, Bytes: sum.Bytes}
		s := NewSegments(nil, t.TempDir(), nil, slog.New(slog.DiscardHandler))
		if err := os.WriteFile(s.path(seg), content, 0o600); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		if err := s.readSlowly(t.Context(), seg); err != nil {
			t.Fatal(err)
		}
		if rested := time.Since(begun) / scrubPause; rested != 4 {
			t.Errorf("it rested %d times in 1 MiB, want 4", rested)
		}
	})
}
