package authority_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tokenscale/audit"
	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rekey"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// threeNodes is a House in etcd with two other nodes, or on a file the House alone.
func threeNodes(t *testing.T) (a *authoritytest.House, all []*authority.Authority) {
	t.Helper()
	a = authoritytest.Open(t)
	all = []*authority.Authority{a.Authority}
	if authoritytest.OnEtcd() {
		for _, name := range []string{"b", "c"} {
			n, leave, err := a.Join(name)
			must(t, err)
			t.Cleanup(func() { must(t, leave()) })
			all = append(all, n)
		}
	}
	return a, all
}

// reread has nodes go on with the key file as it is now.
func reread(t *testing.T, h *authoritytest.House, nodes ...*authority.Authority) {
	t.Helper()
	for _, n := range nodes {
		keys, err := keyring.Load(h.KeyFile())
		must(t, err)
		must(t, n.Keys().Take(t.Context(), keys))
	}
}

// turned rotates, once the other nodes have told which keys they have.
func turned(t *testing.T, by *authority.Authority) (done rekey.Rotated) {
	t.Helper()
	eventually(t, "all nodes say that they have the key", func() bool {
		var err error
		if done, err = by.Keys().Rotate(t.Context()); err != nil && !errors.Is(err, rekey.ErrUnknown) {
			t.Fatal(err)
		}
		return err == nil
	})
	return done
}

// using makes tokens at one node and uses and deletes them at another until it is told to stop, and
// is refused nothing. It returns those that are left.
func using(t *testing.T, h *authoritytest.House, nodes []*authority.Authority, name string, stop *atomic.Bool) (made []token.ID) {
	for i := 0; !stop.Load(); i++ {
		at, other := nodes[i%len(nodes)], nodes[(i+1)%len(nodes)]
		v, secret, err := keyedAt(at, root(), name+fmt.Sprint(i), draft(name+fmt.Sprint(i)))
		if err != nil {
			t.Errorf("a create was refused: %v", err)
			return made
		}
		if _, outcome := other.Verify(secret, here); outcome != policy.Accepted {
			t.Errorf("at the other node a token is %v", outcome)
		}
		if _, _, err := keyedAt(other, root(), name+fmt.Sprint(i), draft(name+fmt.Sprint(i))); err == nil {
			t.Error("the same request made two tokens")
		}
		if _, err := other.Token(root(), v.ID); err != nil {
			t.Errorf("a query was refused: %v", err)
		}
		if i%10 == 0 {
			made = append(made, v.ID)
		} else if err := other.DeleteToken(t.Context(), as(root(), "deleteToken"), v.ID); err != nil {
			t.Errorf("a deletion was refused: %v", err)
		}
	}
	return made
}

func TestRotation_OfNodesThatRunRefusesNothing(t *testing.T) {
	a, nodes := threeNodes(t)
	_, _, err := a.FirstRoot(t.Context())
	must(t, err)
	v, secret := a.Token(draft("of before"))
	had := read(t, a.KeyFile())
	before, err := keyring.Load(a.KeyFile())
	must(t, err)
	next, err := rekey.Add(a.KeyFile(), rand.Reader)
	must(t, err)
	var stop atomic.Bool
	var users sync.WaitGroup
	var mu sync.Mutex
	made := []token.ID{v.ID}
	for i := range 4 {
		users.Go(func() {
			ids := using(t, a, nodes, fmt.Sprint("u", i, "-"), &stop)
			mu.Lock()
			made = append(made, ids...)
			mu.Unlock()
		})
	}
	reread(t, a, nodes...)
	done := turned(t, nodes[len(nodes)-1])
	stop.Store(true)
	users.Wait()
	if done.Key != next || done.Rows == 0 {
		t.Errorf("the rotation: %+v", done)
	}
	for i, n := range nodes {
		must(t, n.Door().Refresh(t.Context()))
		if got := n.Keys().Rows.Keys.SealingID(); got != next {
			t.Errorf("node %d seals under %v, want %v", i, got, next)
		}
		if _, outcome := n.Verify(secret, here); outcome != policy.Accepted {
			t.Errorf("a token of before is %v at node %d", outcome, i)
		}
	}
	must(t, rekey.Mark(a.KeyFile(), next))
	reread(t, a, nodes...)
	refusesOld(t, a, nodes, before)
	must(t, a.Check(t.Context()))

	list, err := a.Keys().Uses(t.Context())
	must(t, err)
	if !list[0].Seals || list[1].Rows != 0 || list[1].Tokens == 0 || !list[1].Root {
		t.Errorf("it is used so: %+v", list)
	}
	if _, err := a.Keys().Drop(t.Context()); !errors.Is(err, rekey.ErrKeyInUse) {
		t.Errorf("dropping a key that verifies tokens: %v", err)
	}
	for _, id := range made {
		must(t, a.DeleteToken(t.Context(), as(root(), "deleteToken"), id))
	}
	_, err = a.ReplaceRoot(t.Context())
	must(t, err)
	dropped, err := rekey.Without(a.KeyFile(), func() ([]token.KeyID, error) { return a.Keys().Drop(t.Context()) })
	must(t, err)
	if !slices.Equal(dropped, []token.KeyID{before.SealingID()}) {
		t.Errorf("dropped: %v", dropped)
	}
	reread(t, a, nodes...)
	a.Token(draft("of afterwards"))
	began, ended := 0, 0
	for _, e := range a.Trail() {
		switch {
		case e.Type == audit.KeysRotated && e.Fields[1].Name == "olderKeys":
			began++
		case e.Type == audit.KeysRotated:
			ended++
		}
	}
	if began != 1 || ended != 1 {
		t.Errorf("%d entries tell that a rotation began, and %d that it was done", began, ended)
	}
	late(t, a, had, next)
}

// refusesOld has each node refuse what is sealed under an old key, which is not before the second
// round.
func refusesOld(t *testing.T, h *authoritytest.House, nodes []*authority.Authority, stolen *keyring.Keys) {
	t.Helper()
	row := stolen.Seal("settings", []byte("k"), nil)
	for i, n := range nodes {
		keys := n.Keys().Rows.Keys
		must(t, n.Keys().Shut(t.Context()))
		if _, err := keys.Open("settings", []byte("k"), row); err != nil {
			t.Errorf("node %d: while transactions of before may read: %v", i, err)
		}
		h.Clock.Pass(time.Second)
		must(t, n.Keys().Shut(t.Context()))
		if _, err := keys.Open("settings", []byte("k"), row); !errors.Is(err, keyring.ErrSeal) {
			t.Errorf("node %d: a row under the old key is accepted, %v", i, err)
		}
	}
}

// late starts a node with the key file of before.
func late(t *testing.T, h *authoritytest.House, had []byte, next token.KeyID) {
	t.Helper()
	now := read(t, h.KeyFile())
	write(t, h.KeyFile(), had)
	defer write(t, h.KeyFile(), now)
	if !authoritytest.OnEtcd() {
		h.Close()
		if err := h.TryOpen(); err == nil || !strings.Contains(err.Error(), "the key file does not belong to this store") || !strings.Contains(err.Error(), next.String()) {
			t.Errorf("a start with the key file of before: %v", err)
		}
		write(t, h.KeyFile(), now)
		must(t, h.TryOpen())
		return
	}
	_, _, err := h.Join("late")
	if err == nil || !strings.Contains(err.Error(), "a copy of the newest") || !strings.Contains(err.Error(), next.String()) {
		t.Errorf("a node with the key file of before: %v", err)
	}
}

func TestRotation_WaitsForANodeThatLacksTheKeyAndNamesIt(t *testing.T) {
	if !authoritytest.OnEtcd() {
		t.Skip("it needs a store that nodes share; see CONTRIBUTING.md")
	}
	a, nodes := threeNodes(t)
	before := a.Keys().Rows.Keys.SealingID()
	_, err := a.Keys().Rotate(t.Context())
	if !errors.Is(err, rekey.ErrNoNewKey) {
		t.Errorf("without a new key: %v", err)
	}
	_, err = rekey.Add(a.KeyFile(), rand.Reader)
	must(t, err)
	reread(t, a, nodes[0], nodes[2])
	eventually(t, "only node b lacks the key", func() bool {
		_, err = a.Keys().Rotate(t.Context())
		return err != nil && strings.Contains(err.Error(), "is not in the key file of b. Copy")
	})
	if !errors.Is(err, rekey.ErrUnknown) {
		t.Errorf("it is refused with %v", err)
	}
	for i, n := range nodes {
		if said := n.Keys().Rows.Keys.Said(); said.Key != before || said.Next != 0 {
			t.Errorf("node %d has heard %+v, want nothing new", i, said)
		}
	}
	reread(t, a, nodes[1])
	turned(t, nodes[1])
}

// A node that was not there when it was asked for its keys stops in words, and does not undo what
// the others have written under a key that it lacks. Before the new key seals a node may leave its
// file as it is.
func TestRotation_ANodeThatLacksTheKeyNevertheless_StopsAndUndoesNothing(t *testing.T) {
	if !authoritytest.OnEtcd() {
		t.Skip("it needs a store that nodes share; see CONTRIBUTING.md")
	}
	a := authoritytest.Open(t)
	db, err := a.Node("b")
	must(t, err)
	b, err := authoritytest.On(a, db, func(o *authority.Options) { o.Node = "b" })
	must(t, err)
	defer func() { must(t, db.Close()) }()
	_, err = rekey.Add(a.KeyFile(), rand.Reader)
	must(t, err)
	keys, err := keyring.Load(a.KeyFile())
	must(t, err)
	// It says that it has what it has not taken.
	db.Describe(func() store.Node { return store.Node{Keys: keys.Names()} })
	reread(t, a, a.Authority)
	turned(t, a.Authority)
	eventually(t, "the node that lacks the key stops", func() bool { return db.Err() != nil })
	if err := db.Err(); !errors.Is(err, store.ErrLacksKey) || !strings.Contains(err.Error(), "Copy the key file here from a node that runs") {
		t.Errorf("it stops with %v", err)
	}
	if _, _, err := b.CreateToken(t.Context(), as(root(), "createSystemToken"), draft("x")); err == nil {
		t.Error("it makes a token under the old key")
	}
	_ = b.Close(t.Context()) // it can write nothing
	v, _ := a.Token(draft("y"))
	must(t, a.Door().Refresh(t.Context()))
	if _, err := a.Authority.Token(root(), v.ID); err != nil {
		t.Errorf("what the others have made: %v", err)
	}
	must(t, a.Check(t.Context()))
}

// Whenever a server is killed while it rotates, all goes on, and it, or another one, does the rest.
func TestRotation_OfAServerThatIsKilledGoesOn(t *testing.T) {
	a, nodes := threeNodes(t)
	_, secret := a.Token(draft("x"))
	for cut, finished := 0, false; !finished; cut++ {
		if _, newer := a.Keys().Rows.Keys.Next(); !newer && a.Keys().Rows.Keys.Said().Done {
			_, err := rekey.Add(a.KeyFile(), rand.Reader)
			must(t, err)
			reread(t, a, nodes...)
		}
		turn := a.Keys().Turn
		turn.DB = &crashing{a.DB, cut}
		turn.Nodes = nil // who has the key is not the question here
		_, err := turn.Rotate(t.Context())
		finished = err == nil
		if !finished && !errors.Is(err, errCrash) {
			t.Fatal(err)
		}
		for i, n := range nodes {
			must(t, n.Door().Refresh(t.Context()))
			if _, outcome := n.Verify(secret, here); outcome != policy.Accepted {
				t.Errorf("cut off after %d changes, a token is %v at node %d", cut, outcome, i)
			}
			_, _, err := n.CreateToken(t.Context(), as(root(), "createSystemToken"), draft(fmt.Sprint("y", cut, i)))
			must(t, err)
		}
		other := nodes[len(nodes)-1].Keys()
		must(t, other.GoOn(t.Context()))
		if said := other.Rows.Keys.Said(); !said.Done {
			t.Errorf("cut off after %d changes, another node leaves it at %+v", cut, said)
		}
	}
	must(t, a.Check(t.Context()))
}

// A key file that lacks what the store needs is not taken over, and the keys stay as they are.
func TestRotation_AKeyFileWithoutWhatIsNeededIsNotTaken(t *testing.T) {
	a := authoritytest.Open(t)
	_, secret := a.Token(draft("x"))
	had := read(t, a.KeyFile())
	take := func() error {
		keys, err := keyring.Load(a.KeyFile())
		must(t, err)
		return a.Keys().Take(t.Context(), keys)
	}
	next, err := rekey.Add(a.KeyFile(), rand.Reader)
	must(t, err)
	added := read(t, a.KeyFile())
	must(t, take())
	write(t, a.KeyFile(), had)
	must(t, take()) // it seals nothing yet
	write(t, a.KeyFile(), added)
	must(t, take())
	turned(t, a.Authority)
	lines := strings.SplitAfter(string(added), "\n")
	for name, text := range map[string]string{
		"without the key that seals":          string(had),
		"without one that tokens need":        lines[0] + lines[1],
		"with the key that seals, but as old": lines[0] + lines[2] + strings.TrimSuffix(lines[1], "\n") + " old\n",
	} {
		must(t, os.WriteFile(a.KeyFile(), []byte(text), 0o600))
		if err := take(); !errors.Is(err, keyring.ErrOldFile) && !errors.Is(err, rekey.ErrKeyInUse) {
			t.Errorf("a key file %s: %v", name, err)
		}
		verdict(t, a, secret, policy.Accepted)
	}
	if got := a.Keys().Rows.Keys.SealingID(); got != next {
		t.Errorf("it seals under %v, want %v", got, next)
	}
	write(t, a.KeyFile(), added)
	must(t, take())
}

// The key may change while the root token that is set from outside is digested.
func TestRotation_TheRootTokenFromOutsideIsDigestedUnderTheKeyThatIsNotedWithIt(t *testing.T) {
	secret, err := token.MintFor(token.Root, rand.Reader)
	must(t, err)
	hash := secret.Hash()
	a := authoritytest.OpenWith(t, authoritytest.Setup{Options: func(o *authority.Options) { o.RootHash = &hash }})
	_, err = rekey.Add(a.KeyFile(), rand.Reader)
	must(t, err)
	reread(t, a, a.Authority)
	keys := a.Keys().Rows.Keys
	said, lines := keys.Said(), keys.Lines()
	var stop atomic.Bool
	var turns sync.WaitGroup
	turns.Go(func() {
		for i := 0; !stop.Load(); i++ {
			said.Step++
			said.Key = lines[i%len(lines)].ID
			if err := keys.Heed(said); err != nil {
				t.Error(err)
			}
		}
	})
	for i := range 2_000 {
		a.Keys().Taking()
		if _, outcome := a.Verify(secret.Reveal(), here); outcome != policy.Accepted {
			t.Errorf("after %d times the root token is %v", i, outcome)
			break
		}
	}
	stop.Store(true)
	turns.Wait()
}
