package transport

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"tokenscale/graph/budget"
	"tokenscale/token"
)

// The tests of this file run in the time of synctest, which stands still while
// anybody works: that a document takes 10 ms means nothing else than that.
const work = 10 * time.Millisecond

// flood sends n documents of one caller to the queue at once. It counts those
// that were validated, those that were refused, and the most at a time.
type flood struct {
	sync.WaitGroup
	validated, refused, now, most atomic.Int64
}

func (f *flood) send(ctx context.Context, q *queue, who token.ID, n int) {
	for range n {
		f.Go(func() {
			leave, bad := q.enter(ctx, who)
			if bad != nil {
				f.refused.Add(1)
				return
			}
			defer leave()
			f.most.Store(max(f.most.Load(), f.now.Add(1)))
			time.Sleep(work)
			f.now.Add(-1)
			f.validated.Add(1)
		})
	}
}

func slots(n int) *queue { return &queue{slots: make(chan struct{}, n), lines: map[token.ID]*line{}} }

func TestQueue_OfFiveHundredAtOnceAHundredAreServedAFewAtATimeAndTheOthersToldSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, f := slots(2), new(flood)
		f.send(t.Context(), q, "a", 500)
		f.Wait()
		if f.validated.Load() != maxInLine || f.refused.Load() != 500-maxInLine || f.most.Load() != 2 {
			t.Errorf("%d were validated, %d refused, %d at a time; want %d, %d, 2", f.validated.Load(), f.refused.Load(), f.most.Load(), maxInLine, 500-maxInLine)
		}
		if len(q.lines) != 0 || len(q.slots) != 0 {
			t.Errorf("%d lines and %d slots are left behind", len(q.lines), len(q.slots))
		}
	})
}

func TestQueue_WhoFloodsItWaitsForItselfAndNobodyElseDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, f := slots(2), new(flood)
		for i := range 3 {
			f.send(t.Context(), q, token.ID(fmt.Sprint("attacker ", i)), 90)
		}
		synctest.Wait() // all stand in line
		for range 20 {
			before := f.validated.Load()
			leave, bad := q.enter(t.Context(), "honest")
			if bad != nil {
				t.Fatal("an honest caller was refused because others flood the queue")
			}
			if passed := f.validated.Load() - before; passed > 3*2 {
				t.Errorf("%d documents of three others came first, want at most those that had their turn: 2 of each", passed)
			}
			leave()
		}
		f.Wait()
	})
}

func TestQueue_WhoWaitsTooLongIsRefusedAndLeavesNothingBehind(t *testing.T) {
	for name, holder := range map[string]token.ID{"for others": "other", "for themselves": "me"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := slots(1)
				leave, _ := q.enter(t.Context(), holder)
				began := time.Now()
				if _, bad := q.enter(t.Context(), "me"); bad != &busy || time.Since(began) != maxWait {
					t.Errorf("got %v after %v, want that the server is busy, after %v", bad, time.Since(began), maxWait)
				}
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				if _, bad := q.enter(ctx, "me"); bad != &givenUp {
					t.Errorf("who has gone got %v, want to be given up", bad)
				}
				leave()
				if len(q.lines) != 0 || len(q.slots) != 0 {
					t.Errorf("%d lines and %d slots are left behind", len(q.lines), len(q.slots))
				}
			})
		})
	}
}

func TestQueue_WhoGivesUpLeavesTheirTurnToTheNextOfTheSameCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := slots(1)
		leave, _ := q.enter(t.Context(), "other")
		go q.enter(t.Context(), "me") // and waits too long
		time.Sleep(maxWait / 2)
		time.AfterFunc(maxWait*3/4, leave)
		leave, bad := q.enter(t.Context(), "me")
		if bad != nil {
			t.Fatal("the turn of who gave up is lost")
		}
		leave()
	})
}

// blocking is a server of one field whose execution tells its context, behind
// our transport, and the queue in front of it.
func blocking(run func(context.Context)) (http.Handler, *queue) {
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: `type Query { say: String } type Mutation { do: String }`})
	server := handler.New(&graphql.ExecutableSchemaMock{
		SchemaFunc:     func() *ast.Schema { return schema },
		ComplexityFunc: func(context.Context, string, string, int, map[string]any) (int, bool) { return 1, true },
		ExecFunc: func(ctx context.Context) graphql.ResponseHandler {
			run(ctx)
			return graphql.OneShot(&graphql.Response{Data: json.RawMessage(`{}`)})
		},
	})
	known, q := graphql.MapCache[*ast.QueryDocument]{}, slots(1)
	server.SetQueryCache(known)
	server.AddTransport(transport{Options: options(known, budget.New(0)), queue: q, turns: newTurns(), packer: newPacker()})
	return server, q
}

func post(h http.Handler, query string) *httptest.ResponseRecorder {
	body, _ := json.Marshal(map[string]string{"query": query})
	r := httptest.NewRequest("POST", "/graphql", strings.NewReader(string(body)))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestTransport_AKnownDocumentWaitsForNobodyAndANewOneIsToldWhenToComeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, q := blocking(func(context.Context) {})
		if w := post(h, "{say}"); w.Code != 200 {
			t.Fatalf("got %d %s", w.Code, w.Body)
		}
		leave, _ := q.enter(t.Context(), "somebody")
		defer leave()
		if w := post(h, "{say}"); w.Code != 200 {
			t.Errorf("a known document got %d %s while others are validated", w.Code, w.Body)
		}
		w := post(h, "{ say }")
		if w.Code != 503 || w.Header().Get("Retry-After") != "1" || !strings.Contains(w.Body.String(), `the server has too many new queries to read; try again in a second`) {
			t.Errorf("a new one got %d, Retry-After %q, %s", w.Code, w.Header().Get("Retry-After"), w.Body)
		}
	})
}

// A change may wait for a disk as long as it takes.
func TestTransport_AQueryHasFiveSecondsAndAMutationNoEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var took time.Duration
		h, _ := blocking(func(ctx context.Context) {
			began := time.Now()
			select {
			case <-ctx.Done():
			case <-time.After(time.Hour):
			}
			took = time.Since(began)
		})
		if w := post(h, "{say}"); took != maxQueryTime || w.Code != 503 {
			t.Errorf("a query was given up after %v with %d, want %v and 503", took, w.Code, maxQueryTime)
		}
		if w := post(h, "mutation {do}"); took != time.Hour || w.Code != 200 {
			t.Errorf("a mutation took %v and got %d, want an hour and 200", took, w.Code)
		}
	})
}
