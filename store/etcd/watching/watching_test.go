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
	w, at, ended = New(client, []string{"localhost:1", "localhost:2", "localhost:3"}, node, time.Second), time.Unix(100, 0), new(int)
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
		do   func(*Watch, time.Time)
		at   time.Duration // of the question
		ends int
	}{
		{"nothing comes", func(*Watch, time.Time) {}, time.Second, 1},
		{"it has hardly begun", func(*Watch, time.Time) {}, time.Second - 1, 0},
		{"this node has not applied yet what came", func(w *Watch, _ time.Time) { w.Came() }, time.Hour, 0},
		{"something has come lately", func(w *Watch, at time.Time) { w.Came(); w.Applied(at.Add(time.Hour)) }, time.Hour + time.Second - 1, 0},
		{"nothing has come since", func(w *Watch, at time.Time) { w.Came(); w.Applied(at.Add(time.Hour)) }, time.Hour + time.Second, 1},
		{"it is the second one from which nothing comes", again, 2*time.Second - 1, 0},
		{"the second one had twice as long", again, 2 * time.Second, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, at, ended := begun(t, "a")
			c.do(w, at)
			w.Late(at.Add(c.at))
			if *ended != c.ends {
				t.Errorf("it was ended %d times, want %d", *ended, c.ends)
			}
		})
	}
	new(Watch).Late(time.Unix(100, 0)) // which has not begun
}

// again begins a watch at the next member.
func again(w *Watch, at time.Time) { w.Begin(w.end, at) }

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
