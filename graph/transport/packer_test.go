package transport

import (
	"bytes"
	"compress/gzip"
	"io"
	"sync"
	"testing"
)

func TestGzipIsTakenWhereItIsAskedForAndNotLikedLess(t *testing.T) {
	for _, test := range []struct {
		header string
		want   bool
	}{
		{"", false},
		{"gzip", true},
		{"GZIP", true},
		{"x-gzip", true},
		{"br, gzip", true},
		{"deflate, br", false},
		{"gzip;q=0", false},
		{"gzip;q=0.000", false},
		{"gzip; q=0.5", true},
		{"gzip ; Q = 0.5", true},
		{"*", true},
		{"*;q=0", false},
		{"*;q=0, gzip", true},
		{"gzip;q=0, *", false},
		{"identity", false},
		{"identity;q=1, gzip;q=0.5", false},
		{"identity;q=0.5, gzip;q=0.5", true},
		{"identity;q=0, gzip", true},
		{"gzip;q=2", false},
		{"gzip;q=-1", false},
		{"gzip;q=NaN", false},
		{"gzip;q=", false},
		{"gzip;level=9", false},
		{"gzippy", false},
	} {
		if got := acceptsGzip([]string{test.header}); got != test.want {
			t.Errorf("%q: %v, want %v", test.header, got, test.want)
		}
	}
	if acceptsGzip(nil) || !acceptsGzip([]string{"br", "gzip"}) {
		t.Error("several headers are one list, and none is no wish")
	}
}

func TestManyAnswersArePackedAtOnceAndEachIsItself(t *testing.T) {
	p := newPacker()
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			want := bytes.Repeat([]byte{byte(i)}, 10_000)
			z, err := gzip.NewReader(bytes.NewReader(p.pack([][]byte{want[:10], want[10:]})))
			if err != nil {
				t.Error(err)
				return
			}
			if got, err := io.ReadAll(z); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d comes back as %d bytes, %v", i, len(got), err)
			}
		})
	}
	all.Wait()
}
