package rekey_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"

	"tokenscale/authority/keyring"
	"tokenscale/authority/rekey"
	"tokenscale/authority/rows/rowstest"
)

// A file is given away, or back, without any change to what is in it.
func TestAKeyFileThatCouldNotBeReadIsTakenOnceItCan(t *testing.T) {
	file, newer := rowstest.KeyFile(t, "a"), rowstest.KeyFile(t, "b", "a")
	var log bytes.Buffer
	w := rekey.NewWatcher(file, slog.New(slog.NewTextHandler(&log, nil)))
	taken := 0
	look := func(want int, when string) {
		t.Helper()
		w.Look(t.Context(), func(context.Context, *keyring.Keys) error { taken++; return nil })
		if told := strings.Count(log.String(), "cannot be used"); taken != want || told != 1-want {
			t.Errorf("%s it was taken %d times, and refused %d times in the log: %s", when, taken, told, &log)
		}
	}
	if err := os.Rename(newer, file); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(file, 65534, -1); errors.Is(err, os.ErrPermission) {
		t.Skip("SKIPPED: only root can give a file away")
	} else if err != nil {
		t.Fatal(err)
	}
	look(0, "while it belongs to another user")
	look(0, "and later")
	if err := os.Chown(file, os.Geteuid(), -1); err != nil {
		t.Fatal(err)
	}
	log.Reset()
	look(1, "when it is ours again")
	look(1, "and only once:")
}
