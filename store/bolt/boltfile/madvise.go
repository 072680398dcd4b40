package boltfile

import "tokenscale/platform"

// ReleaseMemory hands the pages of the file that were read so far back to the kernel, which
// keeps them as long as it has nothing better to do with the memory. The file is mapped, so a
// walk through all of it, as at a start, would else count as memory of this process. What is
// needed again comes back by itself. It is a wish, and no failure if it is not granted. The
// transaction keeps the file from being mapped anew meanwhile.
func (t *Tx) ReleaseMemory() {
	platform.Release(t.tx.DB().Info().Data, t.tx.Size())
}
