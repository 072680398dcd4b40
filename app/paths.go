package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"tokenscale/store/bolt/boltfile"
)

// A usedFile is a file that the server uses for one thing, and for nothing else.
type usedFile struct {
	what string // the setting, or what the file is
	path string
}

// files returns what the server keeps in files, by any settings.
func (o StoreOptions) files() []usedFile {
	return []usedFile{
		{"the store", boltfile.Path(o.Data)},
		{"the lock of the store", filepath.Join(o.Data, "LOCK")},
		{"the admin socket", filepath.Join(o.Data, SocketName)},
		{"the key file", o.KeyPath()},
		{"the file of --state-file", o.StatePath()},
	}
}

// files returns these and what else a server uses.
func (o Options) files() []usedFile {
	used := o.StoreOptions.files()
	for _, f := range []usedFile{{"the file of --tls-cert", o.TLSCert}, {"the file of --tls-key", o.TLSKey}, {"the file of --audit-file", o.AuditFile}} {
		if f.path != "" && f.path != "-" {
			used = append(used, f)
		}
	}
	return used
}

// AfterApply is called by kong, for each command that has these settings.
func (o StoreOptions) AfterApply() error { return apart(o.files()) }

// apart refuses settings that name one file for two things: one would be
// written into the other. A certificate and its key may stand in one file.
func apart(used []usedFile) error {
	for i, a := range used {
		for _, b := range used[:i] {
			if a.what == "the file of --tls-key" && b.what == "the file of --tls-cert" {
				continue
			}
			if sameFile(a.path, b.path) {
				return fmt.Errorf("%s, %s, is also %s, %s: give each a file of its own", a.what, a.path, b.what, b.path)
			}
		}
	}
	return nil
}

// notAudit returns what refuses a file as the audit file because it is in use
// for something else: also one that is put in its place later.
func (o Options) notAudit() func(fs.FileInfo) error {
	others := o
	others.AuditFile = ""
	return func(opened fs.FileInfo) error {
		for _, other := range others.files() {
			if info, err := os.Stat(other.path); err == nil && os.SameFile(opened, info) {
				return fmt.Errorf("the file of --audit-file, %s, is also %s: give it a file of its own", o.AuditFile, other.what)
			}
		}
		return nil
	}
}

// sameFile reports whether two paths lead to one file, or would if it were
// made: by links of both kinds too.
func sameFile(a, b string) bool {
	there, errA := os.Stat(a)
	other, errB := os.Stat(b)
	if errA == nil && errB == nil {
		return os.SameFile(there, other)
	}
	if errA == nil || errB == nil {
		return false
	}
	return wouldBe(a) == wouldBe(b)
}

// wouldBe returns where a file would be made that is opened by a path at which
// there is none: behind the links in it.
func wouldBe(path string) string {
	const patience = 40 // with links that lead to links, as the system's
	for range patience {
		target, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(path), target)
		}
		path = target
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	return filepath.Join(realFolder(filepath.Dir(path)), filepath.Base(path))
}

// realFolder follows the links of a folder, as far as it is there.
func realFolder(folder string) string {
	real, err := filepath.EvalSymlinks(folder)
	if err == nil || !errors.Is(err, fs.ErrNotExist) || folder == filepath.Dir(folder) {
		return firstOf(real, folder)
	}
	return filepath.Join(realFolder(filepath.Dir(folder)), filepath.Base(folder))
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
