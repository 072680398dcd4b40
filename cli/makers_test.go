package cli

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tokenscale/app"
	"tokenscale/authority"
	"tokenscale/permission"
	"tokenscale/policy"
	"tokenscale/store/etcd/etcdtest"
	"tokenscale/token"
)

// Of a maker that is gone for long only the audit log tells the name, which has left the store. It
// stays with the tokens that were made, wherever the store goes.
func TestMakers_TheirNamesGoWhereTheStoreGoes(t *testing.T) {
	ways := []struct {
		name string
		take func(t *testing.T, from, to string)
	}{
		{"backup and restore", func(t *testing.T, from, to string) {
			file := filepath.Join(t.TempDir(), "copy.db")
			done(t, "backup", file, "--data", from)
			done(t, "restore", file, "--data", to)
		}},
		{"salvage and restore", func(t *testing.T, from, to string) {
			file := filepath.Join(t.TempDir(), "saved.db")
			done(t, "doctor", "--data", from, "--salvage", file)
			done(t, "restore", file, "--data", to)
		}},
		{"a copy into etcd and one back", func(t *testing.T, from, to string) {
			m, err := etcdtest.Start(etcdtest.OnLoopback)
			must(t, err)
			defer func() { must(t, m.Stop()) }()
			done(t, "store", "copy", "--from", "bolt:"+from, "--to", "etcd:/t/", "--etcd-endpoints", m.Endpoint)
			done(t, "store", "copy", "--from", "etcd:/t/", "--to", "bolt:"+to, "--etcd-endpoints", m.Endpoint)
		}},
	}
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			var made token.ID
			from := archived(t, func(a *authority.Authority) { made = madeByOneThatIsGone(t, a) })
			to := filepath.Join(t.TempDir(), "to")
			must(t, os.CopyFS(filepath.Join(to, "audit"), os.DirFS(filepath.Join(from, "audit"))))
			keys, err := os.ReadFile(filepath.Join(from, "keys"))
			must(t, errors.Join(err, os.WriteFile(filepath.Join(to, "keys"), keys, 0o600)))
			way.take(t, from, to)
			if got := makerName(t, to, made); got != "maker" {
				t.Errorf("it was made by %q, want the name of its maker", got)
			}
		})
	}
}

// done runs a command that must go well.
func done(t *testing.T, args ...string) {
	t.Helper()
	if out, code := run(t, args...); code != exitOK {
		t.Fatalf("%v exits with %d:\n%s", args, code, out)
	}
}

// madeByOneThatIsGone makes a token by another one, which is then deleted.
func madeByOneThatIsGone(t *testing.T, a *authority.Authority) token.ID {
	t.Helper()
	draft := policy.Draft{Name: "maker", Permissions: permission.Of(permission.ChangeSystemPermissions, permission.ReadHealthCheck)}
	maker, _, err := a.CreateToken(t.Context(), root, draft)
	must(t, err)
	draft = policy.Draft{Name: "made", Permissions: permission.Of(permission.ReadHealthCheck)}
	by := authority.Caller{Actor: policy.ActorOf(maker), Action: "createSystemToken"}
	made, _, err := a.CreateToken(t.Context(), by, draft)
	must(t, err)
	must(t, a.DeleteToken(t.Context(), root, maker.ID))
	return made.ID
}

// makerName returns by whom a token was made, as a server on the folder says it.
func makerName(t *testing.T, data string, id token.ID) string {
	t.Helper()
	o := app.Options{Now: time.Now, Random: rand.Reader, Stdout: new(bytes.Buffer), Stderr: new(bytes.Buffer)}
	o.Data = data
	db, keys, err := app.OpenStore(t.Context(), o, false)
	must(t, err)
	archived, err := o.ArchiveSettings(0)
	must(t, err)
	a, err := authority.Open(t.Context(), authority.Options{
		DB: db, Keys: keys, Now: o.Now, Random: rand.Reader, Log: slog.New(slog.DiscardHandler), StateFile: o.StatePath(), Archive: archived,
	})
	must(t, err)
	v, err := a.Token(root.Actor, id)
	must(t, errors.Join(err, a.Close(context.Background()), db.Close()))
	return v.MakerName
}

// Those who keep the files of the log elsewhere say where: only with them can a copy be compared.
func TestStoreCopyReadsTheFilesOfTheLogWhereItIsTold(t *testing.T) {
	from, elsewhere := archived(t), filepath.Join(t.TempDir(), "elsewhere")
	must(t, os.Rename(filepath.Join(from, "audit"), elsewhere))
	m, err := etcdtest.Start(etcdtest.OnLoopback)
	must(t, err)
	t.Cleanup(func() { must(t, m.Stop()) })
	copied := []string{"store", "copy", "--from", "bolt:" + from, "--to", "etcd:/t/", "--etcd-endpoints", m.Endpoint}
	if out, code := run(t, copied...); code == exitOK {
		t.Fatalf("it takes the log for whole, and has not seen two files of it:\n%s", out)
	} else {
		t.Log(out)
	}
	done(t, append(copied, "--audit-segments", elsewhere)...)
}
