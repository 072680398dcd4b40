package graph_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"tokenscale/permission"
)

// One caller sends five hundred hostile documents at a time, again and again;
// another one works meanwhile. What it asks for in known documents is answered;
// so is a new document, if need be after the pause that the server asked for.
func TestHostile_FiveHundredAtATimeLeaveAnHonestClientAnswered(t *testing.T) {
	s := serve(t)
	attacker, honest := s.holder(), s.holder(permission.ChangeSystemPermissions)
	const known = `query($n: Int) { systemTokens(limit: $n) { totalResults } }`
	s.ask(honest, known, vars{"n": 1})
	var documents []string
	for _, document := range hostile(t) {
		if len(document) < 16<<10 { // the others are mostly work for who sends them
			documents = append(documents, document)
		}
	}

	var crowd sync.WaitGroup
	var mu sync.Mutex
	seen := map[int]int{}
	for i := range 500 {
		crowd.Go(func() {
			for n := range 2 {
				a := s.ask(attacker, fmt.Sprintf("%s #%d.%d", documents[i%len(documents)], i, n), nil)
				mu.Lock()
				seen[a.Status]++
				mu.Unlock()
			}
		})
	}
	over := make(chan struct{})
	go func() { crowd.Wait(); close(over) }()
	for n, more := 0, true; more; n++ {
		if a := s.ask(honest, known, vars{"n": n % 1000}); a.code() != "ok" || a.Status != 200 {
			t.Errorf("a known document got %d %s", a.Status, a.Body)
		}
		a := s.ask(honest, fmt.Sprintf("{ viewer { id } } #%d", n), nil)
		for a.Status == 503 && strings.Contains(a.Body, "too many new queries") {
			a = s.ask(honest, fmt.Sprintf("{ viewer { id } } #%d", n), nil)
		}
		if a.code() != "ok" || a.Status != 200 {
			t.Errorf("a new document got %d %s", a.Status, a.Body)
		}
		select {
		case <-over:
			more = false
		default:
		}
	}
	t.Logf("the attacker's answers by status: %v", seen)
	if seen[200] == 0 || seen[503] == 0 || seen[200]+seen[503] != 1000 {
		t.Errorf("the attacker got %v, want 1000 refusals by validation or by 503, some of each", seen)
	}
}
