package app

import (
	"strings"
	"testing"
	"time"
)

func TestAge(t *testing.T) {
	for text, want := range map[string]time.Duration{"90d": 90 * 24 * time.Hour, "12h": 12 * time.Hour, "0": 0, "0d": 0, "1h30m": 90 * time.Minute} {
		var a Age
		if err := a.UnmarshalText([]byte(text)); err != nil || time.Duration(a) != want {
			t.Errorf("%q is %v, %v, want %v", text, time.Duration(a), err, want)
		}
	}
	for _, wrong := range []string{"", "d", "-1d", "-5m", "90", "90 d", "1.5d", "99999d", "forever"} {
		if err := new(Age).UnmarshalText([]byte(wrong)); err == nil {
			t.Errorf("%q is taken for a time", wrong)
		}
	}
}

func TestTheArchiveHasAPlaceOfItsOwn(t *testing.T) {
	for _, test := range []struct {
		name string
		o    ArchiveOptions
		want string // in the refusal; empty if there is none
	}{
		{"none", ArchiveOptions{}, ""},
		{"a folder", ArchiveOptions{Archive: "elsewhere"}, ""},
		{"a bucket", ArchiveOptions{Archive: "s3://logs/audit", Endpoint: "https://minio.example.org:9000", Region: "eu"}, ""},
		{"the same folder", ArchiveOptions{Archive: "data/audit"}, "give it another one"},
		{"the same folder by another name", ArchiveOptions{Segments: "x/../y", Archive: "./y"}, "give it another one"},
		{"another protocol", ArchiveOptions{Archive: "gs://logs"}, "s3://bucket/prefix"},
		{"a bucket without a name", ArchiveOptions{Archive: "s3://"}, "no address of a bucket"},
		{"an endpoint without a bucket", ArchiveOptions{Archive: "elsewhere", Endpoint: "https://minio.example.org"}, "set --audit-archive to"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := StoreOptions{Data: "data", Audit: test.o}.checkArchive()
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
