package graph

import "io"

// whileRead is how much memory a request takes while it is read, for each of
// its bytes: the body, its members, and the text of them.
const whileRead = 3

// A meteredBody takes of the budget what a long body needs, as it comes: who
// sends many and does not end them would fill the memory like one who does not
// read.
type meteredBody struct {
	io.ReadCloser
	meter *meter
	n     int64
}

// Read implements io.Reader. It returns errStopped when there is no room.
func (b *meteredBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.n += int64(n); b.n > unmetered && !b.meter.hold(whileRead*b.n) {
		return n, errStopped
	}
	return n, err
}
