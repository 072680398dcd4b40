package boltfile

// mapSize is how much of the address space the file gets at once, in bytes. On Windows the file
// becomes as long as its map.
const mapSize = 4 << 20
