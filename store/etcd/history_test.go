package etcd

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"tokenscale/store"
)

// A step is what a client asks of one key, and what it was told.
type step struct {
	key   string
	write string // the new value, or nothing to read
}

// registers is what a store must look like to those who use it: as if each of their steps had
// happened at one moment between question and answer. A write tells the value before it.
var registers = porcupine.Model{
	Partition: func(history []porcupine.Operation) (parts [][]porcupine.Operation) {
		byKey := map[string][]porcupine.Operation{}
		for _, op := range history {
			byKey[op.Input.(step).key] = append(byKey[op.Input.(step).key], op)
		}
		for _, part := range byKey {
			parts = append(parts, part)
		}
		return parts
	},
	Init: func() any { return "" },
	Step: func(state, input, output any) (bool, any) {
		in := input.(step)
		told := output == nil || output.(string) == state.(string) // nil: nobody was told
		if in.write != "" {
			return told, in.write
		}
		return told, state
	},
	Equal: func(a, b any) bool { return a == b },
}

// A witness writes down what clients of several nodes see.
type witness struct {
	nodes   []*DB
	stale   bool // reads do not ask for what is new: the control
	most    int64
	count   atomic.Int64
	doubted atomic.Int64

	mu      sync.Mutex
	history []porcupine.Operation
}

// client does steps until there are enough of them.
func (w *witness) client(t *testing.T, id int) {
	for n := 0; w.count.Load() < w.most; n++ {
		db := w.nodes[rand.N(len(w.nodes))]
		in := step{key: fmt.Sprint("key", rand.N(150))}
		if rand.N(5) < 2 {
			in.write = fmt.Sprint(id, "-", n)
		}
		op := porcupine.Operation{ClientId: id, Input: in, Call: time.Now().UnixNano()}
		old, err := w.do(db, in)
		op.Return, op.Output = time.Now().UnixNano(), old
		switch {
		case errors.Is(err, store.ErrInDoubt): // it may still come, at any time
			op.Return, op.Output = math.MaxInt64, nil
			w.doubted.Add(1)
		case errors.Is(err, store.ErrUnavailable):
			continue // nothing was changed, and nothing told
		case err != nil:
			t.Error(err)
			return
		}
		w.count.Add(1)
		w.mu.Lock()
		w.history = append(w.history, op)
		w.mu.Unlock()
	}
}

// do carries out a step at a node, and returns the value that was there.
func (w *witness) do(db *DB, in step) (old string, err error) {
	read := func(r store.Reader) error {
		v, err := r.Get("left", []byte(in.key))
		old = string(v)
		return err
	}
	if in.write != "" {
		err = db.Update(context.Background(), func(tx store.Writer) error {
			return errors.Join(read(tx), tx.Put("left", []byte(in.key), []byte(in.write)))
		})
		return old, err
	}
	if !w.stale {
		err = db.Refresh(context.Background())
	}
	return old, errors.Join(err, db.View(context.Background(), read))
}

// watch has clients of all nodes at work until there are so many steps, and says whether what they
// saw can have happened.
func (w *witness) watch(t *testing.T) porcupine.CheckResult {
	var work sync.WaitGroup
	for id := range 96 {
		work.Go(func() { w.client(t, id) })
	}
	work.Wait()
	return porcupine.CheckOperationsTimeout(registers, w.history, 2*time.Minute)
}

// steps is how many steps a history has: more by make soak.
func steps() int64 {
	if os.Getenv("SOAK") != "" {
		return 500_000
	}
	return 100_000
}

func TestWhatClientsOfAllNodesSeeIsOneHistory(t *testing.T) {
	c := startCluster(t, 3)
	quick := func(o *Options) { o.Timeout, o.Patience = time.Second, 2*time.Second }
	w := &witness{nodes: []*DB{node(t, c.endpoints, "a", quick), node(t, c.endpoints, "b", quick), node(t, c.endpoints, "c", quick)}, most: steps()}
	over := make(chan struct{})
	var deaths sync.WaitGroup
	deaths.Go(func() {
		for which := 0; ; which = (which + 1) % 3 {
			select {
			case <-over:
				return
			case <-time.After(5 * time.Second):
			}
			c.stop(which)
			c.start(t, which)
		}
	})
	result := w.watch(t)
	close(over)
	deaths.Wait()
	if result != porcupine.Ok {
		t.Errorf("the history of %d steps is %s", len(w.history), result)
	}
	t.Logf("%d steps, %d of them in doubt", len(w.history), w.doubted.Load())
}

func TestControl_ReadsThatAskNobodySeeTheImpossible(t *testing.T) {
	endpoints := members(t, 1)
	w := &witness{nodes: []*DB{node(t, endpoints, "a"), node(t, endpoints, "b")}, most: 5000, stale: true}
	if result := w.watch(t); result != porcupine.Illegal {
		t.Errorf("the history of %d steps is %s: nothing is checked", len(w.history), result)
	}
}
