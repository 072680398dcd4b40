package watching

import (
	"slices"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

func begun(t *testing.T, node string) (w *Watch, at time.Time, ended *int) {
	t.Helper()
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{"localhost:1"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	w, at, ended = New(client, []string{"localhost:1", "localhost:2", "localhost:3"}, node), time.Unix(100, 0), new(int)
	w.Begin(func() { *ended++ }, at)
	return w, at, ended
}

func TestAWatchGoesFromOneMemberToTheNext(t *testing.T) {
	w, at, _ := begun(t, "a")
	at1 := w.Client.Endpoints()
	w.Begin(func() {}, at)
	at2 := w.Client.Endpoints()
	w.Begin(func() {}, at)
	at3 := w.Client.Endpoints()
	w.Begin(func() {}, at)
	all := slices.Sorted(slices.Values(slices.Concat(at1, at2, at3)))
	if want := []string{"localhost:1", "localhost:2", "localhost:3"}; !slices.Equal(all, want) || !slices.Equal(w.Client.Endpoints(), at1) {
		t.Errorf("it was at %q, and then at %q", all, w.Client.Endpoints())
	}
}

func TestOnlyAWatchThatSaysNothingEndsForBeingLate(t *testing.T) {
	for _, c := range []struct {
		name string
		busy bool
		age  time.Duration
		ends int
	}{
		{"nothing comes", false, time.Second, 1},
		{"it has hardly begun", false, time.Second - 1, 0},
		{"this node has not applied yet what came", true, time.Hour, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, at, ended := begun(t, "a")
			w.Applies(c.busy)
			w.Late(at.Add(c.age), time.Second)
			if *ended != c.ends {
				t.Errorf("it was ended %d times, want %d", *ended, c.ends)
			}
		})
	}
	(&Watch{}).Late(time.Unix(100, 0), time.Second) // one that has not begun
}

func TestNodesBeginAtDifferentMembers(t *testing.T) {
	at := map[string]bool{}
	for _, node := range []string{"a", "b", "c", "d", "e", "f"} {
		w, _, _ := begun(t, node)
		at[w.Client.Endpoints()[0]] = true
	}
	if len(at) < 2 {
		t.Errorf("all begin at %v", at)
	}
}
