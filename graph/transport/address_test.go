package transport

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

// get asks by GET, with the query of an address as it stands.
func get(t testing.TB, query string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest("GET", "/graphql", nil)
	r.URL.RawQuery = query
	r.Header.Set("Authorization", "Bearer x")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	tiny(t).ServeHTTP(w, r)
	return w
}

func TestAnAddressCarriesAQuery(t *testing.T) {
	const escapes = "the address holds a % without two hexadecimal digits behind it, or a bare semicolon; write them %25 and %3B"
	for _, test := range []struct {
		name, query string
		status      int
		want        string
	}{
		{"a query", "query={say}", 200, helloSays},
		{"a query with everything", "query=query+A($n:Long){say(number:$n)}query+B{say}&operationName=A&variables={%22n%22:9007199254740993.0}&extensions={}&id=Name", 200, `{"data":{"say":9007199254740993}}`},
		{"empty members are absent", "query={say}&operationName=&variables=&extensions=", 200, helloSays},
		{"members that are null are absent", "query={say}&variables=null&extensions=null", 200, helloSays},
		{"lists of nothing are absent: PHP writes them", "query={say}&variables=[]&extensions=%5B%20%5D", 200, helloSays},
		{"what we do not know is left alone", "query={say}&token=x&token=y&_=1", 200, helloSays},
		{"a comment with a plus that is a space", "query={say}%23a+b", 200, helloSays},
		{"the hash of a query that was never sent", `extensions={"persistedQuery":{"version":1,"sha256Hash":"ab"}}`, 200, notPersistedText},
		{"the hash of a query beside it", `query={say}&extensions={"persistedQuery":{"version":1,"sha256Hash":"ab"}}`, 200, helloSays},
		{"a mutation", "query=mutation{do}", 405, errorText("a mutation is asked by POST; GET carries queries only")},
		{"a mutation among queries", "query=query+A{say}mutation+B{do}&operationName=B", 405, errorText("a mutation is asked by POST; GET carries queries only")},
		{"a query beside a mutation", "query=query+A{say}mutation+B{do}&operationName=A", 200, helloSays},
		{"nothing", "", 400, errorText(noQuery)},
		{"no query", "operationName=A", 400, errorText(noQuery)},
		{"an empty query", "query=", 400, errorText(noQuery)},
		{"a query in capitals", "QUERY={say}", 400, errorText(noQuery)},
		{"two queries", "query={say}&query={say}", 400, errorText("query stands in the address more than once")},
		{"two lots of variables", "query={say}&variables={}&variables={}", 400, errorText("variables stands in the address more than once")},
		{"two names", "query={say}&operationName=&operationName=A", 400, errorText("operationName stands in the address more than once")},
		{"half an escape", "query={say}%2", 400, errorText(escapes)},
		{"an escape that is none", "query=%zz", 400, errorText(escapes)},
		{"half an escape elsewhere", "query={say}&x=%", 400, errorText(escapes)},
		{"a semicolon", "query={say};variables={}", 400, errorText(escapes)},
		{"bytes that are not UTF-8", "query={say}%23%ff", 400, errorText("query is not UTF-8")},
		{"variables that are not UTF-8", "query={say}&variables={%22a%22:%22%ff%22}", 400, errorText("variables is not UTF-8")},
		{"a name that is a token", "query={say}&operationName=abc~def", 400, errorText(noName)},
		{"variables that are no JSON", "query={say}&variables={", 400, errorText("variables must be a JSON object, null or absent")},
		{"variables with something behind them", "query={say}&variables={}{}", 400, errorText("variables must be a JSON object, null or absent")},
		{"variables that are a list", "query={say}&variables=[1]", 400, errorText("variables must be a JSON object, null or absent")},
		{"variables that are text", "query={say}&variables=%22{}%22", 400, errorText("variables must be a JSON object, null or absent")},
		{"extensions that are text", "query={say}&extensions=secret", 400, errorText("extensions must be a JSON object, null or absent")},
		{"8 KiB", "query={say}%23" + strings.Repeat("x", maxAddress-len("query={say}%23")), 200, helloSays},
		{"more", "query={say}%23" + strings.Repeat("x", maxAddress), 414, errorText("the address is longer than 8 KiB; ask by POST")},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := get(t, test.query)
			if w.Code != test.status || w.Body.String() != test.want {
				t.Errorf("got %d %s\nwant %d %s", w.Code, w.Body, test.status, test.want)
			}
			if allow := w.Header().Get("Allow"); allow != "" != (test.status == 405) || test.status == 405 && allow != "POST" {
				t.Errorf("Allow: %q", allow)
			}
			if w.Header().Get("Cache-Control") != "no-store" {
				t.Error("somebody may store the answer")
			}
		})
	}
}

func TestTheAnswerToANewerClientThatAsksByGetHasTheNewerForm(t *testing.T) {
	if w := get(t, "query={nonsense}", "Accept", newer); w.Code != 400 || !strings.HasPrefix(w.Header().Get("Content-Type"), newer) {
		t.Errorf("got %d %v", w.Code, w.Header())
	}
}

func TestASessionAsksNothingByGet(t *testing.T) {
	for query, want := range map[string]int{"query={say}": 401, "query=mutation{do}": 405, "query=": 400} {
		if w := get(t, query, "Authorization", "", "Cookie", "tokenscale=x"); w.Code != want || strings.Contains(w.Body.String(), `"data"`) || (w.Header().Get("WWW-Authenticate") != "") != (want == 401) {
			t.Errorf("%s: %d %s, want %d", query, w.Code, w.Body, want)
		}
	}
}

func TestTheNamesOfUTF8AndOfASCIIAreTaken(t *testing.T) {
	for kind, want := range map[string]int{
		"application/json": 200, "application/json; charset=utf-8": 200, "application/json;charset=UTF8": 200, `application/json; charset="utf-8"`: 200, "Application/JSON; Charset=Utf-8": 200,
		"application/json; charset=us-ascii": 200, "application/json; charset=US-ASCII": 200, "application/json; charset=ascii": 200,
		"application/json; charset=utf-16": 415, "application/json; charset=iso-8859-1": 415, "application/json; charset=utf-8x": 415, "application/json; charset=utf-7": 415,
		"application/json; charset=utf-8; charset=utf-16": 415, "text/plain; charset=utf-8": 415, "": 415,
	} {
		if status, _, text := send(t, hello, "Content-Type", kind); status != want {
			t.Errorf("%q: %d %s, want %d", kind, status, text, want)
		}
	}
}

// FuzzAddress reads whatever stands in an address: no panic, and a request or a
// refusal.
func FuzzAddress(f *testing.F) {
	for _, query := range []string{"query={say}", "query=%", "query=a&query=b", "variables={}", `query=x&extensions={"persistedQuery":1}`, "query=%ff", "a;b"} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		p, bad := readAddress(query, nil)
		if (p == nil) == (bad == nil) {
			t.Fatalf("%q: %v, %v; want one of the two", query, p, bad)
		}
		if p == nil {
			return
		}
		if values, err := url.ParseQuery(query); err != nil || values.Get("query") != p.Query || !utf8.ValidString(p.Query) {
			t.Errorf("%q is read as %q", query, p.Query)
		}
	})
}
