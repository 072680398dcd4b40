package boltfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"

	"tokenscale/durable"
	"tokenscale/platform"
	"tokenscale/store"
)

// The names inside the folder of a store. While a store is made it has newName, so that a crash
// half-way leaves nothing that looks like a store; a copy that is to take its place has
// compactName until then.
const (
	fileName    = "store.db"
	newName     = "store.db.new"
	compactName = "store.db.compact"
)

// Path returns where the file of the store in folder is.
func Path(folder string) string { return filepath.Join(folder, fileName) }

// CompactPath returns where the file is made that is to take the place of the store in folder.
func CompactPath(folder string) string { return filepath.Join(folder, compactName) }

// MetaTable holds what the file says of itself. No other table may have its name.
const MetaTable store.Table = "meta"

// schemaKey is the row of MetaTable with the version of the caller's rows, four bytes, the
// highest first.
var schemaKey = []byte("schema")

// ErrSchema means that the store was written by another version of the program, which this one
// cannot read.
var ErrSchema = errors.New("the store has another schema version")

// ErrExposed means that the file of the store is open to every user of the machine.
var ErrExposed = errors.New("the store is open to everyone")

// A Schema is what a file was made for.
type Schema struct {
	Version uint32
	Tables  []store.Table
}

// create makes the file of the store in folder unless there is one. It is made under another name
// and moved into its place when it is whole.
func create(folder string, schema Schema) error {
	path, half := Path(folder), filepath.Join(folder, newName)
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.Remove(half); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := writeEmpty(half, schema); err != nil {
		return err
	}
	return durable.Rename(half, path)
}

// writeEmpty makes a file with empty tables.
func writeEmpty(path string, schema Schema) error {
	f, err := Open(path, Options{New: true})
	if err != nil {
		return err
	}
	err = f.bolt.Update(func(tx *bbolt.Tx) error {
		for _, t := range schema.Tables {
			if _, err := tx.CreateBucket([]byte(t)); err != nil {
				return err
			}
		}
		meta, err := tx.CreateBucket([]byte(MetaTable))
		if err != nil {
			return err
		}
		return meta.Put(schemaKey, binary.BigEndian.AppendUint32(nil, schema.Version))
	})
	if err == nil {
		err = f.Persist()
	}
	return errors.Join(err, f.Close())
}

// checkMode refuses a file that other users could read or write, or that is no file.
func checkMode(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a plain file", path)
	}
	if platform.HasModes && info.Mode().Perm()&0o007 != 0 {
		return fmt.Errorf("%w: %s has mode %04o; take it from the others with chmod 0600", ErrExposed, path, info.Mode().Perm())
	}
	return nil
}

// checkSchema refuses a file of another schema: of another version, or without one of the tables.
// It writes nothing.
func (f *File) checkSchema(want Schema) (err error) {
	defer guard(&err)
	return f.bolt.View(func(tx *bbolt.Tx) error {
		if err := checkVersion(tx, want.Version); err != nil {
			return err
		}
		for _, t := range want.Tables {
			if tx.Bucket([]byte(t)) == nil {
				return fmt.Errorf("%w: it has no table %q, so another version of the program wrote it", ErrSchema, t)
			}
		}
		return nil
	})
}

func checkVersion(tx *bbolt.Tx, want uint32) error {
	var found uint32
	if meta := tx.Bucket([]byte(MetaTable)); meta != nil {
		if row := meta.Get(schemaKey); len(row) == 4 {
			found = binary.BigEndian.Uint32(row)
		}
	}
	switch {
	case found == 0:
		return fmt.Errorf("%w: the file does not say what wrote it", store.ErrDamaged)
	case found > want:
		return fmt.Errorf("%w: it has version %d and this program knows %d; use the newer program", ErrSchema, found, want)
	case found < want:
		return fmt.Errorf("%w: it has version %d and this program wants %d", ErrSchema, found, want)
	}
	return nil
}
