package app

import (
	"os"
	"path/filepath"
	"testing"
)

func TestApart_NoTwoSettingsNameOneFile(t *testing.T) {
	folder := t.TempDir()
	data := filepath.Join(folder, "data")
	at := func(name string) string { return filepath.Join(folder, name) }
	made := func(name string) string {
		if err := os.WriteFile(at(name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		return at(name)
	}
	link := func(name, to string) string {
		if err := os.Symlink(to, at(name)); err != nil {
			t.Fatal(err)
		}
		return at(name)
	}
	hard := func(name, to string) string {
		if err := os.Link(to, at(name)); err != nil {
			t.Fatal(err)
		}
		return at(name)
	}
	key, cert := made("key"), made("cert")
	there := link("there", folder) // another name of the folder
	for _, c := range []struct {
		name string
		set  func(*Options)
		fine bool
	}{
		{"each its own", func(o *Options) { o.AuditFile, o.KeyFile, o.StateFile = at("audit"), key, at("state") }, true},
		{"a certificate and its key in one file", func(o *Options) { o.TLSCert, o.TLSKey = cert, cert }, true},
		{"standard output", func(o *Options) { o.AuditFile = "-" }, true},
		{"the audit file is the key file", func(o *Options) { o.AuditFile, o.KeyFile = key, key }, false},
		{"by another way", func(o *Options) { o.AuditFile, o.KeyFile = filepath.Join(there, "key"), key }, false},
		{"by a symbolic link", func(o *Options) { o.AuditFile, o.KeyFile = link("soft", key), key }, false},
		{"by a hard link", func(o *Options) { o.AuditFile, o.KeyFile = hard("hard", key), key }, false},
		{"the default key file, which is not there yet", func(o *Options) { o.AuditFile = filepath.Join(data, "keys") }, false},
		{"the store, which is not there yet", func(o *Options) { o.AuditFile = filepath.Join(there, "data", "store.db") }, false},
		{"a link to where the store will be", func(o *Options) { o.AuditFile = link("dangling", filepath.Join("data", "store.db")) }, false},
		{"the lock", func(o *Options) { o.AuditFile = filepath.Join(data, "LOCK") }, false},
		{"the admin socket", func(o *Options) { o.AuditFile = filepath.Join(data, "admin.sock") }, false},
		{"the default state file", func(o *Options) { o.AuditFile = filepath.Join(data, "keys.state") }, false},
		{"the certificate", func(o *Options) { o.AuditFile, o.TLSCert, o.TLSKey = cert, cert, key }, false},
		{"the key file is the store", func(o *Options) { o.KeyFile = filepath.Join(data, "store.db") }, false},
		{"the state file is the key file", func(o *Options) { o.StateFile, o.KeyFile = key, key }, false},
		{"the state file is the lock", func(o *Options) { o.StateFile = filepath.Join(data, "LOCK") }, false},
		{"the key file is the key of the certificate", func(o *Options) { o.KeyFile, o.TLSCert, o.TLSKey = key, cert, key }, false},
	} {
		o := Options{StoreOptions: StoreOptions{Data: data}}
		c.set(&o)
		if err := apart(o.files()); (err == nil) != c.fine {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// A file that is put in the place of the audit file later is looked at too.
func TestLineFile_IsNeverWhatIsUsedForSomethingElse(t *testing.T) {
	o := Options{StoreOptions: StoreOptions{Data: t.TempDir()}}
	o.AuditFile = filepath.Join(o.Data, "audit.log")
	if err := os.WriteFile(o.KeyPath(), []byte("keys\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := openLines(o.AuditFile, o.notAudit())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := os.Remove(o.AuditFile); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(o.KeyPath(), o.AuditFile); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Write([]byte("{}\n")); err == nil {
		t.Error("a line is written")
	}
	if text, _ := os.ReadFile(o.KeyPath()); string(text) != "keys\n" {
		t.Errorf("the key file holds %q", text)
	}
}
