package cli

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tokenscale/app"
	"tokenscale/audit"
	"tokenscale/audit/segment"
	"tokenscale/authority"
	"tokenscale/authority/archive"
	"tokenscale/authority/keyring"
	"tokenscale/authority/ledger"
	"tokenscale/authority/rows"
	"tokenscale/epoch"
	"tokenscale/permission"
	"tokenscale/policy"
	"tokenscale/store"
)

// archived makes a data folder two segments of whose log, of 256 entries each, have left the store.
// Each of more does something first.
func archived(t *testing.T, more ...func(*authority.Authority)) (data string) {
	t.Helper()
	data = t.TempDir()
	ctx, now := context.Background(), time.Now().Add(-policy.EndedKept-3*time.Hour)
	o := app.Options{Now: func() time.Time { return now }, Random: rand.Reader, Stdout: new(bytes.Buffer), Stderr: new(bytes.Buffer)}
	o.Data = data
	db, keys, err := app.OpenStore(ctx, o, true)
	must(t, err)
	a, err := authority.Open(ctx, authority.Options{
		DB: db, Keys: keys, Now: o.Now, Random: rand.Reader, Log: slog.New(slog.DiscardHandler), StateFile: o.StatePath(),
		Archive: archive.Settings{Folder: o.SegmentsFolder(), Keep: time.Hour, Entries: 256},
	})
	must(t, err)
	_, _, err = a.CreateToken(ctx, root, policy.Draft{Name: "old", Permissions: permission.Of(permission.ReadHealthCheck)})
	must(t, err)
	for _, do := range more {
		do(a)
	}
	lengthen(t, db, keys, epoch.Of(now))
	_, err = a.SignedCheckpoint(ctx)
	must(t, err)
	now = now.Add(policy.EndedKept + 2*time.Hour)
	must(t, errors.Join(a.Archiver().Move(ctx), a.ForgetEnded(ctx)))
	must(t, errors.Join(a.Close(ctx), db.Close()))
	return data
}

// root asks for what the tests make.
var root = authority.Caller{
	Actor: policy.Actor{ID: "localroot", Name: "root", Root: true, Permissions: permission.All}, Action: "createSystemToken",
}

func lengthen(t *testing.T, db store.DB, keys *keyring.Keys, now epoch.Millis) {
	t.Helper()
	entries := make([]audit.Entry, 600)
	for i := range entries {
		entries[i] = audit.Entry{
			Time: now, Type: audit.BackedUp, Action: "backup", Actor: audit.System(), Fields: []audit.Field{audit.One("reason", rand.Text()+strings.Repeat("long ", 400))},
		}
	}
	db.SumBy(keys)
	must(t, db.Update(t.Context(), func(w store.Writer) error { return ledger.New(rows.New(keys)).AppendAll(w, entries) }))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// run carries out a command line, and returns what it prints.
func run(t *testing.T, args ...string) (out string, code int) {
	t.Helper()
	var b bytes.Buffer
	code = Run(t.Context(), args, app.Options{Now: time.Now, Random: rand.Reader, Stdout: &b, Stderr: &b})
	return b.String(), code
}

// Who looks at a store whose audit log has left it in part is told of each file that is missing or
// changed, by its number and with what to do, and how the rest is.
func TestArchive_TheCommandsReadThroughIt(t *testing.T) {
	path := func(data string, n uint64) string { return filepath.Join(data, "audit", segment.FileName(n)) }
	flip := func(path string) error {
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		b[len(b)/3] ^= 1
		return os.WriteFile(path, b, 0o600)
	}
	tests := []struct {
		name  string
		harm  func(data string) error
		found []string
		read  int // entries
		whole int // files
	}{
		{"nothing was changed", func(string) error { return nil }, nil, 603, 2},
		{"one byte", func(data string) error { return flip(path(data, 2)) },
			[]string{"WRONG: Segment 2 of the audit log, which has the entries 257 to 512, cannot be read", "it is not the file that was written"}, 347, 1},
		{"two swapped", func(data string) error {
			return errors.Join(os.Rename(path(data, 1), path(data, 3)), os.Rename(path(data, 2), path(data, 1)), os.Rename(path(data, 3), path(data, 2)))
		}, []string{"WRONG: Segment 1 ", "WRONG: Segment 2 ", "but that of segment 1", "but that of segment 2"}, 91, 0},
		{"one deleted", func(data string) error { return os.Remove(path(data, 1)) }, []string{"WRONG: Segment 1 ", "it is missing"}, 347, 1},
		{"one cut short", func(data string) error { return os.Truncate(path(data, 2), 700) }, []string{"WRONG: Segment 2 ", "it has 700 bytes instead of"}, 347, 1},
		{"one of another log", func(data string) error {
			b, err := os.ReadFile(path(archived(t), 2))
			return errors.Join(err, os.WriteFile(path(data, 2), b, 0o600))
		}, []string{"WRONG: Segment 2 "}, 347, 1},
		{"the first deleted and the second changed", func(data string) error { return errors.Join(os.Remove(path(data, 1)), flip(path(data, 2))) },
			[]string{"WRONG: Segment 1 ", "it is missing", "WRONG: Segment 2 ", "it is not the file that was written"}, 91, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			data := archived(t)
			must(t, test.harm(data))
			verified := []string{"whole up to entry 603, of ", "Up to entry 512 they are in 2 segments, the file of each as it was written"}
			diagnosed := []string{"2 files of the audit log in ", "up to entry 512, each as it was written"}
			if len(test.found) > 0 {
				verified = append([]string{
					fmt.Sprintf("Entries that could be read: %d of 603, the last of 20", test.read),
					fmt.Sprintf("Segments whose file is as it was written: %d of 2, which go up to entry 512.", test.whole), "Copy it there from ",
				}, test.found...)
				diagnosed = append([]string{fmt.Sprintf("%d of 2 files of the audit log in ", test.whole), "up to entry 512, are as they were written"}, test.found...)
			}
			expect(t, test.found == nil, append(verified, "It fits ", "cover the entries up to 603"), "audit", "verify", "--data", data)
			out := expect(t, test.found == nil, append(diagnosed, "they fit together; audit entries 1 to 603 without a gap"), "doctor", "--data", data)
			if n := strings.Count(out, "WRONG"); n != 2-test.whole {
				t.Errorf("the doctor finds %d things wrong, want the files alone:\n%s", n, out)
			}
		})
	}
}

// expect runs a command that looks, and compares what it prints and how it ends.
func expect(t *testing.T, well bool, says []string, args ...string) (out string) {
	t.Helper()
	out, code := run(t, args...)
	want := exitUnsound
	if well {
		want = exitOK
	}
	if code != want {
		t.Errorf("%v exits with %d, want %d:\n%s", args, code, want, out)
	}
	for _, words := range says {
		if !strings.Contains(out, words) {
			t.Errorf("%v does not say %q:\n%s", args, words, out)
		}
	}
	return out
}

// A file that cannot be read hides nothing else: what is wrong behind it is found, and lines that
// were exported are compared as far as the log can be read.
func TestArchive_VerifyGoesOnPastABadFile(t *testing.T) {
	data := archived(t)
	export := filepath.Join(t.TempDir(), "lines")
	lines, _ := run(t, "audit", "export", "--data", data)
	must(t, os.WriteFile(export, []byte(lines), 0o600))
	must(t, os.Remove(filepath.Join(data, "audit", segment.FileName(1))))
	out := expect(t, false, []string{"256 of the 603 lines of " + export + " could not be compared"}, "audit", "verify", "--data", data, "--export", export)
	if n := strings.Count(out, "WRONG"); n != 1 {
		t.Errorf("%d things are wrong, want 1:\n%s", n, out)
	}
	must(t, os.WriteFile(export, []byte(strings.Replace(lines, `"id":300,`, `"id":300,"more":1,`, 1)), 0o600))
	expect(t, false, []string{"WRONG: Segment 1 ", "entry 300 does not fit: line 300 of the export says something else"}, "audit", "verify", "--data", data, "--export", export)

	o := app.Options{Now: time.Now, Random: rand.Reader, Stdout: new(bytes.Buffer), Stderr: new(bytes.Buffer)}
	o.Data = data
	db, keys, err := app.OpenStore(t.Context(), o, false)
	must(t, err)
	db.SumBy(keys)
	must(t, db.Update(t.Context(), func(w store.Writer) error { return w.Delete(rows.AuditTable, []byte(rows.SeqKey(550))) }))
	must(t, db.Close())
	expect(t, false, []string{"WRONG: Segment 1 ", "entry 550 does not fit: it is missing"}, "audit", "verify", "--data", data)
	expect(t, false, []string{"Segment 1 ", "entry 551 follows entry 549"}, "doctor", "--data", data)
}

// A backup says which files it needs that are not in it; with them it is a whole store elsewhere.
func TestArchive_ABackupNamesTheFilesItNeeds(t *testing.T) {
	data := archived(t)
	exported, code := run(t, "audit", "export", "--data", data)
	if lines := strings.Count(exported, "\n"); code != exitOK || lines < 600 {
		t.Fatalf("the export has %d lines and ends with %d", lines, code)
	}
	file := filepath.Join(t.TempDir(), "copy.db")
	out, code := run(t, "backup", file, "--data", data)
	if code != exitOK || !strings.Contains(out, "Its audit entries 1 to 512 are in 00000001.seg to 00000002.seg (2 files in ") || strings.Contains(out, "warning") {
		t.Fatalf("backup exits with %d:\n%s", code, out)
	}
	elsewhere := t.TempDir()
	must(t, os.CopyFS(filepath.Join(elsewhere, "audit"), os.DirFS(filepath.Join(data, "audit"))))
	out, code = run(t, "restore", file, "--data", elsewhere, "--key-file", filepath.Join(data, "keys"), "--state-file", filepath.Join(elsewhere, "state"))
	if code != exitOK || !strings.Contains(out, "Its audit entries 1 to 512 are in ") || strings.Contains(out, "warning") {
		t.Fatalf("restore exits with %d:\n%s", code, out)
	}
	out, code = run(t, "audit", "export", "--data", elsewhere, "--key-file", filepath.Join(data, "keys"))
	if code != exitOK || !strings.HasPrefix(out, exported) {
		t.Errorf("the log of the restored store begins otherwise (%d)", code)
	}
	alone := t.TempDir() // without the files
	out, code = run(t, "restore", file, "--data", alone, "--key-file", filepath.Join(data, "keys"), "--state-file", filepath.Join(alone, "state"))
	if code != exitOK || !strings.Contains(out, "warning") || !strings.Contains(out, "00000001.seg") {
		t.Errorf("a restore without the files exits with %d:\n%s", code, out)
	}
}

// What is old is compacted away: the file of the store becomes shorter.
func TestArchive_ACompactionGivesTheSpaceBack(t *testing.T) {
	data := archived(t)
	before, err := sizeOf(filepath.Join(data, "store.db"))
	must(t, err)
	out, code := run(t, "compact", "--data", data)
	if code != exitOK {
		t.Fatalf("compact exits with %d:\n%s", code, out)
	}
	if after, err := sizeOf(filepath.Join(data, "store.db")); err != nil || after > before/2 {
		t.Errorf("the store has %d bytes, and had %d (%v)", after, before, err)
	}
	if out, code := run(t, "audit", "verify", "--data", data); code != exitOK {
		t.Errorf("the log does not fit afterwards (%d):\n%s", code, out)
	}
}
