// Package boltfile is one file of bbolt: where it may stand, the lock of its folder, how it is
// made, opened, looked at page by page, read in spite of damage, and written anew.
//
// bbolt believes its file and reads it through memory. So whoever comes upon nonsense there, or
// upon pages that are gone, gets an error that wraps store.ErrDamaged from this package, and not
// a panic. Backups are files of the same form.
package boltfile
