package transport

import (
	"bytes"
	"compress/gzip"
	"runtime"
	"strconv"
	"strings"
)

// leastPacked is how long an answer is that is worth compressing, in bytes: a
// shorter one fits into one packet as it is.
const leastPacked = 1400

// A packer compresses answers, as many at a time as there are cores: each
// takes 800 KiB meanwhile. It is safe for concurrent use.
type packer chan *gzip.Writer

func newPacker() packer {
	p := make(packer, runtime.GOMAXPROCS(0))
	for range cap(p) {
		p <- nil // made when it is needed
	}
	return p
}

// pack returns the pieces compressed by gzip.
func (p packer) pack(pieces [][]byte) []byte {
	var out bytes.Buffer
	z := <-p
	if z == nil {
		z = gzip.NewWriter(&out)
	}
	defer func() { p <- z }()
	z.Reset(&out)
	for _, b := range pieces {
		_, _ = z.Write(b) // a buffer takes everything
	}
	_ = z.Close()
	return out.Bytes()
}

// acceptsGzip reads Accept-Encoding: gzip, by name or by *, with a weight above
// nought and at least that of leaving the answer as it is, if that has one.
func acceptsGzip(lines []string) bool {
	packed, any, plain := -1.0, -1.0, 0.0
	for part := range strings.SplitSeq(strings.Join(lines, ","), ",") {
		coding, parameters, _ := strings.Cut(part, ";")
		switch strings.ToLower(strings.TrimSpace(coding)) {
		case "gzip", "x-gzip":
			packed = quality(parameters)
		case "*":
			any = quality(parameters)
		case "identity":
			plain = quality(parameters)
		}
	}
	if packed < 0 {
		packed = any
	}
	return packed > 0 && packed >= plain
}

// quality reads the weight of a coding. What cannot be read is nought: plain
// answers suit everybody.
func quality(parameters string) float64 {
	name, value, found := strings.Cut(strings.TrimSpace(parameters), "=")
	switch {
	case name == "":
		return 1
	case !found || !strings.EqualFold(strings.TrimSpace(name), "q"):
		return 0
	}
	q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil || !(q >= 0 && q <= 1) {
		return 0
	}
	return q
}
