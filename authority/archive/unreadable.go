package archive

import (
	"errors"
	"fmt"
	"io/fs"

	"tokenscale/audit/segment"
	"tokenscale/authority/rows"
	"tokenscale/fault"
)

// An Unreadable is the error of a read of the log that needs a segment whose file is not there, or
// is not the one that was written.
type Unreadable struct {
	Segment rows.Segment
	Where   string // the folder
	Second  string // where it may be copied from; empty if that is not known
	Err     error
}

// errMissing means that a file is not there.
var errMissing = errors.New("it is missing")

// errOther means that a file is not the one that a row of the store names.
var errOther = errors.New("it is not the file that was written")

// Error names the segment, its entries and its file, and says what to do.
func (u *Unreadable) Error() string {
	return fmt.Sprintf("%s, file %s in %s: %v. Copy it there from %s; its SHA-256 must be %x",
		u.Subject(), segment.FileName(u.Segment.Number), u.Where, u.why(), u.source(), u.Segment.SHA256)
}

// source says where there may be a copy.
func (u *Unreadable) source() string {
	if u.Second != "" {
		return u.Second + ", or from another node"
	}
	return "a backup of that folder, from another node, or from where --audit-archive kept it"
}

// Subject says for clients which entries cannot be read.
func (u *Unreadable) Subject() string {
	return fmt.Sprintf("Segment %d of the audit log, which has the entries %d to %d, cannot be read",
		u.Segment.Number, u.Segment.First, u.Segment.Last)
}

// Refusal tells clients which entries cannot be read, but not where their file should be.
func Refusal(err error) *fault.Error {
	which := "A part of the audit log cannot be read"
	if u, ok := errors.AsType[*Unreadable](err); ok {
		which = u.Subject()
	}
	const why = "%s: it has left the store, and its file is missing or was changed. Whoever runs the server finds in its log which file it is."
	return fault.New(fault.Unavailable, why, which)
}

func (u *Unreadable) why() error { return spoken(u.Err) }

// spoken says of a file that is not there just that.
func spoken(err error) error {
	if _, ok := errors.AsType[*fs.PathError](err); ok && errors.Is(err, fs.ErrNotExist) {
		return errMissing
	}
	return err
}

// Unwrap makes it a rows.ErrPast, and returns the cause.
func (u *Unreadable) Unwrap() []error { return []error{rows.ErrPast, u.Err} }
