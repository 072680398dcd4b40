package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// asGenerated is of what gqlgen writes one example each: the two kinds of operations, an object, a
// field, a root object, a list and a text.
func asGenerated(t *testing.T) []byte {
	t.Helper()
	code, err := os.ReadFile("testdata/gqlgen.txt")
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func TestWhatGqlgenWritesIsMadePlainerAndCounted(t *testing.T) {
	plain, left, err := plainer(asGenerated(t))
	if err != nil || len(left) > 0 {
		t.Fatalf("left as it is: %q, %v", left, err)
	}
	for _, want := range []string{
		"return ec.marshalNInt2int(ctx, field.Selections, obj.TotalTokens)\n",
		"ec.InTurn(len(v), func(i int) graphql.Marshaler {\n\t\treturn ec.",
		"out := ec.NewRecord(fields)\n",
		"ec.Weigh(scalar.Length(v))\n",
		"data = ec.Whole(data)\n\t\t\tbuf.Grow(ec.Room())\n\t\t\tdata.MarshalGQL(&buf)\n",
		"*budget.Meter\n}",
		"ec.Meter = budget.Of(ctx)\n",
		"\"tokenscale/graph/budget\"\n",
	} {
		if !bytes.Contains(plain, []byte(want)) {
			t.Errorf("it lacks %q", want)
		}
	}
}

// A server that is built without the bound on its answers looks like any other.
func TestGenerationStopsWhereAnswersWouldNotBeCounted(t *testing.T) {
	for what, c := range map[string]struct{ from, to string }{
		"no lists in":            {"fc.Result = &v[i]", "fc.Result = v[i]"},
		"no objects whose":       {"\tfor i, field := range fields {\n\t\tswitch", "\tfor i := range fields {\n\t\tswitch"},
		"no answers in":          {"var buf bytes.Buffer\n", "buf := new(bytes.Buffer)\n"},
		"no text in":             {"res := scalar.MarshalString(v)", "out := scalar.MarshalString(v)"},
		"no what an answer":      {"type executionContext struct {", "type execution struct {"},
		"no the start of":        {"make(chan graphql.DeferredResult)", "make(chan graphql.Deferred)"},
		"no imports in":          {"\"tokenscale/graph/model\"", "model \"tokenscale/graph/model\""},
		"a list that is":         {"\n\treturn ret\n", "\n\t_ = graphql.MarshalSliceConcurrently(ctx, 1, 9, true, nil)\n\treturn ret\n"},
		"an object whose":        {"\n\treturn ret\n", "\n\t_ = graphql.NewFieldSet(nil)\n\treturn ret\n"},
		"a text the length":      {"\n\treturn ret\n", "\n\tres := scalar.MarshalString(*v[0])\n\treturn ret\n"},
		"an answer that is sent": {"\n\treturn ret\n", "\n\tdata.MarshalGQL(w)\n\treturn ret\n"},
	} {
		code := asGenerated(t)
		changed := bytes.ReplaceAll(code, []byte(c.from), []byte(c.to))
		if bytes.Equal(code, changed) {
			t.Fatalf("the example has no %q", c.from)
		}
		plain, left, err := plainer(changed)
		if plain != nil || left != nil || !errors.Is(err, errUncounted) || !strings.HasPrefix(err.Error(), what) {
			t.Errorf("%s: %d bytes, %q, %v", what, len(plain), left, err)
		}
	}
}

// That costs some time for each field, and no promise hangs on it.
func TestFieldsInAnotherFormStayAsTheyAre(t *testing.T) {
	const from, to = "return obj.TotalTokens, nil", "return obj.TotalTokens, error(nil)"
	code := bytes.ReplaceAll(asGenerated(t), []byte(from), []byte(to))
	plain, left, err := plainer(code)
	if err != nil || len(left) != 1 || left[0] != "fields read from a struct" {
		t.Fatalf("left as it is: %q, %v", left, err)
	}
	if !bytes.Contains(plain, []byte(to)) || !bytes.Contains(plain, []byte("ec.NewRecord(fields)")) {
		t.Error("the rest is not as it would be, or the field not as it was")
	}
}

func TestCodeThatIsNotCountedIsLeftForNobodyToBuild(t *testing.T) {
	name := filepath.Join(t.TempDir(), "generated.go")
	write := func(code []byte) {
		t.Helper()
		if err := os.WriteFile(name, code, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(asGenerated(t))
	if _, err := makePlainer(name); err != nil {
		t.Fatal(err)
	}
	if code, err := os.ReadFile(name); err != nil || !bytes.Contains(code, []byte("ec.NewRecord")) {
		t.Errorf("the file is not plainer, %v", err)
	}
	write([]byte("package graph\n"))
	if _, err := makePlainer(name); !errors.Is(err, errUncounted) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(name); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file that gqlgen wrote is still there: %v", err)
	}
}
