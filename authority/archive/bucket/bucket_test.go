package bucket

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// served returns a bucket on a server of the protocol, and what that holds.
func served(t *testing.T, address string) (*Bucket, *s3mem.Backend) {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "key")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	held := s3mem.New()
	if err := held.CreateBucket("logs"); err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(gofakes3.New(held).Server())
	t.Cleanup(s.Close)
	b, err := Open(Options{Address: address, Endpoint: s.URL, Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	return b, held
}

func TestBucket_GivesBackWhatItGot(t *testing.T) {
	b, held := served(t, "s3://logs/tokenscale/audit")
	if b.String() != "s3://logs/tokenscale/audit" {
		t.Errorf("it is called %v", b)
	}
	content := bytes.Repeat([]byte("a segment of a log"), 1<<20) // more than one part
	file := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // in the place of the one before
		if err := b.Put(t.Context(), "00000001.seg", file); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := held.HeadObject("logs", "tokenscale/audit/00000001.seg"); err != nil {
		t.Errorf("it does not stand below the prefix: %v", err)
	}
	in, err := b.Get(t.Context(), "00000001.seg")
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(in)
	if err := errors.Join(err, in.Close()); err != nil || !bytes.Equal(got, content) {
		t.Errorf("got %d bytes and %v, want %d", len(got), err, len(content))
	}
}

func TestBucket_TellsWhatIsMissing(t *testing.T) {
	b, _ := served(t, "s3://logs")
	if _, err := b.Get(t.Context(), "00000001.seg"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that there is not: %v", err)
	}
	b, _ = served(t, "s3://elsewhere")
	_, err := b.Get(t.Context(), "00000001.seg")
	if err == nil || errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "bucket") {
		t.Errorf("a bucket that there is not: %v", err)
	}
}

func TestOptions_AreRefusedUnlessTheyNameABucket(t *testing.T) {
	for _, wrong := range []Options{
		{}, {Address: "s3://"}, {Address: "s3:///x"}, {Address: "logs"}, {Address: "s3://logs/../x"}, {Address: "s3://logs/"}, {Address: "s3://logs//x"},
		{Address: "s3://key:secret@logs"}, {Address: "s3://logs?x=1"}, {Address: "s3://logs", Endpoint: "minio:9000"},
		{Address: "s3://logs", Endpoint: "https://key:secret@minio"}, {Address: "s3://logs", Endpoint: "https://minio/path"}, {Address: "s3://logs", Endpoint: "ftp://minio"},
	} {
		if err := wrong.Check(); err == nil {
			t.Errorf("%+v is taken", wrong)
		}
	}
	for _, right := range []Options{{Address: "s3://logs"}, {Address: "s3://logs/a/b"}, {Address: "s3://logs", Endpoint: "http://127.0.0.1:9000"}} {
		if err := right.Check(); err != nil {
			t.Errorf("%+v: %v", right, err)
		}
	}
}
