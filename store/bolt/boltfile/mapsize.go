//go:build !windows

package boltfile

import "math"

// mapSize is how much of the address space the file gets at once, in bytes. Memory is used only
// for what is read. bbolt maps the file anew when it outgrows its map and must then wait for
// every reader; with a large map that day does not come early.
//
// Of 32 bits of addresses that is a quarter, so the map is smaller there.
const mapSize = 256<<20 + (1<<30-256<<20)*(math.MaxUint>>32&1)
