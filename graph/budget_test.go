package graph

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/vektah/gqlparser/v2/ast"

	"tokenscale/token"
)

func TestBudget_NoCallerTakesMoreThanHalfOfWhatTheOthersLeave(t *testing.T) {
	b := newBudget(64 << 20)
	if b.largest() != 8<<20 {
		t.Errorf("the largest answer has %d bytes, want 8 MiB", b.largest())
	}
	take := func(who token.ID, mib int64, want bool) {
		t.Helper()
		if got := b.take(who, mib<<20); got != want {
			t.Errorf("%s takes %d MiB: %v, want %v", who, mib, got, want)
		}
	}
	take("a", 31, true)
	take("a", 2, false)
	take("a", 1, true)
	take("b", 17, false)
	take("b", 16, true)
	take("c", 9, false)
	take("c", 8, true)
	take("a", 1, false)
	b.give("a", 32<<20)
	take("c", 16, true)
	take("c", 1, false)
	b.give("b", 16<<20)
	b.give("c", 24<<20)
	if b.used != 0 || len(b.callers) != 0 {
		t.Errorf("%d bytes of %v are not given back", b.used, b.callers)
	}
}

// Eight who take all they can, as large answers that are read slowly do, leave
// room for the answers that are usual.
func TestBudget_AFewCallersLeaveRoomForTheOthers(t *testing.T) {
	b := newBudget(64 << 20)
	for _, who := range strings.Split("abcdefgh", "") {
		for n := b.largest(); n > 1<<10; {
			if !b.take(token.ID(who), n) {
				n /= 2
			}
		}
	}
	if !b.take("honest", 100<<10) {
		t.Errorf("%d of %d bytes are taken: no room for 100 KiB", b.used, b.total)
	}
}

func TestBudget_OfASmallServerHasSmallAnswers(t *testing.T) {
	b := newBudget(1)
	if b.total != leastAnswerMemory || b.largest() != leastAnswerMemory/answersAtOnce {
		t.Errorf("got %d bytes, %d an answer", b.total, b.largest())
	}
	m := &meter{budget: b}
	m.foresee(int(b.largest()) - unmetered)
	m.weigh(int(b.largest()) - unmetered)
	if m.stopped() {
		t.Error("the largest answer does not fit into the half of its caller")
	}
	m.settle(0)
	if b.used != 0 {
		t.Errorf("%d bytes are not given back", b.used)
	}
}

func TestMeter_StopsAnAnswerThatIsTooLargeAndOneForWhichThereIsNoRoom(t *testing.T) {
	b := newBudget(64 << 20)
	large, late := &meter{budget: b, who: "a"}, &meter{budget: b, who: "a"}
	for range 7 << 10 { // 7 MiB
		large.weigh(1 << 10)
	}
	if large.stopped() {
		t.Fatalf("7 MiB are too much: %d", large.cause.Load())
	}
	if err := late.foresee(12 << 20); err == nil || late.cause.Load() != stoppedTooLarge {
		t.Errorf("12 MiB are not too much: %d", late.cause.Load())
	}
	late = &meter{budget: b, who: "a"}
	for range 7 << 10 {
		late.weigh(1 << 10)
	}
	if late.cause.Load() != stoppedNoRoom {
		t.Errorf("twice 7 MiB in the making fit into 32: %d", late.cause.Load())
	}
	late.settle(0)
	for range 1 << 11 {
		large.weigh(1 << 10)
	}
	if large.cause.Load() != stoppedTooLarge || large.room() > usualAnswer {
		t.Errorf("9 MiB are not too much: %d", large.cause.Load())
	}
	large.settle(0)
	if b.used != 0 {
		t.Errorf("%d bytes are not given back", b.used)
	}
}

// No question about the schema that the other limits let through reaches 8
// MiB, but it is counted like all else: here half a MiB is the most.
func TestMeter_CountsWhatTheSchemaIsToldIn(t *testing.T) {
	h := handler.New(NewExecutableSchema(Config{Schema: describedSchema(), Resolvers: &Resolver{}}))
	h.Use(extension.Introspection{})
	h.AddTransport(transport{
		known: graphql.MapCache[*ast.QueryDocument]{}, queue: newQueue(), turns: newTurns(), packer: newPacker(),
		budget: &budget{total: 4 << 20, callers: map[token.ID]int64{}},
	})
	ask := func(aliases int) *httptest.ResponseRecorder {
		var b strings.Builder
		for i := range aliases {
			fmt.Fprintf(&b, "a%d: types { name description fields { name description args { name description } } } ", i)
		}
		return post(h, "{ __schema { "+b.String()+"} }")
	}
	one := ask(1)
	if one.Code != 200 || one.Body.Len() < 32<<10 || one.Body.Len() > 256<<10 {
		t.Fatalf("got %d, %d bytes: %.200s", one.Code, one.Body.Len(), one.Body)
	}
	if w := ask(18); w.Code != 200 || w.Body.Len() > 1000 || !strings.Contains(w.Body.String(), "The answer would hold more than") {
		t.Errorf("got %d, %d bytes: %.200s", w.Code, w.Body.Len(), w.Body)
	}
}
