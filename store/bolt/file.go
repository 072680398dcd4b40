package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"

	"tokenscale/durable"
	"tokenscale/platform"
	"tokenscale/store"
)

// fileName is the data file inside the folder. While a store is made it has
// newName, so that a crash half-way leaves nothing that looks like a store.
const (
	fileName = "store.db"
	newName  = "store.db.new"
)

// metaTable holds what the store says of itself.
const metaTable store.Table = "meta"

// schemaKey is the row of metaTable with the version of the caller's rows,
// four bytes, the highest first.
var schemaKey = []byte("schema")

// ErrSchema means that the store was written by another version of the
// program, which this one cannot read.
var ErrSchema = errors.New("the store has another schema version")

// ErrExposed means that the file of the store is open to every user of the
// machine.
var ErrExposed = errors.New("the store is open to everyone")

// create makes the file unless there is one, or none may be made. It is made under another name
// and moved into its place when it is whole.
func create(o Options, path string) error {
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) || o.ReadOnly {
		return err
	}
	half := filepath.Join(o.Folder, newName)
	if err := os.Remove(half); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	file, err := bbolt.Open(half, 0o600, boltOptions(o, os.OpenFile))
	if err != nil {
		return err
	}
	file.AllocSize = os.Getpagesize()
	err = file.Update(func(tx *bbolt.Tx) error {
		meta, err := tx.CreateBucket([]byte(metaTable))
		if err != nil {
			return err
		}
		return meta.Put(schemaKey, binary.BigEndian.AppendUint32(nil, o.Schema))
	})
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	return durable.Rename(half, path)
}

// makeFolder makes the folder unless there is one, for our eyes only, and
// sees to it that it is still there after a power cut.
func makeFolder(folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	return platform.SyncFolder(filepath.Dir(folder))
}

// inspect refuses a file that other users could read or write, or that is no
// file.
func inspect(path string) error {
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

// agree refuses a file of another schema version. It writes nothing.
func agree(o Options, file *bbolt.DB) (err error) {
	defer guard(&err)
	return file.View(func(tx *bbolt.Tx) error {
		var found uint32
		if meta := tx.Bucket([]byte(metaTable)); meta != nil {
			if row := meta.Get(schemaKey); len(row) == 4 {
				found = binary.BigEndian.Uint32(row)
			}
		}
		switch {
		case found == 0:
			return fmt.Errorf("%w: the file does not say what wrote it", store.ErrDamaged)
		case found > o.Schema:
			return fmt.Errorf("%w: it has version %d and this program knows %d; use the newer program", ErrSchema, found, o.Schema)
		case found < o.Schema:
			return fmt.Errorf("%w: it has version %d and this program wants %d", ErrSchema, found, o.Schema)
		}
		return nil
	})
}

// declare makes the tables that the file does not have yet, or remembers them
// if it may only be read.
func (db *DB) declare(file *bbolt.DB) (err error) {
	defer guard(&err)
	var missing []store.Table
	err = file.View(func(tx *bbolt.Tx) error {
		for _, t := range db.options.Tables {
			if tx.Bucket([]byte(t)) == nil {
				missing = append(missing, t)
			}
		}
		return nil
	})
	if err != nil || len(missing) == 0 {
		return err // an open that changes nothing writes nothing
	}
	if db.readOnly != nil {
		db.lacks = missing
		return nil
	}
	return file.Update(func(tx *bbolt.Tx) error {
		for _, t := range missing {
			if _, err := tx.CreateBucketIfNotExists([]byte(t)); err != nil {
				return err
			}
		}
		return nil
	})
}

// openFunc is the shape of os.OpenFile.
type openFunc func(name string, flag int, mode os.FileMode) (*os.File, error)

// boltOptions are the settings of bbolt. The freelist is not written: that
// costs a scan when the file is opened and makes commits to a file with many
// free pages several times faster.
func boltOptions(o Options, open openFunc) *bbolt.Options {
	return &bbolt.Options{
		Timeout:         time.Second,
		NoFreelistSync:  true,
		FreelistType:    bbolt.FreelistMapType,
		MaxSize:         int(min(o.MaxSize, math.MaxInt)),
		InitialMmapSize: mapSize,
		OpenFile:        open,
		ReadOnly:        o.ReadOnly,
		PreLoadFreelist: true, // else a file that is only read does not tell how much of it is used
	}
}
