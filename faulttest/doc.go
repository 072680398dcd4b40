// Package faulttest breaks what the server stands on and looks what becomes of
// it: kill -9, power cuts, full and failing disks, damaged pages, second
// servers and files that are moved away. It also lets mobs of clients loose on
// it, and looks what becomes of an honest one.
//
// The tests run the real program as a process of its own. A second process,
// the oracle, sends it changes and keeps a list, synced to disk, of what was
// acknowledged; a verdict compares the list with what the store holds. Where
// a test needs root, a loop device or strace and cannot have it, it says so
// and is skipped. With SOAK set they run longer and print their figures.
package faulttest
