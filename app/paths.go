package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"tokenscale/store/bolt/boltfile"
)

// A usedFile is a file that the server uses for one thing, and for nothing else.
type usedFile struct {
	what string // the setting, or what the file is
	path string
	pem  bool // certificates, or the key of one: read only, and several may stand in one file
}

// files returns what the server keeps in files, by any settings.
func (o StoreOptions) files() []usedFile {
	used := []usedFile{
		{what: "the store", path: boltfile.Path(o.Data)},
		{what: "the lock of the store", path: filepath.Join(o.Data, "LOCK")},
		{what: "the mirror of etcd", path: boltfile.Path(o.MirrorFolder())},
		{what: "the admin socket", path: filepath.Join(o.Data, SocketName)},
		{what: "the folder of --audit-segments", path: o.SegmentsFolder()},
		{what: "the key file", path: o.KeyPath()},
		{what: "the file of --state-file", path: o.StatePath()},
	}
	return append(used, given(
		usedFile{what: "the file of --etcd-ca", path: o.Etcd.CA, pem: true}, usedFile{what: "the file of --etcd-cert", path: o.Etcd.Cert, pem: true}, usedFile{what: "the file of --etcd-key", path: o.Etcd.Key},
	)...)
}

// given returns those files that were named.
func given(files ...usedFile) []usedFile {
	return slices.DeleteFunc(files, func(f usedFile) bool { return f.path == "" || f.path == "-" })
}

// files returns these and what else a server uses.
func (o Options) files() []usedFile {
	return append(o.StoreOptions.files(), given(
		usedFile{what: "the file of --tls-cert", path: o.TLSCert, pem: true}, usedFile{what: "the file of --tls-key", path: o.TLSKey, pem: true}, usedFile{what: "the file of --audit-file", path: o.AuditFile},
	)...)
}

// AfterApply is called by kong, for each command that has these settings.
func (o StoreOptions) AfterApply() error {
	return errors.Join(o.checkStore(), o.checkArchive(), apart(o.files()))
}

// apart refuses settings that name one file for two things: one would be
// written into the other.
func apart(used []usedFile) error {
	for i, a := range used {
		for _, b := range used[:i] {
			if !(a.pem && b.pem) && sameFile(a.path, b.path) {
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
