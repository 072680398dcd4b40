package faulttest

import (
	"errors"
	"math/rand/v2"
	"testing"

	"tokenscale/authority/keyring"
	"tokenscale/store"
)

// explore makes about want crash states from r and returns how many there
// were and how many are bad. acks tells whether each answer is held against
// the store; without syncs they are ignored.
func explore(t *testing.T, p *place, r recording, acks, syncs bool, want int) (states, bad int) {
	t.Helper()
	keys, err := keyring.Load(p.keys)
	must(t, err)
	x := &explorer{
		t: t, keys: keys, image: newImage(t, r.before), chance: rand.New(rand.NewPCG(uint64(want), 1)),
		exists: r.before != nil, fresh: r.before == nil,
	}
	defer x.image.file.Close()
	each := max(1, want/len(r.steps)-2)
	for _, s := range r.steps {
		switch s.kind {
		case "name": // from here on there is a store
			x.exists = true
		case "ack":
			if acks {
				x.acknowledge()
			}
		case "sync":
			x.states(each)
			if syncs {
				x.settle()
			}
		default:
			x.pending = append(x.pending, s)
			x.states(each)
		}
	}
	if acks && x.need == 0 {
		t.Error("no answer was found in the record")
	}
	return x.count, x.bad
}

type explorer struct {
	t       *testing.T
	keys    *keyring.Keys
	image   *image // what is certainly on the disk
	pending []step // what may be
	chance  *rand.Rand
	fresh   bool // the store was made while it was recorded
	exists  bool
	need    uint64 // audit entries that must be there
	count   int
	bad     int
}

// settle makes everything certain.
func (x *explorer) settle() {
	for _, s := range x.pending {
		x.image.apply(s, nil)
	}
	x.image.keep()
	x.pending = nil
}

// acknowledge takes note of what the store holds now: all of it was promised.
func (x *explorer) acknowledge() {
	for _, s := range x.pending {
		x.image.apply(s, nil)
	}
	if last, err := x.image.look(x.keys); err == nil {
		x.need = max(x.need, last)
	}
	x.image.undo()
}

// states makes states of what is pending and looks at each.
func (x *explorer) states(n int) {
	if !x.exists {
		return
	}
	x.try(func(int) bool { return false }, false)
	x.try(func(int) bool { return true }, false)
	for i := range n {
		x.try(func(int) bool { return x.chance.IntN(2) == 0 }, i%2 == 0)
	}
}

func (x *explorer) try(take func(int) bool, torn bool) {
	order := x.chance.Perm(len(x.pending))
	if !torn && take(0) { // all or whole ones: as they came
		for i := range order {
			order[i] = i
		}
	}
	for _, i := range order {
		if !take(i) {
			continue
		}
		var tear func() bool
		if torn {
			tear = func() bool { return x.chance.IntN(2) == 0 }
		}
		x.image.apply(x.pending[i], tear)
	}
	x.count++
	last, err := x.image.look(x.keys)
	if x.need == 0 && x.fresh && errors.Is(err, store.ErrRow) {
		err = nil // its tables are not declared yet; the next start does that
	}
	if err != nil || last < x.need {
		if x.bad++; x.bad == 1 {
			x.t.Logf("the first bad state: %d of %d entries, %v", last, x.need, err)
		}
	}
	x.image.undo()
}
