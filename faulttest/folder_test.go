package faulttest

import (
	"math/rand/v2"
	"testing"

	"tokenscale/authority/keyring"
)

// durability says which syncs are left out, as if they had never been made.
type durability struct{ noFile, noFolder bool }

// A folderExplorer makes the states in which a crash may leave a folder. What
// is in a file and what names it have nothing to do with each other: each
// lasts when it was synced itself, and may or may not have come to the disk
// before.
type folderExplorer struct {
	t       *testing.T
	keys    *keyring.Keys
	history *history
	as      durability
	chance  *rand.Rand
	at      string // the folder that is made

	files   map[int]*inode
	names   map[string]int // as they are while the server runs
	certain map[string]int // as they are on the disk
	namings []naming       // changes of them that may be on the disk

	seen                map[string]bool // the states that were there already
	acked, exchanges    int
	count, bad, between int
	first               error
}

// An inode is a file: what is certainly on the disk, and what may be.
type inode struct {
	*image
	pending []call
	number  []int // of each of them among the calls
	kept    int   // how often something became certain
}

// A naming is a name that from then on stands for a file, or for nothing if that
// is -1.
type naming struct {
	name     string
	file, at int
}

// exploreFolder makes about want crash states of what was recorded.
func exploreFolder(t *testing.T, p *place, before []byte, calls []call, h *history, as durability, want int) *folderExplorer {
	t.Helper()
	keys, err := keyring.Load(p.keys)
	must(t, err)
	x := &folderExplorer{
		t: t, keys: keys, history: h, as: as, chance: rand.New(rand.NewPCG(uint64(want), 2)), at: memory(t),
		files: map[int]*inode{0: {image: newImage(t, before)}}, names: map[string]int{"store.db": 0},
		certain: map[string]int{"store.db": 0}, seen: map[string]bool{},
	}
	each := max(1, want/opening(calls))
	for n, c := range calls {
		x.before(c, each)
		x.take(n, c)
	}
	x.states(each)
	for _, f := range x.files {
		must(t, f.file.Close())
	}
	return x
}

// opening returns how many calls are about the file that a start would open.
func opening(calls []call) (n int) {
	store := 0
	for _, c := range calls {
		switch {
		case c.kind == "move":
			store = c.file
		case c.file == store:
			n++
		}
	}
	return n
}

// before makes the states in which a crash may leave the folder right before
// a call: one if the call is about a file that no start would open, many while
// the store may be one file or another.
func (x *folderExplorer) before(c call, each int) {
	switch {
	case x.exchanging() && !x.as.noFolder: // else it always may
		each *= 10
	case x.names["store.db"] != c.file:
		each = 1
	}
	x.states(each)
}

// exchanging reports whether the store may be one file or another.
func (x *folderExplorer) exchanging() bool {
	for _, e := range x.namings {
		if e.name == "store.db" {
			return true
		}
	}
	return false
}

// take takes in a call.
func (x *folderExplorer) take(n int, c call) {
	switch c.kind {
	case "ack":
		x.acked++
	case "enter":
		x.files[c.file] = &inode{image: newImage(x.t, nil)}
		x.namings = append(x.namings, naming{c.name, c.file, n})
		x.names[c.name] = c.file
	case "leave":
		x.namings = append(x.namings, naming{c.name, -1, n})
		delete(x.names, c.name)
	case "move":
		x.exchanges++
		x.namings = append(x.namings, naming{c.name, c.file, n}, naming{c.from, -1, n})
		x.names[c.name] = c.file
		delete(x.names, c.from)
	case "folder":
		if !x.as.noFolder {
			x.settleNames(c.began)
		}
	case "sync":
		if x.names["store.db"] == c.file || !x.as.noFile {
			x.files[c.file].settle(c.began)
		}
	default:
		f := x.files[c.file]
		f.pending, f.number = append(f.pending, c), append(f.number, n)
	}
}

// settleNames makes certain what was changed in the folder before a call.
func (x *folderExplorer) settleNames(began int) {
	for len(x.namings) > 0 && x.namings[0].at < began {
		put(x.certain, x.namings[0])
		x.namings = x.namings[1:]
	}
}

func put(names map[string]int, e naming) {
	if e.file < 0 {
		delete(names, e.name)
		return
	}
	names[e.name] = e.file
}

// settle makes certain what was written before a call.
func (f *inode) settle(began int) {
	for len(f.pending) > 0 && f.number[0] < began {
		f.apply(f.pending[0].step, nil)
		f.pending, f.number = f.pending[1:], f.number[1:]
	}
	f.keep()
	f.kept++
}
