package app

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"tokenscale/authority/archive"
	"tokenscale/authority/archive/bucket"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
)

// ArchiveOptions say where the audit log is kept that has left the store.
type ArchiveOptions struct {
	Segments string `name:"audit-segments" env:"TOKENSCALE_AUDIT_SEGMENTS" placeholder:"FOLDER" help:"Folder of the files of the audit log that has left the store, audit in the data folder unless set."`
	Archive  string `name:"audit-archive" env:"TOKENSCALE_AUDIT_ARCHIVE" placeholder:"PLACE" help:"Where each of those files is kept a second time: a folder, or s3://bucket/prefix. The credentials of a bucket come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, from AWS's file of them, or from the role of the machine."`
	Endpoint string `name:"audit-archive-endpoint" env:"TOKENSCALE_AUDIT_ARCHIVE_ENDPOINT" placeholder:"URL" help:"Server of that bucket, such as https://minio.example.org:9000; Amazon's unless set."`
	Region   string `name:"audit-archive-region" env:"TOKENSCALE_AUDIT_ARCHIVE_REGION" placeholder:"REGION" help:"Region of that bucket; the server is asked unless set."`
}

// SegmentsFolder returns where the files are.
func (o StoreOptions) SegmentsFolder() string {
	if o.Audit.Segments != "" {
		return o.Audit.Segments
	}
	return filepath.Join(o.Data, "audit")
}

// inBucket reports whether the second place is a bucket.
func (o ArchiveOptions) inBucket() bool { return strings.HasPrefix(o.Archive, bucket.Scheme) }

func (o ArchiveOptions) bucket() bucket.Options {
	return bucket.Options{Address: o.Archive, Endpoint: o.Endpoint, Region: o.Region}
}

// checkArchive refuses settings of the archive that do not go together.
func (o StoreOptions) checkArchive() error {
	a := o.Audit
	switch {
	case a.inBucket():
		if err := a.bucket().Check(); err != nil {
			return fmt.Errorf("--audit-archive: %w", err)
		}
	case a.Endpoint != "" || a.Region != "":
		return errors.New("--audit-archive-endpoint and --audit-archive-region say where a bucket is: set --audit-archive to s3://bucket/prefix")
	case strings.Contains(a.Archive, "://"):
		return fmt.Errorf("--audit-archive takes a folder or s3://bucket/prefix, not %q", a.Archive)
	case a.Archive != "" && sameFile(a.Archive, o.SegmentsFolder()):
		return fmt.Errorf("--audit-archive is the folder %s, where the files are kept the first time: give it another one, best on another disk", a.Archive)
	}
	return nil
}

// secondPlace returns where files are kept a second time; nil for nowhere.
func (o ArchiveOptions) secondPlace() (archive.Place, error) {
	switch {
	case o.Archive == "":
		return nil, nil
	case o.inBucket():
		return bucket.Open(o.bucket())
	}
	return archive.Folder(o.Archive), nil
}

// ArchiveSettings returns the settings of the archive, for entries that are kept in the store so
// long; 0 for ever.
func (o StoreOptions) ArchiveSettings(keep Age) (archive.Settings, error) {
	second, err := o.Audit.secondPlace()
	return archive.Settings{Folder: o.SegmentsFolder(), Copy: second, Keep: time.Duration(keep)}, err
}

// OpenSegments returns the audit log that has left the store.
func (o StoreOptions) OpenSegments(keys *keyring.Keys, log *slog.Logger) (*archive.Segments, error) {
	second, err := o.Audit.secondPlace()
	if err != nil {
		return nil, err
	}
	return archive.NewSegments(rows.New(keys), o.SegmentsFolder(), second, log), nil
}

// An Age is a time in days, or in what time.Duration takes; 0 is for ever.
type Age time.Duration

// UnmarshalText reads a number of days such as 90d, or a duration such as 12h.
func (a *Age) UnmarshalText(text []byte) error {
	const day = 24 * time.Hour
	d, err := time.ParseDuration(string(text))
	if days, ok := strings.CutSuffix(string(text), "d"); ok {
		var n uint64
		n, err = strconv.ParseUint(days, 10, 15) // 89 years
		d = time.Duration(n) * day
	}
	if err != nil || d < 0 {
		return fmt.Errorf("%q is not a time such as 90d or 12h", text)
	}
	*a = Age(d)
	return nil
}
